"""Rights and places that change while a deed waits for its lock; on PostgreSQL, where deeds overlap."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, Row, event, select
from sqlalchemy.engine import make_url

from linli import model as t
from linli.access.actors import load_actor
from linli.access.scope import covers
from linli.database.postgresql import PostgresDatabase
from linli.deeds import Outcome
from linli.policy import Facts
from tests.core.test_verbs_together import PATIENCE, Shared, refused
from tests.core.worlds import World, account_row
from tests.support.postgres import PostgresServer


@pytest.fixture
def pair(postgres_server: PostgresServer, world_template: tuple[str, dict[str, str]]) -> Iterator[Shared]:
    """A committed world with the account `n1_admin`, who holds its role at the grid n1."""
    name, ids = world_template
    with postgres_server.database(name) as url, ThreadPoolExecutor(1) as pool:
        database = PostgresDatabase(make_url(url), 4)
        with database.begin() as connection:
            account_row(connection, "n1_admin", "admin", World(connection, ids).row("n1"))
        yield Shared(database, ids, pool)
        database.engine.dispose()


def test_rights_go_along_with_a_grid_that_moves_while_the_deed_waits(pair: Shared) -> None:
    def enter(connection: Connection) -> Outcome:
        data = {"grid": pair.ids["n11"], "name": "新"}
        return World(connection, pair.ids).attempt("n1_admin", "createResident", data)

    _, entered = pair.meet(pair.deed("moveGrid", grid="n1", to="south"), enter)
    assert refused(entered) == ""
    pair.check()
    with pair.database.begin() as connection:
        told = select(t.audit.c.id).where(t.audit.c.outcome == "refused")
        assert not connection.execute(told).all()


def test_rights_that_end_while_the_deed_waits_are_gone(pair: Shared) -> None:
    def enter(connection: Connection) -> Outcome:
        data = {"resident": pair.ids["north_wang"], "version": 1, "name": "新"}
        return World(connection, pair.ids).attempt("north_admin", "updateResident", data)

    _, entered = pair.meet(pair.deed("moveResident", resident="north_wang", to="s1"), enter)
    assert refused(entered) == "error.not_found"


def test_an_actor_is_never_newer_by_its_epoch_than_by_its_rights(pair: Shared) -> None:
    """A move is committed between the statements that load an actor: what is loaded then counts as stale."""
    moved: list[str] = []

    def move(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "FROM core_assignment" in statement and not moved:
            moved.append(pair.do("moveGrid", grid="n1", to="south"))

    with pair.database.begin() as connection:
        account = select(t.account.c.id).where(t.account.c.name == "n1_admin")
        ident = connection.execute(account).scalar_one()
        event.listen(connection, "after_cursor_execute", move)
        actor = load_actor(connection, ident)
        event.remove(connection, "after_cursor_execute", move)
        assert (actor is not None, len(moved)) == (True, 1)
        assert actor is not None
        place = World(connection, pair.ids).row("n1")
        allowed = World(connection, pair.ids).deeds.policy.decide(actor, "resident", "create")
        current = connection.execute(select(t.policy_epoch.c.epoch)).scalar_one()
    assert not covers(allowed, Facts(path=place.path, grid_id=place.id)), "the rights are those of before"
    assert actor.epoch < current


def test_a_deed_takes_two_grids_in_the_order_of_movers(pair: Shared) -> None:
    """It waits for the first without holding the second, so that it and a mover never wait for each other."""
    first, second = sorted((pair.row("n1"), pair.row("s1")), key=lambda row: row.id)
    person = pair.do("createResident", grid=f"grid_{second.id}", name="新")
    move = pair.deed("moveResident", resident=person, to=f"grid_{first.id}")
    with pair.database.begin() as connection:
        _take(connection, first, nowait=False)
        late = pair.start(move)
        assert not late.done()
        _take(connection, second, nowait=True)
    assert refused(late.result(PATIENCE)) == ""


def _take(connection: Connection, grid: Row[tuple[object, ...]], *, nowait: bool) -> None:
    connection.execute(select(t.grid.c.id).where(t.grid.c.id == grid.id).with_for_update(nowait=nowait))
