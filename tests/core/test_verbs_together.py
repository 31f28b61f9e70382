"""Deeds of several connections at once on PostgreSQL: nothing stands astray, nothing happens twice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from linli import model as t
from linli import rollup
from linli.counts import core_counts
from linli.database.postgresql import PostgresDatabase
from linli.deeds import Outcome
from tests.core.worlds import World, faults
from tests.support.postgres import PostgresServer

PATIENCE = 60


Shared = tuple[PostgresDatabase, dict[str, str]]


@pytest.fixture
def shared(postgres_server: PostgresServer, world_template: tuple[str, dict[str, str]]) -> Iterator[Shared]:
    """A database of this test's own with a committed world."""
    name, ids = world_template
    with postgres_server.database(name) as url:
        database = PostgresDatabase(make_url(url), 6)
        yield database, ids
        database.engine.dispose()


def deed(shared: Shared, verb: str, **data: object) -> Outcome:
    """Do a deed of root's in a transaction of its own, again if it lost its place."""
    database, ids = shared
    named = {name: ids.get(str(value), value) for name, value in data.items()}
    key = named.pop("key", None)
    return database._transaction(
        lambda connection: World(connection, ids).attempt("root", verb, named, str(key) if key else None)
    )


def at_once(*work: Callable[[], object]) -> list[object]:
    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result(PATIENCE) for future in [pool.submit(one) for one in work]]


def test_who_writes_beside_a_move_writes_to_the_right_place(shared: Shared) -> None:
    database, ids = shared

    def move() -> None:
        for target in ("south", "north", "south", "north", "south"):
            assert deed(shared, "moveGrid", grid="n1", to=target).ref
            with database.begin() as connection:
                rollup.fold(connection)

    def write() -> None:
        for _ in range(12):
            made = deed(shared, "createResident", grid="n11", name="新")
            assert made.ref
            assert deed(shared, "moveResident", resident=f"resident_{made.ref.id}", to="n1").ref

    at_once(move, write, write)
    with database.begin() as connection:
        assert not faults(connection)
        world = World(connection, ids)
        assert (world.count("north", "resident"), world.count("south", "resident")) == (0, 28)


def test_a_tie_beside_a_move_stands_where_its_person_stands(shared: Shared) -> None:
    database, ids = shared

    def move() -> None:
        for target in ("n2", "n1", "n3", "n1", "n2"):
            assert deed(shared, "moveResident", resident="north_li", to=target).ref

    def join() -> None:
        for _ in range(6):
            made = deed(shared, "addMembership", member="north_li", joins="north_team", kind="member")
            assert made.ref
            assert deed(shared, "endMembership", membership=f"membership_{made.ref.id}").ref

    at_once(move, join)
    assert deed(shared, "addMembership", member="north_li", joins="north_team", kind="member").ref
    with database.begin() as connection:
        assert not faults(connection)
        li = World(connection, ids).row("north_li")
        open_ties = (t.membership.c.resident_id == li.id) & t.membership.c.until.is_(None)
        assert {tie.grid_id for tie in connection.execute(select(t.membership).where(open_ties))} == {
            li.grid_id
        }


def test_two_branches_that_move_below_each_other_make_no_circle(shared: Shared) -> None:
    database, _ = shared
    outcomes = at_once(
        lambda: deed(shared, "movePartyBranch", partyBranch="north_committee", to="south_committee"),
        lambda: deed(shared, "movePartyBranch", partyBranch="south_committee", to="north_committee"),
    )
    refused = [one.refusals[0].key for one in outcomes if isinstance(one, Outcome) and one.refusals]
    assert refused == ["error.branch_below_itself"]
    with database.begin() as connection:
        circles = "SELECT count(*) FROM core_party_branch WHERE tree_path NOT LIKE '%/' || key || '/'"
        assert connection.execute(text(circles)).scalar_one() == 0


def test_equal_keys_in_flight_do_the_deed_once(shared: Shared) -> None:
    database, ids = shared
    data = {"grid": "n1", "label": "同一", "key": "same"}
    outcomes = at_once(*[lambda: deed(shared, "createHousehold", **data)] * 4)
    done = {one.ref for one in outcomes if isinstance(one, Outcome) and one.ref}
    late = {one.refusals[0].code for one in outcomes if isinstance(one, Outcome) and one.refusals}
    assert (len(done), late <= {"CONFLICT"}) == (1, True)
    again = deed(shared, "createHousehold", **data)
    assert (again.replayed, again.ref in done) == (True, True)
    with database.begin() as connection:
        assert World(connection, ids).count("n1", "household") == 3
        assert not faults(connection)


def test_a_recount_beside_writers_comes_out_right(shared: Shared) -> None:
    database, _ = shared

    def recount() -> None:
        for _ in range(4):
            database._transaction(lambda connection: rollup.recount(connection, dict(core_counts())))

    def write() -> None:
        for _ in range(12):
            assert deed(shared, "createResident", grid="n11", name="新").ref

    at_once(recount, write, write)
    with database.begin() as connection:
        assert not faults(connection)


def test_a_household_is_not_closed_while_somebody_joins(shared: Shared) -> None:
    database, _ = shared
    for _ in range(3):
        made = deed(shared, "createHousehold", grid="n1", label="x")
        assert made.ref
        household = f"household_{made.ref.id}"
        at_once(
            partial(deed, shared, "createResident", grid="n1", name="新", household=household),
            partial(deed, shared, "closeHousehold", household=household),
        )
    with database.begin() as connection:
        members = select(t.resident).join(t.household, t.household.c.id == t.resident.c.household_id)
        astray = members.where(t.resident.c.valid_to.is_(None), t.household.c.valid_to.is_not(None))
        assert not connection.execute(astray).all()
