"""What the doctor finds: nothing in a sound place, and each thing that is spoilt by its name."""

import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from linli.commands.main import application
from linli.deployment import make_key, open_deployment
from linli.doctor import examine
from linli.doctor.database import check_tls
from linli.messages import LANGUAGES, Language, core_messages
from tests.support.backups import Site, copied, note, relative
from tests.support.configs import loaded
from tests.support.town import settle

CONFIG = """\
profile = "production"
language = "en"
[database]
url = "{url}"
[server]
hosts = ["linli.example"]
[security]
key_file = "keys/linli.key"
[backup]
key_file = "keys/backup.key"
"""
GIVEN = ("core_grid", "core_version", "core_audit", "core_seal", "core_assignment")
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as shutil has it


@pytest.fixture(autouse=True)
def servant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody mighty, on a machine with room, whose program belongs to somebody else."""
    access = os.access
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**12))


def sound_site(folder: Path, url: str) -> Site:
    """A place with nothing to find fault with: an administrator, keys apart, a backup."""
    folder.mkdir()
    folder.chmod(0o755)
    site = Site(folder, url)
    site.config.write_text(CONFIG.format(url=relative(url, folder)), encoding="utf-8")
    for name in ("linli.key", "backup.key"):
        make_key(folder / "keys" / name)
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(mode=0o700)
    settle(url, admins=1, workers=0)
    assert site.run("backup", folder / "first.backup").exit_code == 0
    return site


@pytest.fixture(scope="module")
def model_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A sound place, to be copied."""
    folder = tmp_path_factory.mktemp("model") / "site"
    return sound_site(folder, f"sqlite:///{folder / 'data' / 'linli.db'}")


@pytest.fixture
def site(model_site: Site, tmp_path: Path) -> Site:
    return copied(model_site, tmp_path / "site")


def found(site: Site) -> dict[str, bool]:
    """Return the keys of all that is found, and which of them are dangers."""
    opened = open_deployment(site.config, {})
    try:
        return {one.key: one.danger for one in examine(opened)}
    finally:
        opened.database.engine.dispose()


def change(site: Site, old: str, new: str) -> None:
    text = site.config.read_text(encoding="utf-8")
    assert old in text
    site.config.write_text(text.replace(old, new), encoding="utf-8")


def in_one_folder(site: Site) -> None:
    make_key(site.folder / "data" / "linli.key")
    change(site, "keys/linli.key", "data/linli.key")


def never_signed(site: Site) -> None:
    site.work(note)
    site.seal()
    for name in ("audit-head.json", "audit-head.json.log"):
        (site.folder / "keys" / name).unlink()


def demo_in_it(site: Site) -> None:
    told = text("UPDATE core_audit SET action = 'demo.account'")
    site.work(lambda connection: connection.execute(text("DROP TRIGGER core_audit_keep_update")))
    site.work(lambda connection: connection.execute(told))


def open_to_all(site: Site) -> None:
    (site.folder / "data").chmod(0o755)
    (site.folder / "data" / "linli.db").chmod(0o644)


def secret_in_file(site: Site) -> None:
    change(site, "hosts =", f'metrics_token = "{"k" * 20}"\nhosts =')
    site.config.chmod(0o644)


def one_key_for_all(site: Site) -> None:
    keys = site.folder / "keys"
    (keys / "backup.key").write_bytes((keys / "linli.key").read_bytes())


def behind(site: Site) -> None:
    site.work(lambda connection: connection.execute(text("UPDATE core_version SET version_num = '0006'")))


SPOILT: dict[str, tuple[Callable[[Site], object], dict[str, bool]]] = {
    "nothing": (found, {}),
    "key open to others": (
        lambda site: (site.folder / "keys" / "linli.key").chmod(0o644),
        {"configuration": True},
    ),
    "backup key gone": (lambda site: (site.folder / "keys" / "backup.key").unlink(), {"configuration": True}),
    "one key for all": (one_key_for_all, {"same_key": True}),
    "secret in an open file": (secret_in_file, {"configuration_open": True}),
    "rows open to others": (open_to_all, {"database_open": True}),
    "console": (lambda site: change(site, "[server]", "[server]\nconsole = true"), {"switched_on": False}),
    "no hosts": (lambda site: change(site, 'hosts = ["linli.example"]', ""), {"hosts": True}),
    "plain": (
        lambda site: change(site, "[server]", '[server]\nhost = "0.0.0.0"'),
        {"plain_http": False, "metrics": False},
    ),
    "development": (lambda site: change(site, "production", "development"), {"development": False}),
    "heads beside": (in_one_folder, {"heads_beside": False}),
    "never signed": (never_signed, {"heads_old": True}),
    "demo": (demo_in_it, {"demo": True, "no_backup": True}),
    "nobody": (
        lambda site: site.work(lambda connection: connection.execute(text("DELETE FROM core_assignment"))),
        {"nobody": False},
    ),
    "behind": (behind, {"migrations": True}),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_found_and_nothing_else(site: Site, name: str) -> None:
    spoil, due = SPOILT[name]
    spoil(site)
    assert found(site) == due


def test_might_room_and_age_are_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert found(site) == {"root": True}
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda *_: True)
    assert found(site) == {"code_writable": False}
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**9))
    assert found(site) == {"disk": False}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**7))
    assert found(site) == {"disk": True}
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, 10**12))
    monkeypatch.setattr("linli.doctor.keeping.WEEK", timedelta(seconds=-1))
    assert found(site) == {"backup_old": True}


