"""Names that only one plugin may have: two claims to one name stop the start and name both."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from linli.config.faults import Fault
from linli.config.source import Source


@dataclass(frozen=True, slots=True)
class Claim:
    """A plugin (or `core`) claims a name of a kind: `type`, `field`, `table`, `command` and so on."""

    plugin: str
    kind: str
    name: str


def core_claims() -> Iterator[Claim]:
    """Yield the names of resources and verbs that the core keeps; a plugin that takes one is told so."""
    # Both lead back here by way of the context, so they are imported when they are asked for.
    from linli.access.resources import CORE_RESOURCES  # noqa: PLC0415 - see above
    from linli.verbs import core_verbs  # noqa: PLC0415 - see above

    yield from (Claim("core", "resource", one.name) for one in CORE_RESOURCES)
    yield from (Claim("core", "verb", one.name) for one in core_verbs())


def check_clashes(claims: Iterable[Claim], source: Source) -> tuple[Fault, ...]:
    """Return one fault for each claim to a name that was claimed before; it names both plugins."""
    first: dict[tuple[str, str], str] = {}
    faults = []
    for claim in claims:
        owner = first.get((claim.kind, claim.name))
        if owner is None:
            first[claim.kind, claim.name] = claim.plugin
        else:
            faults.append(_fault(claim, owner, source))
    return tuple(faults)


def _fault(claim: Claim, owner: str, source: Source) -> Fault:
    message = "plugins.claimed_twice" if owner == claim.plugin else "plugins.clash"
    key = f"plugins.kind.{claim.kind}"
    kind = source.translator.text(key)
    kind = claim.kind if kind == key else kind
    sentence = source.translator.text(message, first=owner, second=claim.plugin, kind=kind, name=claim.name)
    return Fault(None, None, claim.name, sentence)
