"""Finding plugins by their entry points; reading what they say of themselves before their code runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from linli.config.faults import PluginError
from linli.config.source import Source
from linli.plugins.failures import said
from linli.plugins.manifest import FILE, Manifest, read_manifest
from linli.rooms import Room

GROUP: Final = "linli.plugins"
ROOMS: Final = "linli.rooms"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry point of the group: the plugin's name, its package and the distribution that brings it."""

    name: str
    package: str
    distribution: str


@dataclass(frozen=True, slots=True)
class Found:
    """An installed plugin whose manifest has been read; `source` places faults in its plugin.toml."""

    candidate: Candidate
    folder: Path
    manifest: Manifest
    source: Source


def installed() -> Mapping[str, tuple[Candidate, ...]]:
    """Return every installed plugin by name; several candidates of one name are a clash."""
    found: dict[str, dict[Candidate, None]] = {}
    for entry in entry_points(group=GROUP):
        distribution = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "?"
        found.setdefault(entry.name, {})[Candidate(entry.name, entry.value, distribution)] = None
    return {name: tuple(candidates) for name, candidates in sorted(found.items())}


def installed_rooms() -> tuple[Room, ...]:
    """Return the rooms of this distribution above the core, by name."""
    found = {entry.name: entry for entry in entry_points(group=ROOMS)}
    return tuple(found[name].load() for name in sorted(found))


def find(candidate: Candidate, source: Source) -> Found:
    """Return the plugin behind an entry point; raises ConfigError with every fault of its manifest."""
    folder = _folder(candidate, source)
    manifest, document = read_manifest(folder, source.translator)
    names = {manifest.name, folder.name, candidate.name}
    if len(names) > 1:
        fault = document.source.fault(
            ("name",), "plugins.names_differ", name=manifest.name, folder=folder.name, entry=candidate.name
        )
        raise PluginError([fault])
    return Found(candidate, folder, manifest, document.source)


def _folder(candidate: Candidate, source: Source) -> Path:
    """Return the package's folder without running it; the packages around it do run."""
    try:
        spec = find_spec(candidate.package)
    except (Exception, SystemExit) as error:
        fault = source.fault((), "plugins.import_failed", plugin=candidate.name, error=said(error))
        raise PluginError([fault]) from error
    if spec is None or spec.origin is None or not spec.submodule_search_locations:
        fault = source.fault(
            (),
            "plugins.no_package",
            plugin=candidate.name,
            package=candidate.package,
            file=FILE,
            distribution=candidate.distribution,
        )
        raise PluginError([fault])
    return Path(spec.origin).parent
