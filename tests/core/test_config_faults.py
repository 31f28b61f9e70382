"""Configuration: one clear sentence for each fault, all at once, in the reader's language."""

import re
from pathlib import Path

import pytest

from linli.config import ConfigError, load_config
from tests.support.configs import CHINESE, ENGLISH, sentences, written

PLACE = re.compile(r"(?:linli\.toml, line|Environment variable) (\w+): ")
UNKNOWN_KEYS = [
    ("\n\n[servr]\nport = 1", 'line 3: there is no key "servr"; did you mean "server"?'),
    ("[server]\n\nprot = 1", 'line 3: there is no key "server.prot"; did you mean "server.port"?'),
    ("server.prot = 1", 'line 1: there is no key "server.prot"; did you mean "server.port"?'),
    ("server = { prot = 1 }", 'line 1: there is no key "server.prot"; did you mean "server.port"?'),
    ("port = 1", 'line 1: there is no key "port"; did you mean "server.port"?'),
    ('[place]\n"数据库" = 1', 'line 2: there is no key "place.数据库"; the keys here are name, title.'),
    (
        '[database]\nowner-url = ""',
        'there is no key "database.owner-url"; did you mean "database.owner_url"?',
    ),
    ("[plugins]\nenable = []", 'line 2: there is no key "plugins.enable"; did you mean "plugins.enabled"?'),
    ("[plugins]\npay = 3", 'line 2: "plugins.pay" must be a table, written [plugins.pay].'),
]
WRONG_VALUES = [
    ('[server]\nport = "80"', 'line 2: "server.port" must be a whole number, not text in quotes.'),
    ("[server]\nport = true", 'line 2: "server.port" must be a whole number, not true or false.'),
    ("[server]\nport = 1.5", 'line 2: "server.port" must be a whole number, not a number.'),
    ("[server]\nport = 0", 'line 2: "server.port" must be 1 or more.'),
    ("[server]\nport = 65536", 'line 2: "server.port" must be 65535 or less.'),
    ("server = 1", 'line 1: "server" must be a table, not a whole number.'),
    ("[place]\nname = []", 'line 2: "place.name" must be text in quotes, not a list.'),
    ('[place]\nname = ""', 'line 2: "place.name" must have 1 characters or more.'),
    ('[territory]\nlevels = "grid"', 'line 2: "territory.levels" must be a list, not text in quotes.'),
    ("[territory]\nlevels = []", 'line 2: "territory.levels" must have 1 entries or more.'),
    (
        '[territory]\nlevels = [\n"town",\n"格"]',
        'line 4: "territory.levels[1]" must be lower-case letters, digits and _, beginning with a letter.',
    ),
    ('[territory]\nlevels = ["a", "b", "a"]', '"territory.levels" names a more than once.'),
    ('[plugins]\nenabled = ["a", "a"]', '"plugins.enabled" names a more than once.'),
    (
        '[sign_in]\nissuer = "http://id.example"',
        '"sign_in.issuer" must be an https address without query; http is taken for this machine alone.',
    ),
    (
        '[sign_in]\nissuer = "https://id.example"',
        'line 1: "sign_in" has an issuer; it needs client_id and public_url too.',
    ),
    (
        '[sign_in]\nalgorithms = ["none"]',
        "PS256, PS384, PS512, ES256, ES384, ES512, Ed25519, EdDSA.",
    ),
    ("plugins = 1", 'line 1: "plugins" must be a table, not a whole number.'),
    ("[plugins.enabled]\nx = 1", 'line 1: "plugins.enabled" must be a list, not a table.'),
    (
        'profile = "productoin"',
        '"profile" must be one of development, production; did you mean "production"?',
    ),
    ('language = "zh"', 'line 1: "language" must be one of en, zh-CN.'),
    ("language = 2026-01-01", '"language" must be one of en, zh-CN.'),
]
BAD_URLS = [
    "",
    "mysql://h/d",
    "postgres://h/d",
    "postgresql://",
    "postgresql://h",
    "postgresql://h:99999/d",
    "postgresql://h:x/d",
    "postgresql://[h/d",
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "linli.db",
]


@pytest.mark.parametrize(("text", "told"), [*UNKNOWN_KEYS, *WRONG_VALUES])
def test_one_sentence_names_file_line_and_mend(tmp_path: Path, text: str, told: str) -> None:
    (sentence,) = sentences(tmp_path, text)
    assert sentence.startswith("linli.toml, line ")
    assert sentence.endswith(told)


@pytest.mark.parametrize("url", BAD_URLS)
@pytest.mark.parametrize("key", ["url", "owner_url"])
def test_a_database_url_says_which_forms_there_are(tmp_path: Path, key: str, url: str) -> None:
    (sentence,) = sentences(tmp_path, f'[database]\n{key} = "{url}"')
    assert sentence.startswith(f'linli.toml, line 2: "database.{key}" must be "sqlite:///')
    assert not url or url not in sentence.partition(" must be ")[0]


