"""At the start: every column about a person is declared, of the core and of each plugin."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import JSON, Column, LargeBinary, String, Table

from linli.config.faults import Fault, FaultList, PluginError
from linli.config.reading import read_toml
from linli.config.source import Source
from linli.config.validation import validated
from linli.messages import Translator
from linli.model.base import metadata
from linli.model.types import PathText
from linli.plugins.loaded import Plugins
from linli.plugins.personal import PERSONS, ConsentPurpose, Declarations, PersonalData

CORE: Final = "core"
CORE_FILE: Final = Path(__file__).parents[1] / "personal.toml"
# What would rank or tag persons, and what is never kept of them: no column about persons bears such a word.
NEVER: Final = frozenset(
    {
        *("score", "scores", "rank", "ranks", "ranking", "rating", "level", "levels", "grade", "grades"),
        *("tier", "star", "stars", "colour", "color", "risk", "risks", "penalty", "penalties", "blacklist"),
        *("reputation", "religion", "ethnicity", "petition", "petitions", "face", "fingerprint"),
        *("track", "tracks", "camera"),
    }
)
LONGEST_WORD: Final = 64  # longer texts are written by people, shorter ones are words of a list or signs

Declared = Mapping[tuple[str, str], PersonalData]


def core_declarations(translator: Translator) -> Declarations:
    """Return what the core declares of itself; raises ConfigError with every fault."""
    return validated(Declarations, read_toml(CORE_FILE, translator))


def consent_purposes(plugins: Plugins) -> Mapping[str, ConsentPurpose]:
    """Return the purposes of core and plugins that need a consent, by name."""
    core = core_declarations(plugins.source.translator)
    ours = [one for plugin in plugins.loaded for one in plugin.manifest.consent]
    return {one.name: one for one in (*core.consent, *ours)}


def check_personal(plugins: Plugins) -> None:
    """Refuse, all at once, personal columns that are not declared and declarations of none.

    Raises:
        PluginError: one fault for each column, with what is to be written where.
    """
    faults = FaultList()
    core = core_declarations(plugins.source.translator)
    tables = [table for name, table in metadata.tables.items() if name.startswith("core_")]
    known: set[str] = set(PERSONS)
    faults.faults += _faults(CORE, tables, core.personal_data, core.consent, known, plugins.source)
    made = {plugin.name: tuple(found) for plugin, found in plugins.each("linli_tables")}
    for plugin in plugins.loaded:
        said = plugin.manifest
        own = made.get(plugin.name, ())
        faults.faults += _faults(plugin.name, own, said.personal_data, said.consent, known, plugins.source)
    faults.raise_any(PluginError)


def _faults(
    plugin: str,
    tables: Sequence[Table],
    said: Sequence[PersonalData],
    consents: Sequence[ConsentPurpose],
    known: set[str],
    source: Source,
) -> Iterator[Fault]:
    """Yield the faults of one plugin; `known` are the tables about persons so far, and grows."""
    declared = {field: one for one in said for field in one.columns()}
    columns = {(table.name, column.name): column for table in tables for column in table.c}
    for name in declared.keys() - columns.keys():
        yield _told(source, "plugins.personal_no_column", plugin, *name)
    known |= _about_persons(tables, declared, known)
    for name, column in columns.items():
        if name not in declared and _is_personal(column, known):
            yield _told(source, "plugins.personal_undeclared", plugin, *name)
        if set(name[1].split("_")) & NEVER and column.table.name in known:
            yield _told(source, "plugins.personal_never", plugin, *name)
    for name, one in declared.items():
        column_ = columns.get(name)
        refers = column_ is not None and _target(column_, one) is not None
        if refers and one.erase == "pseudonym" and one.after is not None:
            yield _told(source, "plugins.personal_pseudonym", plugin, *name)
        if any(other and (name[0], other) not in columns for other in (one.after, one.whose)):
            yield _told(source, "plugins.personal_beside", plugin, *name)
    for purpose in consents:
        if not purpose.name.startswith(f"{plugin}__"):
            text = source.translator.text("plugins.consent_name", plugin=plugin, name=purpose.name)
            yield Fault(None, None, purpose.name, text)


def _about_persons(tables: Sequence[Table], declared: Declared, known: set[str]) -> set[str]:
    """Return the tables that refer to persons, directly or by a declared way."""
    found = {table.name for table in tables if any(_refers_to(column, PERSONS) for column in table.c)}
    while True:
        more = {
            name
            for (name, column), one in declared.items()
            for table in tables
            if table.name == name and column in table.c
            if _target(table.c[column], one) in known | found
        }
        if more <= found:
            return found
        found |= more


def _is_personal(column: Column[object], about_persons: set[str]) -> bool:
    """Whether a column must be declared: it leads to a person, or holds free text beside such a one."""
    if _refers_to(column, PERSONS):
        return True
    return column.table.name in about_persons and _is_free(column)


def _is_free(column: Column[object]) -> bool:
    kind = column.type
    if kind is PathText or column.foreign_keys or column.primary_key:
        return False
    if isinstance(kind, String):
        return kind.length is None or kind.length > LONGEST_WORD
    return isinstance(kind, LargeBinary | JSON)


def _refers_to(column: Column[object], tables: frozenset[str]) -> bool:
    return any(key.target_fullname.partition(".")[0] in tables for key in column.foreign_keys)


def _target(column: Column[object], said: PersonalData) -> str | None:
    if said.refers is not None:
        return said.refers
    targets = [key.target_fullname.partition(".")[0] for key in column.foreign_keys]
    return next((one for one in targets if one in PERSONS), None)


def _told(source: Source, message: str, plugin: str, table: str, column: str) -> Fault:
    file = "personal.toml" if plugin == CORE else "plugin.toml"
    told = {"plugin": plugin, "table": table, "column": column, "file": file}
    return Fault(None, None, f"{table}.{column}", source.translator.text(message, **told))
