"""Configuration: what a sound one means."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from linli.config import load_config
from tests.support.configs import loaded, written


def test_an_empty_file_is_a_whole_configuration(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    assert config.profile == "development"
    assert config.language == "zh-CN"
    assert (config.server.host, config.server.port, config.server.workers) == ("127.0.0.1", 8000, 1)
    assert config.database.url == f"sqlite:///{tmp_path}/var/linli.db"
    assert config.database.owner_url is None
    assert config.security.key_file == tmp_path / "var/linli.key"
    assert config.territory.levels == (
        "province",
        "city",
        "county",
        "town",
        "community",
        "grid",
        "micro_grid",
    )
    assert config.plugins.enabled == ()


def test_every_section_is_read(tmp_path: Path) -> None:
    text = """
    profile = "production"
    language = "en"
    [place]
    name = "pinghu"
    title = "平湖市"
    [database]
    url = "postgresql://linli:secret@db:5432/linli"
    owner_url = "postgresql:///linli?host=/run/postgresql"
    [server]
    host = "0.0.0.0"
    port = 80
    workers = 4
    [security]
    key_file = "/etc/linli/key"
    [territory]
    levels = ["county", "village"]
    [plugins]
    enabled = ["pinghu", "credit_bank"]
    [plugins.credit_bank]
    limit = 5
    """
    config = loaded(tmp_path, text)
    assert (config.profile, config.language) == ("production", "en")
    assert (config.place.name, config.place.title) == ("pinghu", "平湖市")
    assert config.database.url == "postgresql://linli:secret@db:5432/linli"
    assert config.database.owner_url == "postgresql:///linli?host=/run/postgresql"
    assert (config.server.host, config.server.port, config.server.workers) == ("0.0.0.0", 80, 4)  # noqa: S104 - read, not bound
    assert config.security.key_file == Path("/etc/linli/key")
    assert config.territory.levels == ("county", "village")
    assert config.plugins.enabled == ("pinghu", "credit_bank")
    assert config.plugins.tables == {"credit_bank": {"limit": 5}}


def test_a_configuration_does_not_change(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    with pytest.raises(ValidationError, match="frozen"):
        config.server.port = 1  # type: ignore[misc]  # that is what is tested


def test_relative_paths_are_taken_from_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "town").mkdir()
    written(tmp_path / "town", '[database]\nurl = "sqlite:///../x.db?timeout=5"')
    monkeypatch.chdir(tmp_path)
    config = load_config(Path("town/linli.toml"), {"LINLI_SECURITY__KEY_FILE": "k"})
    assert config.database.url == f"sqlite:///{tmp_path}/x.db?timeout=5"
    assert config.security.key_file == tmp_path / "town/k"


def test_the_providers_secret_comes_from_a_file_and_is_shown_nowhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n")
    file = tmp_path / "linli.toml"
    file.write_text(
        '[sign_in]\nissuer = "https://a.example"\nclient_id = "b"\npublic_url = "https://c.example"'
    )
    config = load_config(file, {"LINLI_SIGN_IN__CLIENT_SECRET_FILE": str(secret)})
    assert config.sign_in.client_secret == "hunter2"
    assert "hunter2" not in repr(config) + str(config) + repr(config.source)


def test_no_repr_shows_a_password(tmp_path: Path) -> None:
    text = '[database]\nurl = "postgresql://u:hunter2@h/d"\nowner_url = "postgresql://o:hunter2@h/d"'
    config = loaded(tmp_path, text + '\n[plugins.sms]\ntoken = "hunter2"', LINLI_PLUGINS__SMS__KEY="hunter2")
    assert "hunter2" not in repr(config) + str(config) + repr(config.source)


def test_variables_override_the_file(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        '[server]\nport = 1\nworkers = 2\n[database]\nurl = "nonsense"',
        LINLI_SERVER__PORT="8080",
        LINLI_DATABASE__URL="sqlite:////srv/x.db",
        LINLI_PROFILE="production",
        LINLI_PLACE__TITLE="平湖",
        LINLI_PLUGINS__ENABLED="pinghu, credit_bank",
        LINLI_TERRITORY__LEVELS='["town", "grid"]',
    )
    assert (config.server.port, config.server.workers) == (8080, 2)
    assert config.database.url == "sqlite:////srv/x.db"
    assert config.profile == "production"
    assert config.place.title == "平湖"
    assert config.plugins.enabled == ("pinghu", "credit_bank")
    assert config.territory.levels == ("town", "grid")


def test_a_number_is_text_where_text_is_due(tmp_path: Path) -> None:
    assert loaded(tmp_path, LINLI_PLACE__NAME="330482").place.name == "330482"


def test_a_variable_can_name_a_file_that_holds_the_value(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("postgresql://u:p@h/d\n", encoding="utf-8")
    assert loaded(tmp_path, LINLI_DATABASE__URL_FILE="secret").database.url == "postgresql://u:p@h/d"
    assert loaded(tmp_path, LINLI_SECURITY__KEY_FILE="secret").security.key_file == tmp_path / "secret"


def test_the_names_that_a_container_platform_sets_mean_nothing(tmp_path: Path) -> None:
    names = (
        "PORT",
        "SERVICE_HOST",
        "SERVICE_PORT_HTTP",
        "PORT_8000_TCP_ADDR",
        "CONFIG",
        "LANG",
        "TRACE_HOOKS",
    )
    environ = {f"LINLI_{name}": "tcp://10.0.0.1:8000" for name in names}
    assert loaded(tmp_path, **environ).server.port == 8000
