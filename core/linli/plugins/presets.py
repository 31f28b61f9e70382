"""preset.toml: settings that a region brings for what it requires. A place's own keys go before them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from linli.config.faults import ConfigError, Fault, FaultList
from linli.config.reading import Document, read_toml
from linli.messages import Messages
from linli.plugins.discovery import Found

FILE: Final = "preset.toml"
Tables = Mapping[str, tuple[Document, ...]]


@dataclass(frozen=True, slots=True)
class Presets:
    """The tables of all preset.toml, by the plugin that they are for; each with its place."""

    tables: Tables = field(default_factory=dict)
    messages: Messages | None = None

    def speaking(self, messages: Messages) -> "Presets":
        """Return the same tables, whose faults are told with the sentences of the plugin they are for."""
        tables = {name: tuple(_with(one, messages) for one in found) for name, found in self.tables.items()}
        return Presets(tables, messages)

    def of(self, plugin: str) -> tuple[Document, ...]:
        """Return the tables for a plugin, one of each region that presets it."""
        return self.tables.get(plugin, ())


def read_presets(order: Iterable[Found], faults: FaultList) -> Presets:
    """Read the presets of the plugins that run.

    A table for a plugin that is not required is a fault, and so is a key that two regions set: which of them
    were meant would hang on their order.
    """
    tables: dict[str, tuple[Document, ...]] = {}
    for found in order:
        for name, table in (faults.attempt(_tables_of, found) or {}).items():
            clash = next((key for one in tables.get(name, ()) for key in one.data if key in table.data), None)
            if clash is not None:
                faults.add(_told(found, table, (name, clash), "plugins.preset_twice"))
            tables[name] = (*tables.get(name, ()), table)
    return Presets(tables)


def _tables_of(found: Found) -> Mapping[str, Document]:
    file = found.folder / FILE
    if not file.is_file():
        return {}
    document = read_toml(file, found.source.translator)
    required = {need.name for need in found.manifest.requires}
    wrong = [
        name
        for name, table in document.data.items()
        if name not in required or not isinstance(table, Mapping)
    ]
    if wrong:
        raise ConfigError([_told(found, document, (name,), "plugins.preset_unknown") for name in wrong])
    return {
        name: Document(table, document.source)
        for name, table in document.data.items()
        if isinstance(table, Mapping)
    }


def _with(table: Document, messages: Messages) -> Document:
    return replace(table, source=table.source.speaking(messages))


def _told(found: Found, table: Document, path: tuple[str, ...], message: str) -> Fault:
    return table.source.fault(path, message, plugin=found.manifest.name, name=path[0])