def test_on_postgresql_might_and_loss_are_found(tmp_path: Path, fresh_postgres: str) -> None:
    site = sound_site(tmp_path / "site", fresh_postgres)
    assert found(site) == {"superuser": True, "not_durable": True}  # of the server that serves the tests
    role = f"owner_{tmp_path.name[-20:]}".replace("-", "_")
    try:
        site.work(lambda connection: connection.execute(text(f"CREATE ROLE {role} SUPERUSER LOGIN")))
        site.work(lambda connection: connection.execute(text(f"ALTER ROLE {role} NOSUPERUSER")))
        given = [f"ALTER TABLE {name} OWNER TO {role}" for name in GIVEN]
        site.work(lambda connection: [connection.execute(text(one)) for one in given])
        change(site, "postgres@", f"{role}@")
        assert found(site) == {"owner_serves": True, "not_durable": True}
    finally:
        site.work(lambda connection: connection.execute(text(f"REASSIGN OWNED BY {role} TO postgres")))
        site.work(lambda connection: connection.execute(text(f"DROP ROLE {role}")))


@pytest.mark.parametrize(
    ("url", "due"),
    [
        ("postgresql://linli@/linli", []),
        ("postgresql://linli@localhost/linli", []),
        ("postgresql://linli@/linli?host=/run/postgresql", []),
        ("postgresql://linli@db.example/linli", ["tls_missing"]),
        ("postgresql://linli@/linli?host=db.example&sslmode=prefer", ["tls_missing"]),
        ("postgresql://linli@db.example/linli?sslmode=require", ["tls_unproven"]),
        ("postgresql://linli@db.example/linli?sslmode=verify-full", []),
    ],
)
def test_a_remote_database_wants_proven_tls(tmp_path: Path, url: str, due: list[str]) -> None:
    site = Site(tmp_path, url)
    site.config.write_text(CONFIG.format(url=url), encoding="utf-8")
    opened = open_deployment(site.config, {})
    assert [one.key for one in check_tls(opened)] == due
    opened.database.engine.dispose()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_doctor_speaks_and_ends_with_1_where_there_is_danger(site: Site, language: Language) -> None:
    def told() -> tuple[int, str]:
        arguments = ["doctor", "-c", str(site.config)]
        done = CliRunner().invoke(application(), arguments, env={"LINLI_LANG": language})
        return done.exit_code, done.output

    assert told()[0] == 0
    change(site, 'hosts = ["linli.example"]', "")
    code, output = told()
    assert code == 1
    assert core_messages().text("doctor.hosts", language) in output


def test_a_configuration_is_shown_without_its_secrets(tmp_path: Path) -> None:
    secrets = ("hunter2", "sesame99", "t" * 24, "plugin-secret", "in-a-link")
    text = f"""
[database]
url = "postgresql://linli:{secrets[0]}@db.example/linli?password={secrets[1]}&sslmode=require"
owner_url = "postgresql://owner:{secrets[0]}@db.example/linli"
[server]
metrics_token = "{secrets[2]}"
[plugins.other]
client_secret = "{secrets[3]}"
hook = "https://user:{secrets[4]}@hooks.example/x"
"""
    loaded(tmp_path, text)
    done = CliRunner().invoke(
        application(),
        ["config", "show", "-c", str(tmp_path / "linli.toml")],
        env={"LINLI_SERVER__PORT": "9001", "LINLI_LANG": "en"},
    )
    assert done.exit_code == 0, done.output
    assert not [secret for secret in secrets if secret in done.output]
    for shown in (
        "server.port = 9001  # LINLI_SERVER__PORT",
        "db.example",
        "sslmode=require",
        "hooks.example",
    ):
        assert shown in done.output