BAD_VARIABLES = [
    ("LINLI_SERVER__PORT", "x", '"server.port" must be a whole number, not text in quotes.'),
    ("LINLI_SERVER__PORT", "", '"server.port" must be a whole number, not text in quotes.'),
    ("LINLI_SERVER__PORT", "70000", '"server.port" must be 65535 or less.'),
    (
        "LINLI_SERVER__PROT",
        "1",
        'there is no key "server.prot" for it to set; did you mean LINLI_SERVER__PORT?',
    ),
    (
        "LINLI_SERVR__PORT",
        "1",
        'there is no key "servr.port" for it to set; did you mean LINLI_SERVER__PORT?',
    ),
    (
        "LINLI_SERVER_PORT",
        "1",
        'there is no key "server_port" for it to set; did you mean LINLI_SERVER__PORT?',
    ),
    ("LINLI_PROFIL", "1", 'there is no key "profil" for it to set; did you mean LINLI_PROFILE?'),
    ("LINLI_XYZ__W", "1", 'there is no key "xyz.w" for it to set.'),
    ("LINLI_SERVER__XYZ_FILE", "1", 'there is no key "server.xyz_file" for it to set.'),
    ("LINLI_PROFILE__X", "1", 'there is no key "profile.x" for it to set.'),
    ("LINLI_PLUGINS__ENABLED", "a,a", '"plugins.enabled" names a more than once.'),
]


@pytest.mark.parametrize(("name", "value", "told"), BAD_VARIABLES)
def test_a_fault_in_a_variable_names_the_variable(tmp_path: Path, name: str, value: str, told: str) -> None:
    (sentence,) = sentences(tmp_path, "", {**ENGLISH, name: value})
    assert sentence == f"Environment variable {name}: {told}"


def test_a_variable_and_its_file_form_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("80", encoding="utf-8")
    environ = {**ENGLISH, "LINLI_SERVER__PORT": "80", "LINLI_SERVER__PORT_FILE": "port"}
    (sentence,) = sentences(tmp_path, "", environ)
    assert sentence == (
        "Environment variable LINLI_SERVER__PORT_FILE: "
        'LINLI_SERVER__PORT sets the key "server.port" too; keep one of the two.'
    )


def test_a_file_that_should_hold_a_value_and_does_not(tmp_path: Path) -> None:
    (tmp_path / "gbk").write_bytes("平湖".encode("gbk"))
    environ = {**ENGLISH, "LINLI_PLACE__TITLE_FILE": "gbk", "LINLI_DATABASE__URL_FILE": "none"}
    url, title = sentences(tmp_path, "", environ)
    assert "LINLI_DATABASE__URL_FILE: the file none cannot be read" in url
    assert "LINLI_PLACE__TITLE_FILE: the file gbk is not UTF-8" in title


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = 'profile = "x"\n[server]\nport = 0\nhots = "h"\n[plugins]\nenabeld = []\n[database]\nurl = "x"\n'
    found = sentences(tmp_path, text, {**ENGLISH, "LINLI_SERVER__WORKERS": "many", "LINLI_PLACE__NAM": "x"})
    places = [match[1] for sentence in found if (match := PLACE.match(sentence))]
    assert places == ["1", "3", "4", "6", "8", "LINLI_PLACE__NAM", "LINLI_SERVER__WORKERS"]


def test_a_variable_does_not_hide_that_its_section_is_no_table(tmp_path: Path) -> None:
    (sentence,) = sentences(tmp_path, "\nserver = 5", {**ENGLISH, "LINLI_SERVER__PORT": "80"})
    assert sentence == 'linli.toml, line 2: "server" must be a table, not a whole number.'


def test_faults_are_data_too(tmp_path: Path) -> None:
    path = written(tmp_path, "[server]\nport = 0")
    with pytest.raises(ConfigError) as caught:
        load_config(path, {})
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.key) == (path, 2, "server.port")
    assert caught.value.exit_code == 78


def test_no_fault_shows_the_value(tmp_path: Path) -> None:
    text = '[database]\nurl = "mysql://u:hunter2@h/d"'
    environ = {**ENGLISH, "LINLI_DATABASE__OWNER_URL": "oracle://u:hunter2@h/d"}
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text), environ)
    assert len(caught.value.faults) == 2
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


CHINESE_FAULTS = [
    ("[servr]", "linli.toml 第 1 行：没有“servr”这个键，是否想写“server”？"),
    ('[server]\nport = "80"', "linli.toml 第 2 行：“server.port”应是整数，而不是引号里的文字。"),
    ("\n[server]\nport = 0", "linli.toml 第 3 行：“server.port”不能小于 1。"),
    ("\ufeffport = 0", "linli.toml 第 1 行：文件开头有字节顺序标记（BOM），请另存为不带 BOM 的 UTF-8。"),
    ("[place]\ntitle = “平湖”", "linli.toml 第 2 行：“ 是全角符号，文字以外请改用半角符号。"),
]


@pytest.mark.parametrize(("text", "told"), CHINESE_FAULTS)
def test_faults_are_told_in_chinese(tmp_path: Path, text: str, told: str) -> None:
    assert sentences(tmp_path, text, CHINESE) == [told]
