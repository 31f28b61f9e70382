"""Places that are backed up and restored at the command line."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from typer.testing import CliRunner, Result

from linli.commands.main import application
from linli.database.database import open_database
from linli.deployment import make_key, open_deployment
from linli.policy import Actor
from linli.traces.audit import AuditEntry, write_audit
from linli.traces.heads import write_head
from linli.traces.sealer import current_head, seal_pending
from tests.support.postgres import PostgresServer
from tests.support.town import settle

T = TypeVar("T")
CONFIG = """\
profile = "production"
[database]
url = "{url}"
[security]
key_file = "linli.key"
[backup]
key_file = "backup.key"
[plugins]
enabled = ["ledger"]
"""
# What a table's text form might stumble over.
NASTY = {"a": "\\N\t\r\n\\.", "b": "金丝雀 𬱖", "c": 1e20, "d": 0.1, "e": None, "f": ["'", '"', "%s"]}


@dataclass(frozen=True)
class Site:
    """A folder with a configuration and keys, and the URL of its database."""

    folder: Path
    url: str

    @property
    def config(self) -> Path:
        return self.folder / "linli.toml"

    def run(self, *arguments: str | Path) -> Result:
        """Run a command of Linli's on this place."""
        named = [str(one) for one in arguments]
        return CliRunner().invoke(
            application(), [*named, "--config", str(self.config)], env={"LINLI_LANG": "en"}
        )

    def work(self, work: Callable[[Connection], T]) -> T:
        database = open_database(self.url)
        try:
            with database.begin() as connection:
                return work(connection)
        finally:
            database.engine.dispose()

    def seal(self) -> None:
        """Seal what is in the audit, and sign the head, as the server does."""
        opened = open_deployment(self.config, {})
        self.work(seal_pending)
        head = self.work(current_head)
        assert head is not None
        write_head(opened.heads.path, head, opened.heads.key)
        opened.database.engine.dispose()


def note(connection: Connection, detail: dict[str, Any] | None = None) -> str:
    """Write an audit entry and return its id."""
    return write_audit(
        connection, AuditEntry(Actor(name="os:test"), "test.done", "done", "grid", detail=detail or {})
    )


def new_site(folder: Path, url: str, keys: Path | None = None) -> Site:
    """Write a configuration over an empty database, with new keys or those of another place."""
    folder.mkdir()
    site = Site(folder, url)
    site.config.write_text(CONFIG.format(url=relative(url, folder)), encoding="utf-8")
    for name in ("linli.key", "backup.key"):
        if keys is None:
            make_key(folder / name)
        else:
            (folder / name).write_bytes((keys / name).read_bytes())
            (folder / name).chmod(0o600)
    return site


def settled_site(folder: Path, url: str) -> Site:
    """A place with a town, a plugin, and an audit whose head is signed."""
    site = new_site(folder, url)
    settle(url, admins=2, workers=1)
    assert site.run("migrate").exit_code == 0
    site.work(lambda connection: [note(connection, NASTY) for _ in range(3)])
    site.seal()
    return site


def relative(url: str, folder: Path) -> str:
    """Return the URL as a configuration in a folder may write it, so that the folder can be copied."""
    return url.replace(f"sqlite:///{folder}/", "sqlite:///")


def copied(site: Site, folder: Path) -> Site:
    """Copy a place whose database lies in its own folder."""
    shutil.copytree(site.folder, folder)
    return Site(folder, site.url.replace(str(site.folder), str(folder)))


@contextmanager
def empty_database(kind: str, folder: Path, server: Callable[[], PostgresServer]) -> Iterator[str]:
    """The URL of a database of a kind with nothing in it."""
    if kind == "sqlite":
        folder.mkdir(exist_ok=True)
        yield f"sqlite:///{folder / 'restored.db'}"
        return
    with server().database() as url:
        yield url


def kind_of(url: str) -> str:
    return url.partition(":")[0]


def contents(folder: Path) -> set[str]:
    return set(os.listdir(folder))  # noqa: PTH208 - names are what is compared
