"""A deployment: one configuration with its plugins, database, key and messages, opened in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from linli.access.resources import CORE_RESOURCES, by_name
from linli.config import Config, load_config
from linli.config.faults import ConfigError, Fault
from linli.database.database import Database, open_database
from linli.database.migrate import CORE_LINE, MigrationLine
from linli.floors import check_versions
from linli.messages import Messages
from linli.plugins.contributions import Reaction, RelationshipType
from linli.plugins.discovery import installed_rooms
from linli.plugins.loaded import Plugins
from linli.plugins.manager import load_plugins
from linli.policy import Resource
from linli.rooms import Room, all_hookspecs
from linli.traces.chain import head_key
from linli.traces.heads import HeadFile
from linli.vault import Vault
from linli.workdays import Calendar

KEY_BYTES = 32


@dataclass(frozen=True)
class Deployment:
    """What every command and the server start from."""

    config: Config
    rooms: tuple[Room, ...]
    plugins: Plugins = field(repr=False)
    database: Database = field(repr=False)

    @property
    def messages(self) -> Messages:
        """The sentences of the core and of all plugins."""
        return self.plugins.messages

    @property
    def vault(self) -> Vault:
        """The deployment's key.

        Raises:
            ConfigError: the key's file is missing, open to others, or not a key.
        """
        return Vault(read_key(self.config))

    @property
    def calendar(self) -> Calendar:
        """The work calendar of the place."""
        own = self.config.calendar
        return Calendar(frozenset(own.holidays), frozenset(own.workdays))

    @property
    def heads(self) -> HeadFile:
        """Where the signed heads of the audit are kept: beside the key, outside the database."""
        return HeadFile(self.config.security.key_file.with_name("audit-head.json"), head_key(self.vault.key))

    @property
    def resources(self) -> Mapping[str, Resource]:
        """Every resource that policies speak of, the core's and the plugins'."""
        declared = [one for _, found in self.plugins.each("linli_resources") for one in found]
        return by_name((*CORE_RESOURCES, *declared))

    @property
    def relationship_types(self) -> Mapping[str, RelationshipType]:
        """The types of relationship that plugins bring, by name."""
        return {one.name: one for _, found in self.plugins.each("linli_relationship_types") for one in found}

    @property
    def reactions(self) -> Mapping[str, tuple[Reaction, ...]]:
        """The plugins' reactions to events, by plugin."""
        return {plugin.name: tuple(found) for plugin, found in self.plugins.each("linli_reactions")}

    @property
    def migrations(self) -> tuple[MigrationLine, ...]:
        """The lines of migrations: the core's, then each plugin's after those that it requires."""
        lines = [MigrationLine(plugin.name, plugin.folder / "migrations") for plugin in self.plugins.loaded]
        return (CORE_LINE, *lines)


def open_deployment(path: Path, environ: Mapping[str, str]) -> Deployment:
    """Return the deployment of a configuration file; nothing is connected yet.

    Raises:
        ConfigError: the configuration, a plugin or an installed package cannot be used; all faults at once.
    """
    config = load_config(path, environ)
    check_versions(config)
    rooms = installed_rooms()
    plugins = load_plugins(config.plugins.enabled, config, hookspecs=all_hookspecs(rooms))
    return Deployment(config, rooms, plugins, open_database(config.database.url))


def open_as_owner(deployment: Deployment) -> Database:
    """Return the database as its owner sees it, for migrations; the serving role cannot change tables."""
    return open_database(deployment.config.database.owner_url or deployment.config.database.url)


def make_key(file: Path) -> None:
    """Write a new random key that only its owner can read; an existing file is left as it is."""
    if file.exists():
        return
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the database often lies beside it
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(os.urandom(KEY_BYTES).hex() + "\n")


def read_key(config: Config) -> bytes:
    """Return the deployment's key.

    Raises:
        ConfigError: the file is missing, open to others, or not 64 hexadecimal digits.
    """
    return _key_in(config, config.security.key_file, "security.key_file")


def read_backup_key(config: Config) -> bytes:
    """Return the key under which backups are sealed.

    Raises:
        ConfigError: none is named, or the file is missing, open to others, or not 64 hexadecimal digits.
    """
    file = config.backup.key_file
    if file is None:
        raise ConfigError([config.source.fault(("backup", "key_file"), "config.backup_key_unnamed")])
    return _key_in(config, file, "backup.key_file")


def _key_in(config: Config, file: Path, key_name: str) -> bytes:
    if not file.is_file():
        raise _key_fault(config, file, key_name, "config.key_missing")
    try:
        mode, text = file.stat().st_mode, file.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise _key_fault(config, file, key_name, "config.key_unreadable") from error
    if mode & 0o077:
        raise _key_fault(config, file, key_name, "config.key_open")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise _key_fault(config, file, key_name, "config.key_bad")
    return key


def _key_fault(config: Config, file: Path, key_name: str, message: str) -> ConfigError:
    text = config.source.translator.text(message, file=file, key=key_name)
    return ConfigError([Fault(file, None, key_name, text)])
