"""What rows of plugins hang on, table by table, in the words of their rights; never by their SQL."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from tests.policies.evaluator import Ties, some, ties_of
from tests.policies.worlds import Row, World

People = Callable[[World, Row], frozenset[str]]


def all_ties(world: World, table: str, row: Row) -> Ties:
    """Say what a row of the core or of a plugin hangs on."""
    found = ties_of(world, table, row)
    people = PEOPLE.get(table)
    return replace(found, people=people(world, row)) if people else found


def _columns(*names: str) -> People:
    return lambda _, row: some(row[name] for name in names)


def _members(world: World, row: Row, network: str) -> frozenset[str]:
    """Who belongs to a network and has not left it."""
    there = (one for one in world.rows["neighbor_network__member"] if one["network_id"] == row[network])
    return some(one["resident_id"] for one in there if one["until"] is None)


def _convenor(world: World, row: Row) -> frozenset[str]:
    """Who convenes the network where a row stands, as long as the network is there."""
    network = world.by_id("neighbor_network__network", row["network_id"])
    return some([network["convenor_id"]]) if network and network["valid_to"] is None else some([])


def _of_network(world: World, row: Row) -> frozenset[str]:
    return _members(world, row, "id") | some([row["convenor_id"]])


def _of_matter(world: World, row: Row) -> frozenset[str]:
    return some([row["raised_by_id"]]) | _convenor(world, row)


def _of_step(world: World, row: Row) -> frozenset[str]:
    matter = world.by_id("neighbor_network__matter", row["matter_id"])
    return _of_matter(world, matter) if matter else some([])


def _of_member(world: World, row: Row) -> frozenset[str]:
    return some([row["resident_id"]]) | _convenor(world, row)


def _of_help(world: World, row: Row) -> frozenset[str]:
    both = some([row["resident_id"], row["answered_by_id"]])
    return both | _members(world, row, "network_id") | _convenor(world, row)


def _of_shift(world: World, row: Row) -> frozenset[str]:
    return some([row["resident_id"]]) | _members(world, row, "network_id") | _convenor(world, row)


PEOPLE: Final[Mapping[str, People]] = {
    "motto__motto": _columns("proposer_id"),
    "neighbor_network__network": _of_network,
    "neighbor_network__member": _of_member,
    "neighbor_network__matter": _of_matter,
    "neighbor_network__matter_step": _of_step,
    "neighbor_network__help": _of_help,
    "neighbor_network__shift": _of_shift,
}
