"""Messages: both languages say the same, the right one is chosen, and nothing breaks over a missing one."""

import ast
import re
from pathlib import Path

import pytest

import linli
from linli.messages import (
    CatalogueError,
    Language,
    Messages,
    accepted_language,
    core_messages,
    environment_language,
)

SOURCES = Path(linli.__file__).parent
COMPUTED = ("config.kind.", "plugins.kind.")


def catalogue(folder: Path, en: str, zh: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "en.toml").write_text(en, encoding="utf-8")
    if zh is not None:
        (folder / "zh-CN.toml").write_text(zh, encoding="utf-8")
    return folder


def test_both_shipped_catalogues_have_the_same_keys_and_placeholders() -> None:
    messages = core_messages(strict=True)
    assert messages.texts["en"].keys() == messages.texts["zh-CN"].keys()
    assert len(messages.texts["en"]) > 50


def test_every_sentence_of_configuration_and_plugins_exists_and_is_used() -> None:
    rooms = (SOURCES, *(SOURCES.parents[1] / room for room in ("policies", "graphql")))
    files = [file for room in rooms for file in room.rglob("*.py")]
    said = {key for file in files for key in keys_in(file)}
    used = {key for key in said if key.startswith(("config.", "plugins."))}
    shipped = {key for key in core_messages().texts["en"] if key.startswith(("config.", "plugins."))}
    assert used <= shipped, "these keys have no sentence"
    unused = {key for key in shipped - used if not key.startswith(COMPUTED)}
    assert not unused, "nothing says these sentences any more"


def keys_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    plain = {text.removeprefix("linli.") for text in constants}
    return {text for text in plain if re.fullmatch(r"(config|plugins)\.[a-z0-9_]+", text)}


def test_a_sentence_is_filled_in_the_language_asked_for(tmp_path: Path) -> None:
    folder = catalogue(tmp_path, 'hello.you = "Hello {name}"', 'hello.you = "{name}，您好"')
    messages = Messages.load(folder, strict=True)
    assert messages.text("hello.you", "en", name="Wang") == "Hello Wang"
    assert messages.speaking("zh-CN").text("hello.you", name="王") == "王，您好"


def test_tables_and_dotted_keys_are_the_same(tmp_path: Path) -> None:
    folder = catalogue(tmp_path, '[hello]\nyou = "Hi"\n[hello.all]\nof = "Hi all"')
    messages = Messages.load(folder)
    assert messages.text("hello.you", "en") == "Hi"
    assert messages.text("hello.all.of", "en") == "Hi all"


def test_a_missing_sentence_falls_back_to_english_and_then_to_its_key(tmp_path: Path) -> None:
    messages = Messages.load(catalogue(tmp_path, 'only.english = "Only"'))
    assert messages.text("only.english", "zh-CN") == "Only"
    assert messages.text("nowhere.at_all", "zh-CN", name="x") == "nowhere.at_all"


@pytest.mark.parametrize("template", ["Hello {name}", "Half {count:d}"])
def test_a_sentence_whose_params_are_wrong_is_shown_bare(tmp_path: Path, template: str) -> None:
    messages = Messages.load(catalogue(tmp_path, f'hello = "{template}"'))
    assert messages.text("hello", "en", count="many") == template


@pytest.mark.parametrize(
    ("en", "zh", "told"),
    [
        ('a = "x"\nb = "y"', 'a = "x"', "zh-CN.toml lacks the key b"),
        ('a = "x"', 'a = "x"\nb = "y"', "en.toml lacks the key b"),
        ('a = "x"', None, "zh-CN.toml lacks the key a"),
        ('a = "{n}"', 'a = "{m}"', "the key a has other placeholders"),
        ('a = "{n} of {m}"', 'a = "{n}"', "the key a has other placeholders"),
    ],
)
def test_strict_loading_refuses_languages_that_differ(
    tmp_path: Path, en: str, zh: str | None, told: str
) -> None:
    folder = catalogue(tmp_path, en, zh)
    with pytest.raises(CatalogueError, match=re.escape(told)):
        Messages.load(folder, strict=True)
    Messages.load(folder)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('a = "{x.__class__}"', "is not a plain name in braces"),
        ('a = "{x[0]}"', "is not a plain name in braces"),
        ('a = "{}"', "is not a plain name in braces"),
        ('a = "{x"', "the braces do not match"),
        ("a = 5", "the key a must hold text"),
        ("a = ", "is no catalogue of messages"),
    ],
)
def test_a_catalogue_that_cannot_be_used_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CatalogueError, match=re.escape(told)):
        Messages.load(catalogue(tmp_path, text))


def test_a_catalogue_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "zh-CN.toml").write_bytes('a = "您好"'.encode("gb18030"))
    with pytest.raises(CatalogueError, match=r"zh-CN\.toml is no catalogue"):
        Messages.load(tmp_path)


def test_catalogues_are_added_and_take_no_key_away(tmp_path: Path) -> None:
    first = Messages.load(catalogue(tmp_path / "first", 'a = "A"'))
    both = first.extended(catalogue(tmp_path / "second", 'b = "B"'))
    assert (both.text("a", "en"), both.text("b", "en")) == ("A", "B")
    assert first.text("b", "en") == "b"
    with pytest.raises(CatalogueError, match="the key a is already taken"):
        both.extended(catalogue(tmp_path / "third", 'a = "other"'))


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh-CN"),
        ({"LANG": "en_GB.UTF-8", "LINLI_LANG": "zh"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8", "LINLI_LANG": "en"}, "en"),
    ],
)
def test_the_language_of_a_terminal(environ: dict[str, str], language: Language) -> None:
    assert environment_language(environ) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh", "zh-CN"),
        ("zh-Hans-CN", "zh-CN"),
        ("ZH-cn;Q=0.9", "zh-CN"),
        ("en-GB,en;q=0.9", "en"),
        ("en;q=0.3, zh;q=0.8", "zh-CN"),
        ("zh;q=0.3, en;q=0.8", "en"),
        ("zh-TW;q=0.1, en;q=0.5, zh-CN;q=0.9", "zh-CN"),
        ("en, zh", "en"),
        ("zh, en", "zh-CN"),
        ("fr, zh;q=0.1", "zh-CN"),
        ("zh;q=0, *", "en"),
        ("en;q=0.2, *;q=0.5", "zh-CN"),
        ("zh;q=nan, en;q=0.1", "en"),
        ("zh;q=1.5, en;q=0.1", "en"),
        ("zh;q=-1, en;q=0.1", "en"),
    ],
)
@pytest.mark.parametrize("default", ["en", "zh-CN"])
def test_the_language_that_a_header_prefers(header: str, language: Language, default: Language) -> None:
    assert accepted_language(header, default) == language


@pytest.mark.parametrize("header", [None, "", "fr", "*", ",,;", "zh;q=0, en;q=0", "fr," * 40 + "en"])
@pytest.mark.parametrize("default", ["en", "zh-CN"])
def test_a_header_that_prefers_neither_leaves_the_default(header: str | None, default: Language) -> None:
    assert accepted_language(header, default) == default
