"""Places that are settled once for each database; each test opens a copy."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.plugins.motto_place import Place, write_config
from tests.support.postgres import PostgresServer

SQLITE = "sqlite:///linli.db"
Settle = Callable[[Path, str], AbstractAsyncContextManager[Any]]


@dataclass(frozen=True)
class Template:
    """A settled place, closed: its folder and database, and what the tests call things.

    Attributes:
        name: the database's name, or its file's.
        known: what `settle` gave, to be opened anew over a copy.
    """

    folder: Path
    name: str
    ids: dict[str, str]
    tokens: dict[str, str]
    known: Any

    @classmethod
    def made(cls, folder: Path, url: str, settle: Settle) -> "Template":
        """Settle a place in an empty database, and close it."""
        name = "linli.db" if url == SQLITE else url.partition("?")[0].rpartition("/")[2]

        async def make() -> "Template":
            async with settle(folder, url) as known:
                place = known if isinstance(known, Place) else known.place
                return cls(folder, name, place.ids, place.tokens, known)

        return asyncio.run(make())


class Templates:
    """The templates of a run, each made when the first test asks for it."""

    def __init__(self, server: PostgresServer, folders: pytest.TempPathFactory) -> None:
        self._server = server
        self._folders = folders
        self._made: dict[tuple[Settle, str], Template] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @contextmanager
    def copied(
        self, backend: str, settle: Settle, folder: Path, *plugins: str, more: str = ""
    ) -> Iterator[tuple[Path, Template]]:
        """Copy a settled place into a folder of the test's own; give the copy's configuration."""
        template = self.of(backend, settle)
        shutil.copy(template.folder / "linli.key", folder)
        if backend == "sqlite":
            shutil.copy(template.folder / template.name, folder)
            yield write_config(folder, SQLITE, *plugins, more=more), template
            return
        with self._server.database(template.name) as url:
            yield write_config(folder, url, *plugins, more=more), template

    def of(self, backend: str, settle: Settle) -> Template:
        """Return the template that a function settles, made now if it is asked for the first time."""
        key = (settle, backend)
        if key not in self._made:
            sqlite = backend == "sqlite"
            url = SQLITE if sqlite else self._open.enter_context(self._server.database())
            self._made[key] = Template.made(self._folders.mktemp("template"), url, settle)
        return self._made[key]
