"""What policies know of the plugin's rows.

The reach *self* carries a row to its people: the members of a network, who raised a matter, who convenes the
network where it stands. Where only one of them may do something, a second resource over the same table names
that one: `own_matter` is the matter for who raised it, `convened_network` the network for who convenes it.
"""

from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, Table, select, union_all

from linli.policy import Resource, Through

from .models import help_, matter, matter_step, member, network, shift, space

KEPT: Final = frozenset({"read", "create", "update", "close"})


def _people(*pairs: Select[Any]) -> Through:
    """A row's people are those of all the pairs (row_id, person_id)."""
    tie = union_all(*pairs).subquery()
    return Through(cast("Any", tie.c.row_id), cast("Any", tie.c.person_id))


def _pair(row_id: ColumnElement[Any], person_id: ColumnElement[Any]) -> Select[Any]:
    return select(row_id.label("row_id"), person_id.label("person_id"))


def _named(column: ColumnElement[Any], table: Table) -> Select[Any]:
    return _pair(table.c.id, column)


def _members(table: Table) -> Select[Any]:
    """The members of the network where a row stands."""
    joined = table.join(member, member.c.network_id == table.c.network_id)
    return _pair(table.c.id, member.c.resident_id).select_from(joined).where(member.c.until.is_(None))


def _convenor(table: Table) -> Select[Any]:
    """The convenor of the network where a row stands."""
    joined = table.join(network, network.c.id == table.c.network_id)
    return _pair(table.c.id, network.c.convenor_id).select_from(joined).where(network.c.valid_to.is_(None))


OF_NETWORK: Final = _people(
    _pair(member.c.network_id, member.c.resident_id).where(member.c.until.is_(None)),
    _named(network.c.convenor_id, network),
)
OF_MATTER: Final = _people(_named(matter.c.raised_by_id, matter), _convenor(matter))
_OF_STEPS: Final = matter_step.join(matter, matter.c.id == matter_step.c.matter_id)
OF_STEP: Final = _people(
    _pair(matter_step.c.id, matter.c.raised_by_id).select_from(_OF_STEPS),
    _pair(matter_step.c.id, network.c.convenor_id)
    .select_from(_OF_STEPS.join(network, network.c.id == matter.c.network_id))
    .where(network.c.valid_to.is_(None)),
)
OF_HELP: Final = _people(
    _named(help_.c.resident_id, help_),
    _named(help_.c.answered_by_id, help_),
    _members(help_),
    _convenor(help_),
)


def _resource(name: str, table: Table, people: Through | None, *actions: str) -> Resource:
    path, grid = table.c.path, table.c.grid_id
    return Resource(name, table, path=path, grid=grid, resident=people, actions=frozenset(actions))


RESOURCES: Final = (
    _resource("network", network, OF_NETWORK, *KEPT, "contact", "join", "raise", "help", "plan"),
    Resource(
        "convened_network",
        network,
        resident=network.c.convenor_id,
        actions=frozenset({"handle", "plan"}),
    ),
    _resource(
        "network_member",
        member,
        _people(_named(member.c.resident_id, member), _convenor(member)),
        *("read", "create", "close"),
    ),
    _resource("neighbor_space", space, None, *KEPT),
    _resource("matter", matter, OF_MATTER, "read", "create", "handle", "close"),
    Resource("own_matter", matter, resident=matter.c.raised_by_id, actions=frozenset({"close"})),
    _resource("matter_step", matter_step, OF_STEP, "read"),
    _resource("mutual_help", help_, OF_HELP, "read", "create", "take", "close"),
    Resource("own_help", help_, resident=help_.c.resident_id, actions=frozenset({"finish", "withdraw"})),
    _resource(
        "rota_shift",
        shift,
        _people(_named(shift.c.resident_id, shift), _members(shift), _convenor(shift)),
        *("read", "update"),
    ),
    Resource("own_shift", shift, resident=shift.c.resident_id, actions=frozenset({"update"})),
)
