"""From linli.toml and LINLI_* variables to a Config, or to every fault in them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from linli.config.environment import laid_over, variables
from linli.config.faults import ConfigError, FaultList, nearest
from linli.config.model import Config
from linli.config.reading import Document, read_toml
from linli.config.source import Variable
from linli.config.validation import validated
from linli.messages import Messages, core_messages, environment_language

M = TypeVar("M", bound=BaseModel)

PLUGINS = "plugins"


def load_config(path: Path, environ: Mapping[str, str]) -> Config:
    """Return the configuration of the file at `path` with the variables of `environ` laid over it.

    Relative paths in both are taken from the file's folder. Raises ConfigError with one fault for each
    thing to mend, in the language of LINLI_LANG or the locale.
    """
    translator = core_messages().speaking(environment_language(environ))
    faults = FaultList()
    document = read_toml(path, translator)
    found = variables(environ, Config)
    core = replace(document.source, variables=tuple(one for one in found if not _is_plugins(one)))
    document = laid_over(Document(_gathered(document, faults), core), Config, faults)
    config = faults.attempt(validated, Config, document)
    if config is None or faults.faults:
        raise ConfigError(sorted(faults.faults, key=lambda fault: (fault.line is None, fault.line or 0)))
    plugins = tuple(one for one in found if _is_plugins(one))
    return config.loaded_from(replace(document.source, variables=plugins), path.parent)


def plugin_settings(
    config: Config,
    name: str,
    model: type[M],
    presets: Sequence[Document] = (),
    messages: Messages | None = None,
) -> M:
    """Return the settings of a plugin from its table and variables; raises ConfigError with all faults.

    `presets` are tables that stand below the plugin's own, key by key; each must be valid by itself.
    `messages` hold the sentences in which the plugin's own validators tell faults.
    """
    faults, prefix = FaultList(), (PLUGINS, name)
    for preset in presets:
        faults.attempt(validated, model, preset, (name,))
    faults.raise_any(ConfigError)
    given = {key: value for preset in presets for key, value in preset.data.items()}
    table = {**given, **config.plugins.tables.get(name, {})}
    source = config.source if messages is None else config.source.speaking(messages)
    document = laid_over(Document(table, source), model, faults, prefix)
    settings = faults.attempt(validated, model, document, prefix)
    if settings is None or faults.faults:
        raise ConfigError(faults.faults)
    return settings


def _is_plugins(variable: Variable) -> bool:
    return variable.path[0] == PLUGINS and len(variable.path) > 2


def _gathered(document: Document, faults: FaultList) -> Mapping[str, Any]:
    """Return the data with all [plugins.<name>] tables under `tables`, where the model expects them."""
    section = document.data.get(PLUGINS, {})
    if not isinstance(section, Mapping):
        return document.data
    tables = {name: table for name, table in section.items() if isinstance(table, Mapping)}
    for name in section.keys() - tables.keys() - {"enabled"}:
        near = nearest(name, ["enabled"])
        message = "config.unknown_key_near" if near else "config.plugin_table"
        faults.add(document.source.fault((PLUGINS, name), message, near=f"{PLUGINS}.{near}"))
    enabled = {"enabled": section["enabled"]} if "enabled" in section else {}
    return {**document.data, PLUGINS: {**enabled, "tables": tables}}
