"""The configuration of a place: what linli.toml may say."""

import ipaddress
import os.path
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from linli.config.source import Source
from linli.messages import Language, core_messages

SQLITE: Final = "sqlite:///"
POSTGRESQL: Final = "postgresql://"
IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9_]*")
SPINE: Final = ("province", "city", "county", "town", "community", "grid", "micro_grid")


def _database_url(url: str) -> str:
    if url.startswith(SQLITE) and url.removeprefix(SQLITE).partition("?")[0] not in ("", ":memory:"):
        return url
    try:
        parts = urlsplit(url)
        if url.startswith(POSTGRESQL) and parts.port != 0 and parts.path.strip("/"):
            return url
    except ValueError:  # a port or an address that cannot be
        pass
    raise PydanticCustomError("linli.config.database_url", "not the URL of a database")


def _identifier(name: str) -> str:
    if IDENTIFIER.fullmatch(name):
        return name
    raise PydanticCustomError("linli.config.identifier", "not an identifier")


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise PydanticCustomError("linli.config.network", "not an address") from None
    return text


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise PydanticCustomError("linli.config.twice", "{names} twice", {"names": ", ".join(twice)})
    return values


def _distinct_days(days: tuple[date, ...]) -> tuple[date, ...]:
    _distinct(tuple(map(str, days)))
    return days


Words = Annotated[str, Field(min_length=1, max_length=100)]
Network = Annotated[str, AfterValidator(_network)]
Identifier = Annotated[str, Field(max_length=40), AfterValidator(_identifier)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


class Section(BaseModel):
    """A table of the file: frozen, and every key known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Section):
    """The place that this deployment serves."""

    name: Words = "linli"
    title: Words = "邻里"


class DatabaseSettings(Section):
    """Where the rows are; URLs may hold passwords, so no repr shows them."""

    url: DatabaseUrl = Field(default="sqlite:///var/linli.db", repr=False)
    owner_url: DatabaseUrl | None = Field(default=None, repr=False)


class ServerSettings(Section):
    """Where the server listens, by which names it may be called, and whose pages may speak to it.

    Only of `proxies` is it believed whom they speak for (X-Forwarded-For, X-Forwarded-Proto).
    """

    host: Words = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    hosts: Annotated[tuple[str, ...], AfterValidator(_distinct)] = ()
    origins: Annotated[tuple[str, ...], AfterValidator(_distinct)] = ()
    proxies: Annotated[tuple[Network, ...], AfterValidator(_distinct)] = ()


class LimitSettings(Section):
    """What one caller may take of each process of the server.

    A caller is an account, or an address where nobody has signed in. No requests a second is any number.
    """

    requests_per_second: int = Field(default=50, ge=0, le=100_000)
    request_burst: int = Field(default=400, ge=1, le=1_000_000)
    rows: int = Field(default=50_000, ge=200, le=1_000_000)
    rows_anonymous: int = Field(default=10_000, ge=200, le=1_000_000)
    answer_seconds: int = Field(default=30, ge=1, le=600)
    subscriptions: int = Field(default=50, ge=1, le=10_000)
    streams: int = Field(default=500, ge=1, le=100_000)
    streams_per_address: int = Field(default=50, ge=1, le=100_000)


class SecuritySettings(Section):
    """Where the deployment's key is."""

    key_file: Path = Path("var/linli.key")


class TerritorySettings(Section):
    """The levels of the spine, from the widest to the narrowest."""

    levels: Annotated[
        tuple[Identifier, ...], Field(min_length=1, max_length=16), AfterValidator(_distinct)
    ] = SPINE


class CalendarSettings(Section):
    """Days on which this place rests or works otherwise than the country's calendar says."""

    holidays: Annotated[tuple[date, ...], AfterValidator(_distinct_days)] = ()
    workdays: Annotated[tuple[date, ...], AfterValidator(_distinct_days)] = ()


class PluginSettings(Section):
    """The plugins of the place; `tables` are their settings as written, judged by the plugins themselves."""

    enabled: Annotated[tuple[str, ...], AfterValidator(_distinct)] = ()
    tables: Mapping[str, Mapping[str, object]] = Field(default_factory=dict, repr=False)


class Config(Section):
    """A whole configuration; paths are absolute once it has been loaded."""

    place: Place = Place()
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    limits: LimitSettings = LimitSettings()
    security: SecuritySettings = SecuritySettings()
    territory: TerritorySettings = TerritorySettings()
    calendar: CalendarSettings = CalendarSettings()
    plugins: PluginSettings = PluginSettings()
    profile: Literal["development", "production"] = "development"
    language: Language = "zh-CN"
    _source: Source | None = PrivateAttr(default=None)

    @property
    def source(self) -> Source:
        """Where the values come from and in which language faults are told."""
        return self._source or Source(core_messages().speaking(self.language))

    def loaded_from(self, source: Source, folder: Path) -> "Config":
        """Return this configuration with its source, and its paths made absolute from `folder`."""
        database = DatabaseSettings(
            url=_absolute_url(self.database.url, folder), owner_url=self.database.owner_url
        )
        security = SecuritySettings(key_file=_absolute(str(self.security.key_file), folder))
        loaded = self.model_copy(update={"database": database, "security": security})
        loaded._source = source  # noqa: SLF001 - a copy of oneself
        return loaded


def _absolute(path: str, folder: Path) -> Path:
    return Path(os.path.abspath(folder / path))  # noqa: PTH100 - resolve() would follow links, which may move


def _absolute_url(url: str, folder: Path) -> str:
    if not url.startswith(SQLITE):
        return url
    path, question, query = url.removeprefix(SQLITE).partition("?")
    return f"{SQLITE}{_absolute(path, folder)}{question}{query}"
