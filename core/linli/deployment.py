"""A deployment: one configuration with its plugins, database, key and messages, opened in one place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from linli.access.resources import CORE_RESOURCES, by_name
from linli.config import Config, load_config
from linli.config.faults import ConfigError, Fault
from linli.database.database import Database, open_database
from linli.database.migrate import CORE_LINE, MigrationLine
from linli.floors import check_versions
from linli.keys import KEY_BYTES, KeyFile, KeyRing, MasterKey, write_keys
from linli.messages import Messages
from linli.plugins.contributions import Reaction, RelationshipType
from linli.plugins.discovery import installed_rooms
from linli.plugins.loaded import Plugins
from linli.plugins.manager import load_plugins
from linli.plugins.personal import ConsentPurpose
from linli.plugins.personal_checks import consent_purposes
from linli.policy import Resource
from linli.privacy.erased_list import ErasedList, erased_key
from linli.rooms import Room, all_hookspecs
from linli.traces.heads import HeadFile
from linli.vault import Vault
from linli.workdays import Calendar


@dataclass(frozen=True)
class Deployment:
    """What every command and the server start from; its key and hooks are read once, when needed."""

    config: Config
    rooms: tuple[Room, ...]
    plugins: Plugins = field(repr=False)
    database: Database = field(repr=False)

    @property
    def messages(self) -> Messages:
        """The sentences of the core and of all plugins."""
        return self.plugins.messages

    @cached_property
    def vault(self) -> Vault:
        """What the deployment's keys seal and open.

        Raises:
            ConfigError: the file of the keys is missing, open to others, or holds something else.
        """
        return Vault(self.key_file.ring, self.config.security.cipher)

    @cached_property
    def key_file(self) -> KeyFile:
        """The file of the deployment's keys, as this process sees it.

        Raises:
            ConfigError: the file is missing, open to others, or holds something else.
        """
        file = self.config.security.key_file
        _guarded_text(self.config, file, "security.key_file")
        found = KeyFile(file)
        try:
            found.ring()
        except ValueError:
            raise _key_fault(self.config, file, "security.key_file", "config.key_bad") from None
        return found

    @cached_property
    def calendar(self) -> Calendar:
        """The work calendar of the place."""
        own = self.config.calendar
        return Calendar(frozenset(own.holidays), frozenset(own.workdays))

    @property
    def heads(self) -> HeadFile:
        """Where the signed heads of the audit are kept: beside the key, outside the database."""
        place = self.config.security.key_file.with_name("audit-head.json")
        newest, *older = self.key_file.ring().heads
        return HeadFile(place, newest, tuple(older))

    @property
    def erased(self) -> ErasedList:
        """The list of erased persons: beside the key, outside the database."""
        return ErasedList(
            self.config.security.key_file.with_name("erased.list"), erased_key(self.key_file.ring().lasting)
        )

    @cached_property
    def consent_purposes(self) -> Mapping[str, ConsentPurpose]:
        """What core and plugins do only with a consent, by name."""
        return consent_purposes(self.plugins)

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Every resource that policies speak of, the core's and the plugins'."""
        declared = [one for _, found in self.plugins.each("linli_resources") for one in found]
        return by_name((*CORE_RESOURCES, *declared))

    @cached_property
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
    write_keys(file, KeyRing((MasterKey(os.urandom(KEY_BYTES)),)))


def read_backup_key(config: Config) -> bytes:
    """Return the key under which backups are sealed.

    Raises:
        ConfigError: none is named, or the file is missing, open to others, or not 64 hexadecimal digits.
    """
    file = config.backup.key_file
    if file is None:
        raise ConfigError([config.source.fault(("backup", "key_file"), "config.backup_key_unnamed")])
    try:
        key = bytes.fromhex(_guarded_text(config, file, "backup.key_file"))
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise _key_fault(config, file, "backup.key_file", "config.key_bad")
    return key


def _guarded_text(config: Config, file: Path, key_name: str) -> str:
    """Return the text of a file of keys, which nobody else may read."""
    if not file.is_file():
        raise _key_fault(config, file, key_name, "config.key_missing")
    try:
        mode, text = file.stat().st_mode, file.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise _key_fault(config, file, key_name, "config.key_unreadable") from error
    if mode & 0o077:
        raise _key_fault(config, file, key_name, "config.key_open")
    return text


def _key_fault(config: Config, file: Path, key_name: str, message: str) -> ConfigError:
    text = config.source.translator.text(message, file=file, key=key_name)
    return ConfigError([Fault(file, None, key_name, text)])
