"""What the deeds have in common: the network, its kind, the person in whose name something is done."""

from collections.abc import Iterable
from typing import Annotated, Any, Final

from sqlalchemy import Row, select

from linli.context import Context
from linli.errors import Conflict, Invalid
from linli.policy import Facts
from linli.verbs.inputs import NodeRef, ref_to
from linli_plugins.neighbor_network.models import member, network
from linli_plugins.neighbor_network.settings import NeighborNetworkSettings, NetworkKind, Term

NetworkRef = Annotated[NodeRef, *ref_to("network")]
MemberRef = Annotated[NodeRef, *ref_to("network_member")]
MatterRef = Annotated[NodeRef, *ref_to("matter")]

NETWORKS: Final = "neighbor_network__network"
MATTERS: Final = "neighbor_network__matter"


def kind_of(ctx: Context, name: str, *path: str) -> NetworkKind:
    """Return a kind by its name; one that the place does not know is refused."""
    settings = ctx.settings(NeighborNetworkSettings)
    kind = settings.kind(name)
    if kind is None:
        known = ", ".join(one.name for one in settings.kinds)
        raise Invalid("neighbor_network.no_kind", *path, kind=name, known=known)
    return kind


def known(words: Iterable[str], terms: Iterable[Term], path: str) -> list[str]:
    """Return the words, each once, if the kind has terms of those names."""
    names = [term.name for term in terms]
    chosen = list(dict.fromkeys(words))
    for word in chosen:
        if word not in names:
            listed = ", ".join(names) or "-"
            raise Invalid("neighbor_network.no_term", path, word=word, known=listed)
    return chosen


def network_row(ctx: Context, network_id: str, *, lock: bool = False) -> Row[Any]:
    """Return the row of a network, open or closed; locked, it is not closed before this deed ends."""
    found = select(network).where(network.c.id == network_id)
    return ctx.connection.execute(found.with_for_update(key_share=True) if lock else found).one()


def stands_above(above: Row[Any], path: str) -> bool:
    """Whether a network is open and stands at a place or above it; a move of grids can part two networks."""
    return above.valid_to is None and path.startswith(above.path)


def is_member(ctx: Context, network_id: str, resident_id: str) -> bool:
    """Whether a person is a member of a network today."""
    m = member.c
    lasting = select(m.id).where(m.network_id == network_id, m.resident_id == resident_id, m.until.is_(None))
    return ctx.connection.execute(lasting).first() is not None


def in_the_name_of(
    ctx: Context, at: NodeRef, resident: NodeRef | None, own: str, resource: str
) -> tuple[Row[Any], str]:
    """Return the network, locked, and the person for whom something is done there.

    For oneself the network must be open to the action `own`. In the name of somebody else it is done by who
    may create rows of `resource` there, and can see the person.
    """
    me = ctx.actor.resident_id
    if resident is None or resident.id == me:
        if me is None:
            ctx.load("network", at, "read", "network")
            raise Invalid("neighbor_network.no_person", "resident")
        return ctx.load("network", at, own, "network"), me
    row = ctx.load("network", at, "read", "network")
    ctx.require(resource, "create", Facts(path=row.path, grid_id=row.grid_id), "network")
    return row, str(ctx.see("resident", resident, "resident").id)


def way(row: Row[Any], resource: str, action: str, person: str | None = None) -> tuple[str, str, Facts]:
    """A way for `ctx.require_one_of`: at the place of a row, or only for one person there."""
    people = frozenset({person} if person is not None else ())
    return resource, action, Facts(path=row.path, grid_id=row.grid_id, resident_ids=people)


def check_version(row: Row[Any], version: int | None) -> None:
    """Refuse a stale version before anything else is said of a row that has changed meanwhile."""
    if version is not None and version != row.version:
        raise Conflict
