"""The configuration of a place: what linli.toml may say."""

import ipaddress
import os.path
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PrivateAttr
from pydantic_core import PydanticCustomError

from linli.config.section import Section, distinct
from linli.config.sign_in import SignInSettings
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


def _distinct_days(days: tuple[date, ...]) -> tuple[date, ...]:
    distinct(tuple(map(str, days)))
    return days


Words = Annotated[str, Field(min_length=1, max_length=100)]
Network = Annotated[str, AfterValidator(_network)]
Identifier = Annotated[str, Field(max_length=40), AfterValidator(_identifier)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


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

    What the profile decides where it is not said: `console` (GraphiQL), `introspection` for strangers,
    and `suggestions` of right names for wrong ones. Only of `proxies` is it believed whom they speak for
    (X-Forwarded-For, X-Forwarded-Proto).
    """

    host: Words = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    hosts: Annotated[tuple[str, ...], AfterValidator(distinct)] = ()
    origins: Annotated[tuple[str, ...], AfterValidator(distinct)] = ()
    proxies: Annotated[tuple[Network, ...], AfterValidator(distinct)] = ()
    console: bool | None = None
    introspection: bool | None = None
    suggestions: bool | None = None
    metrics_token: Annotated[str, Field(min_length=16, max_length=200)] | None = Field(
        default=None, repr=False
    )


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
    """Where the deployment's keys are, and how many people an account may see in clear text in an hour."""

    key_file: Path = Path("var/linli.key")
    cipher: Literal["aes-256-gcm", "sm4-gcm"] = "aes-256-gcm"
    reveals_per_hour: int = Field(default=50, ge=0, le=10_000)


class BackupSettings(Section):
    """The key under which backups are sealed; it is not the deployment's own."""

    key_file: Path | None = None


class TerritorySettings(Section):
    """The levels of the spine, from the widest to the narrowest."""

    levels: Annotated[
        tuple[Identifier, ...], Field(min_length=1, max_length=16), AfterValidator(distinct)
    ] = SPINE


class CalendarSettings(Section):
    """Days on which this place rests or works otherwise than the country's calendar says."""

    holidays: Annotated[tuple[date, ...], AfterValidator(_distinct_days)] = ()
    workdays: Annotated[tuple[date, ...], AfterValidator(_distinct_days)] = ()


class PluginSettings(Section):
    """The plugins of the place; `tables` are their settings as written, judged by the plugins themselves."""

    enabled: Annotated[tuple[str, ...], AfterValidator(distinct)] = ()
    tables: Mapping[str, Mapping[str, object]] = Field(default_factory=dict, repr=False)


class Config(Section):
    """A whole configuration; paths are absolute once it has been loaded."""

    place: Place = Place()
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    limits: LimitSettings = LimitSettings()
    security: SecuritySettings = SecuritySettings()
    backup: BackupSettings = BackupSettings()
    territory: TerritorySettings = TerritorySettings()
    calendar: CalendarSettings = CalendarSettings()
    sign_in: SignInSettings = SignInSettings()
    plugins: PluginSettings = PluginSettings()
    profile: Literal["development", "production"] = "development"
    language: Language = "zh-CN"
    _source: Source | None = PrivateAttr(default=None)

    @property
    def serves_console(self) -> bool:
        """Whether GraphiQL is served."""
        return self._by_profile(told=self.server.console)

    @property
    def introspects(self) -> bool:
        """Whether strangers may introspect the schema."""
        return self._by_profile(told=self.server.introspection)

    @property
    def suggests(self) -> bool:
        """Whether a wrong name is answered with the right ones."""
        return self._by_profile(told=self.server.suggestions)

    def _by_profile(self, *, told: bool | None) -> bool:
        return self.profile == "development" if told is None else told

    @property
    def source(self) -> Source:
        """Where the values come from and in which language faults are told."""
        return self._source or Source(core_messages().speaking(self.language))

    def loaded_from(self, source: Source, folder: Path) -> "Config":
        """Return this configuration with its source, and its paths made absolute from `folder`."""
        database = DatabaseSettings(
            url=_absolute_url(self.database.url, folder), owner_url=self.database.owner_url
        )
        key_file = _absolute(str(self.security.key_file), folder)
        security = self.security.model_copy(update={"key_file": key_file})
        backup = BackupSettings(
            key_file=self.backup.key_file and _absolute(str(self.backup.key_file), folder)
        )
        loaded = self.model_copy(update={"database": database, "security": security, "backup": backup})
        loaded._source = source  # noqa: SLF001 - a copy of oneself
        return loaded


def _absolute(path: str, folder: Path) -> Path:
    return Path(os.path.abspath(folder / path))  # noqa: PTH100 - resolve() would follow links, which may move


def _absolute_url(url: str, folder: Path) -> str:
    if not url.startswith(SQLITE):
        return url
    path, question, query = url.removeprefix(SQLITE).partition("?")
    return f"{SQLITE}{_absolute(path, folder)}{question}{query}"
