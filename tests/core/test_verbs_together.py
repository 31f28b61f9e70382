"""Two deeds at once on PostgreSQL: the second begins before the first commits, and both come out right."""

import time
from collections import UserDict
from collections.abc import Callable, ItemsView, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.engine import make_url

from linli import model as t
from linli import rollup
from linli.clock import now
from linli.counts import core_counts
from linli.database.postgresql import PostgresDatabase
from linli.deeds import Outcome
from linli.ids import split_public_id, uuid7
from linli.territory import place_row
from tests.core.worlds import World, faults
from tests.support.postgres import PostgresServer

PATIENCE = 60
Work = Callable[[Connection], Any]


class Shared:
    """A committed world, and a thread for whoever comes second."""

    def __init__(self, database: PostgresDatabase, ids: dict[str, str], pool: ThreadPoolExecutor) -> None:
        self.database = database
        self.ids = ids
        self.pool = pool

    def deed(self, verb: str, key: str | None = None, /, **data: Any) -> Work:
        """Return a deed of root's, to be done in some transaction."""
        named = {name: self.ids.get(value, value) for name, value in data.items()}
        return lambda connection: World(connection, self.ids).attempt("root", verb, named, key)

    def do(self, verb: str, **data: Any) -> str:
        outcome: Outcome = self.database._transaction(self.deed(verb, **data))
        assert outcome.ref is not None, outcome.refusals
        return f"{outcome.ref.type}_{outcome.ref.id}"

    def meet(self, first: Work, second: Work) -> tuple[Any, Any]:
        """Do both; the second starts after the first has written and before it commits."""
        with self.database.begin() as connection:
            earlier = first(connection)
            late = self.start(second)
        return earlier, late.result(PATIENCE)

    def start(self, work: Work) -> "Future[Any]":
        """Do work on the thread; return when it is done, or waits for somebody's lock."""
        future = self.pool.submit(self.database._transaction, work)
        until = time.monotonic() + PATIENCE
        while not future.done() and not self._somebody_waits():
            assert time.monotonic() < until, "the second neither ends nor waits for a lock"
            time.sleep(0.01)
        return future

    def _somebody_waits(self) -> bool:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        with self.database.begin() as connection:
            return bool(connection.execute(text(f"{waiting} AND datname = current_database()")).scalar_one())

    def check(self) -> None:
        with self.database.begin() as connection:
            assert not faults(connection)

    def row(self, node: str) -> Any:
        with self.database.begin() as connection:
            return World(connection, self.ids).row(node)


@pytest.fixture
def shared(postgres_server: PostgresServer, world_template: tuple[str, dict[str, str]]) -> Iterator[Shared]:
    name, ids = world_template
    with postgres_server.database(name) as url, ThreadPoolExecutor(1) as pool:
        database = PostgresDatabase(make_url(url), 4)
        yield Shared(database, ids, pool)
        database.engine.dispose()


def refused(outcome: Outcome) -> str:
    return outcome.refusals[0].key if outcome.refusals else ""


def a_dwelling(shared: Shared) -> Work:
    """Place a row by the one door of `path`, with no verb around it."""
    parts = split_public_id(shared.ids["n1"])
    assert parts is not None
    values = {"id": uuid7(), "building": "1", "room": "9", "valid_from": now()}
    values |= {"created_at": now(), "updated_at": now()}
    return lambda connection: place_row(connection, t.dwelling, parts[1], values)


def test_a_row_placed_during_a_move_stands_where_the_grid_goes(shared: Shared) -> None:
    shared.meet(shared.deed("moveGrid", grid="n1", to="south"), a_dwelling(shared))
    shared.check()


def test_a_move_waits_for_who_places_a_row(shared: Shared) -> None:
    shared.meet(a_dwelling(shared), shared.deed("moveGrid", grid="n1", to="south"))
    shared.check()


