"""Which plugins run, and in which order: enabled names and all that they require."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from packaging.version import Version

from linli.config.faults import Fault, FaultList, PluginError, nearest
from linli.config.lines import KeyPath
from linli.config.source import Source
from linli.plugins.discovery import Candidate, Found, find

ENABLED: KeyPath = ("plugins", "enabled")


def resolve(
    enabled: Iterable[str],
    candidates: Mapping[str, tuple[Candidate, ...]],
    core: Version,
    source: Source,
    faults: FaultList,
) -> tuple[tuple[Found, ...], frozenset[str]]:
    """Return the plugins found, each after those that it requires, and the names of those unfit to run.

    What an enabled plugin requires is enabled with it.
    """
    found: dict[str, Found | None] = {}
    waiting = [_Ask(name, source, (*ENABLED, index), None) for index, name in enumerate(enabled)]
    for ask in waiting:  # grows while it is walked
        if ask.name not in candidates:
            faults.add(ask.missing(candidates))
        elif ask.name not in found:
            plugin = found[ask.name] = faults.attempt(_find, ask, candidates[ask.name])
            waiting += _asks_of(plugin) if plugin else ()
    plugins = {name: plugin for name, plugin in found.items() if plugin is not None}
    unfit = {name for name, plugin in plugins.items() if not _fits(plugin, plugins, core, faults)}
    order = _ordered(plugins, faults)
    return tuple(plugins[name] for name in order), frozenset(unfit)


@dataclass(frozen=True, slots=True)
class _Ask:
    """A wish for a plugin: where it stands, and the plugin that wants it; None is the configuration."""

    name: str
    source: Source
    path: KeyPath
    by: str | None

    def missing(self, known: Iterable[str]) -> Fault:
        near = nearest(self.name, known)
        if self.by is None:
            message = "plugins.missing_near" if near else "plugins.missing"
        else:
            message = "plugins.missing_required_near" if near else "plugins.missing_required"
        return self.fault(message, plugin=self.by, near=near)

    def fault(self, message: str, **params: object) -> Fault:
        return self.source.fault(self.path, message, name=self.name, **params)


def _asks_of(plugin: Found) -> Iterator[_Ask]:
    for index, need in enumerate(plugin.manifest.requires):
        yield _Ask(need.name, plugin.source, ("requires", index), plugin.manifest.name)


def _find(ask: _Ask, several: tuple[Candidate, ...]) -> Found:
    if len(several) > 1:
        distributions = ", ".join(one.distribution for one in several)
        raise PluginError([ask.fault("plugins.two_distributions", distributions=distributions)])
    return find(several[0], ask.source)


def _fits(plugin: Found, plugins: Mapping[str, Found], core: Version, faults: FaultList) -> bool:
    """Say whether core and required plugins have versions in the ranges that the plugin asks for."""
    manifest, before = plugin.manifest, len(faults.faults)
    if not manifest.core.contains(core, prereleases=True):
        faults.add(
            plugin.source.fault(
                ("core",),
                "plugins.core_range",
                plugin=manifest.name,
                version=manifest.version,
                range=manifest.core,
                core=core,
            )
        )
    for index, requirement in enumerate(manifest.requires):
        other = plugins.get(requirement.name)
        if other and not requirement.range.contains(other.manifest.version, prereleases=True):
            faults.add(
                plugin.source.fault(
                    ("requires", index),
                    "plugins.required_range",
                    plugin=manifest.name,
                    requirement=requirement,
                    other=other.manifest.name,
                    version=other.manifest.version,
                )
            )
    return len(faults.faults) == before


def _ordered(plugins: Mapping[str, Found], faults: FaultList) -> tuple[str, ...]:
    """Return names in order; each cycle is told once and its plugins are left out."""
    graph = {
        name: [one.name for one in plugin.manifest.requires if one.name in plugins]
        for name, plugin in plugins.items()
    }
    while True:
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            ring = error.args[1]
            told = plugins[ring[0]].source.fault(
                ("requires",), "plugins.cycle", ring=" → ".join(reversed(ring))
            )
            faults.add(told)
            graph = {
                name: [one for one in needs if one not in ring]
                for name, needs in graph.items()
                if name not in ring
            }
