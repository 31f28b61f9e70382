"""What plugins hand in is checked before anything uses it: names, prefixes, reaches, clashes."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from linli.config import Config, Fault, FaultList, PluginError, nearest
from linli.plugins.claims import Claim, check_clashes
from linli.plugins.loaded import LoadedPlugin, Plugins
from linli.policy import Reach, Resource

CLAIMING: Final = {
    "linli_tables": "table",
    "linli_resources": "resource",
    "linli_verbs": "verb",
    "linli_relationship_types": "relationship_type",
    "linli_indicators": "indicator",
    "linli_commands": "command",
    "linli_reactions": "reaction",
    "linli_checks": "check",
    "linli_demo": "filling",
}


def check_contributions(plugins: Plugins, claims: Iterable[Claim]) -> None:
    """Refuse, all at once, what plugins hand in and may not; `claims` are the names that others hold."""
    faults = FaultList()
    held = list(claims)
    for hook, kind in CLAIMING.items():
        for plugin, items in faults.attempt(plugins.each, hook) or ():
            for item in items:
                faults.faults.extend(_complaints(plugins, plugin, item, kind))
                held.extend(_claims(plugin, item, kind))
    faults.faults.extend(check_clashes(held, plugins.source))
    faults.raise_any(PluginError)


def _claims(plugin: LoadedPlugin, item: Any, kind: str) -> Iterator[Claim]:
    if kind in ("reaction", "check", "filling"):  # its name need be unique in its plugin only
        yield Claim(plugin.name, kind, f"{plugin.name}.{item.name}")
    elif kind == "command":
        yield Claim(plugin.name, kind, command_name(item, plugin.name))
    else:
        yield Claim(plugin.name, kind, item.name)
    if isinstance(item, Resource):
        yield from (Claim(plugin.name, kind, f"{item.name}.{field}") for field in item.fields)


def command_name(command: Any, default: str) -> str:
    """Return the name of a Typer application or a command; `default` where it bears none."""
    name = getattr(getattr(command, "info", command), "name", None)
    return name if isinstance(name, str) and name else default


def _complaints(plugins: Plugins, plugin: LoadedPlugin, item: Any, kind: str) -> Iterator[Fault]:
    if kind == "table" and not re.match(rf"{plugin.name}__\w", item.name):
        yield _told(plugins, "plugins.table_name", plugin.name, item.name)
    if isinstance(item, Resource) and item.table is not None and item.reaches <= {Reach.ALL}:
        yield _told(plugins, "plugins.resource_reach", plugin.name, item.name)


def _told(plugins: Plugins, message: str, plugin: str, name: str) -> Fault:
    return Fault(None, None, name, plugins.source.translator.text(message, plugin=plugin, name=name))


def check_owners(config: Config, known: Iterable[str]) -> None:
    """Refuse settings that are written for a plugin which does not exist."""
    known = tuple(known)
    strangers = [name for name in settings_owners(config) if name not in known]
    faults = []
    for name in strangers:
        near = nearest(name, known)
        message = "plugins.settings_of_none_near" if near else "plugins.settings_of_none"
        faults.append(settings_fault(config, name, message, near=near))
    if faults:
        raise PluginError(faults)


def settings_owners(config: Config) -> Iterable[str]:
    """Return the names for which tables or variables hold settings."""
    return dict.fromkeys([*config.plugins.tables, *(one.path[1] for one in config.source.variables)])


def settings_fault(config: Config, name: str, message: str, **params: object) -> Fault:
    """Return a fault of all settings of a plugin, at its table or else at its first variable."""
    path = ("plugins", name)
    if name in config.plugins.tables:
        return config.source.fault(path, message, plugin=name, **params)
    variable = next(one for one in config.source.variables if one.path[:2] == path)
    return config.source.variable_fault(variable, path, message, plugin=name, **params)