@pytest.mark.parametrize("verb", ["createResident", "moveResident", "addMembership", "appointPost"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_deed_beside_a_move_of_its_grid(shared: Shared, verb: str, order: int) -> None:
    data = {
        "createResident": {"grid": "n11", "name": "新"},
        "moveResident": {"resident": "north_li", "to": "n11"},
        "addMembership": {"member": "north_li", "joins": "north_team", "kind": "member"},
        "appointPost": {"resident": "north_li", "at": "n11", "kind": "unit_leader"},
    }
    deeds = [shared.deed("moveGrid", grid="n1", to="south"), shared.deed(verb, **data[verb])]
    outcomes = shared.meet(*deeds[::order])
    assert [refused(one) for one in outcomes] == ["", ""]
    shared.check()


@pytest.mark.parametrize("order", [1, -1])
def test_a_tie_beside_a_move_stands_where_its_person_stands(shared: Shared, order: int) -> None:
    join = shared.deed("addMembership", member="north_li", joins="north_team", kind="member")
    shared.meet(*[shared.deed("moveResident", resident="north_li", to="n2"), join][::order])
    li = shared.row("north_li")
    with shared.database.begin() as connection:
        ties = connection.execute(select(t.membership).where(t.membership.c.resident_id == li.id)).all()
    assert [tie.grid_id for tie in ties] == [li.grid_id]
    shared.check()


def test_a_household_is_not_closed_over_who_joins(shared: Shared) -> None:
    join = shared.deed("createResident", grid="n1", name="新", household="north_empty")
    close = shared.deed("closeHousehold", household="north_empty")
    assert refused(shared.meet(join, close)[1]) == "error.household_not_empty"


def test_nobody_joins_a_household_that_is_being_closed(shared: Shared) -> None:
    join = shared.deed("createResident", grid="n1", name="新", household="north_empty")
    close = shared.deed("closeHousehold", household="north_empty")
    assert refused(shared.meet(close, join)[1]) == "error.not_found"


def test_nobody_joins_a_branch_that_is_being_closed(shared: Shared) -> None:
    join = shared.deed("addMembership", member="north_li", joins="north_other", kind="full")
    close = shared.deed("closePartyBranch", partyBranch="north_other")
    assert refused(shared.meet(close, join)[1]) == "error.not_found"


def test_a_branch_made_during_a_move_comes_along(shared: Shared) -> None:
    move = shared.deed("movePartyBranch", partyBranch="north_committee", to="south_committee")
    new = {"grid": "north", "name": "b", "kind": "branch", "parent": "north_other"}
    _, made = shared.meet(move, shared.deed("createPartyBranch", **new))
    above, branch = shared.row("north_other"), shared.row(f"party_branch_{made.ref.id}")
    assert branch.tree_path == f"{above.tree_path}{branch.key}/"


def test_two_lines_of_organisations_make_no_circle(shared: Shared) -> None:
    firm = {"grid": "north", "kind": "enterprise"}
    below_team = shared.do("createOrganization", **firm, name="t", parent="north_team")
    below_firm = shared.do("createOrganization", **firm, name="f", parent="north_firm")
    _, second = shared.meet(
        shared.deed("updateOrganization", organization="north_team", version=1, parent=below_firm),
        shared.deed("updateOrganization", organization="north_firm", version=1, parent=below_team),
    )
    assert refused(second) == "error.organization_below_itself"


def test_two_branches_below_each_other_make_no_circle(shared: Shared) -> None:
    _, second = shared.meet(
        shared.deed("movePartyBranch", partyBranch="north_committee", to="south_branch"),
        shared.deed("movePartyBranch", partyBranch="south_committee", to="north_branch"),
    )
    assert refused(second) == "error.branch_below_itself"


def test_equal_keys_in_flight_do_the_deed_once(shared: Shared) -> None:
    same = shared.deed("createHousehold", "key", grid="n1", label="同一")
    first, second = shared.meet(same, same)
    assert (second.ref, second.replayed, first.replayed) == (first.ref, True, False)
    shared.check()


def test_who_counts_during_a_recount_is_counted_once(shared: Shared) -> None:
    newcomer = shared.deed("createResident", grid="n1", name="新")
    late: list[Future[Any]] = []

    class During(UserDict[str, Any]):
        """The statements of a recount; asking for them lets somebody in."""

        def items(self) -> ItemsView[str, Any]:
            late.append(shared.start(newcomer))
            return super().items()

    with shared.database.begin() as connection:
        rollup.recount(connection, During(core_counts()))
    assert late[0].result(PATIENCE).ref
    shared.check()
