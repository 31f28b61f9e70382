"""The manifest: what it must say, and the sentence for each thing that it says wrongly."""

from pathlib import Path

import pytest

from linli.config import ConfigError
from linli.messages import core_messages
from linli.plugins.manifest import Manifest, read_manifest
from tests.support.configs import refusals
from tests.support.distributions import plugin_toml

PERSONAL = """
[[personal_data]]
field = "lantern__keeper.phone"
purpose = { en = "To call the keeper.", zh-CN = "用于联系看灯人。" }
sensitivity = "sensitive"
retention = { en = "Until the post ends.", zh-CN = "任职结束时为止。" }
erase = "null"
"""


def read(folder: Path, text: str) -> Manifest:
    (folder / "plugin.toml").write_text(text, encoding="utf-8")
    manifest, _ = read_manifest(folder, core_messages().speaking("en"))
    return manifest


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return refusals(caught, folder)


def test_a_whole_manifest(tmp_path: Path) -> None:
    manifest = read(tmp_path, plugin_toml("lantern", requires=("ledger>=0.1", "notices")) + PERSONAL)
    assert manifest.name == "lantern"
    assert str(manifest.version) == "1.0"
    assert manifest.core.contains("0.1")
    assert [str(requirement) for requirement in manifest.requires] == ["ledger>=0.1", "notices"]
    (personal,) = manifest.personal_data
    assert (personal.field, personal.sensitivity) == (("lantern__keeper.phone",), "sensitive")
    assert (personal.keep, personal.erase) == ("with_the_person", "null")


def test_what_must_be_there(tmp_path: Path) -> None:
    keys = [sentence.split('"')[1] for sentence in refused(tmp_path, "")]
    assert keys == ["name", "title", "version", "core"]


@pytest.mark.parametrize(
    "name", ["", "Lantern", "9lives", "two__marks", "_x", "x_", "a-b", "灯笼", "core", "linli", "enabled"]
)
def test_names_that_a_plugin_cannot_have(tmp_path: Path, name: str) -> None:
    (sentence,) = refused(tmp_path, plugin_toml("lantern").replace('"lantern"', f'"{name}"', 1))
    assert sentence.startswith('plugin.toml, line 1: "name" must be lower-case letters and digits')


WRONG = [
    ('version = "1.0"', "version = 1.0", 'line 3: "version" must be a version'),
    ('version = "1.0"', 'version = "one"', 'line 3: "version" must be a version'),
    ('core = ">=0.1"', 'core = "0.1 or more"', 'line 4: "core" must be a range of versions'),
    ('core = ">=0.1"', "core = 1", 'line 4: "core" must be a range of versions'),
    ("requires = []", 'requires = ["Ledger"]', 'line 5: "requires[0]" must be a plugin\'s name'),
    ("requires = []", "requires = [1]", 'line 5: "requires[0]" must be a plugin\'s name'),
    ("requires = []", 'requires = ["ledger >> 1"]', 'line 5: "requires[0]" must be a range of versions'),
    ("requires = []", 'requires = "ledger"', 'line 5: "requires" must be a list, not text in quotes.'),
    ("zh-CN", "zh_cn", 'line 2: there is no key "title.zh_cn"'),
    ("requires", "require", 'line 5: there is no key "require"; did you mean "requires"?'),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG)
def test_what_a_manifest_says_wrongly(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    text = plugin_toml("lantern").replace(right, wrong)
    assert any(sentence.startswith(f"plugin.toml, {told}") for sentence in refused(tmp_path, text))


@pytest.mark.parametrize("key", ["field", "purpose", "sensitivity", "retention", "erase"])
def test_personal_data_say_everything_about_themselves(tmp_path: Path, key: str) -> None:
    kept = "\n".join(line for line in PERSONAL.splitlines() if not line.startswith(f"{key} "))
    (sentence,) = refused(tmp_path, plugin_toml("lantern") + kept)
    assert sentence.endswith(f'the key "personal_data[0].{key}" is missing.')
    assert sentence.startswith("plugin.toml, line 7: ")


PERSONAL_WRONG = [
    ('"lantern__keeper.phone"', '"phone"', '"personal_data[0].field" must be a column such as'),
    ('"lantern__keeper.phone"', "[]", '"personal_data[0].field" must be a column such as'),
    ('"sensitive"', '"harmless"', '"personal_data[0].sensitivity" must be one of'),
    (
        'erase = "null"',
        'erase = "null"\nkeep = "3 years"',
        '"personal_data[0].keep" must be "with_the_person"',
    ),
    ('erase = "null"', 'erase = "null"\nkeep = "P3Y"', '"personal_data[0]" says either a period such as'),
    ('erase = "null"', 'erase = "null"\nafter = "until"', '"personal_data[0]" says either a period such as'),
]


@pytest.mark.parametrize(("right", "wrong", "told"), PERSONAL_WRONG)
def test_what_is_said_wrongly_of_personal_data(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    (sentence,) = refused(tmp_path, plugin_toml("lantern") + PERSONAL.replace(right, wrong))
    assert told in sentence


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file; every plugin's folder holds one"):
        read_manifest(tmp_path, core_messages().speaking("en"))
