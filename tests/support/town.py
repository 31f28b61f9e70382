"""A small territory to write into, with as many accounts as a test wants.

City > the towns east and west > a community each (`e`, `w`) and the community `m`, which is in the east at
first and can be moved; every community has two grids (`e1`, `e2` …), and `m1` has the micro-grid `m11`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection

from linli.access.actors import create_token
from linli.commands.users import insert_account, insert_role
from linli.database.database import open_database
from linli.database.migrate import CORE_LINE, migrate
from linli.ids import public_id
from tests.core.worlds import grid_row

LEVELS: Final = ("city", "town", "community", "grid", "micro_grid")
CELLS: Final = {
    "city": {
        "east": {"e": {"e1": {}, "e2": {}}, "m": {"m1": {"m11": {}}, "m2": {}}},
        "west": {"w": {"w1": {}, "w2": {}}},
    }
}


@dataclass(frozen=True)
class Town:
    """Public ids of its grids by name; tokens of its accounts: `admins` at the city, `workers` at `m`."""

    url: str
    grids: Mapping[str, str]
    admins: tuple[str, ...] = field(repr=False)
    workers: tuple[str, ...] = field(repr=False)

    @property
    def places(self) -> list[str]:
        """The grids where people live: they have none below, or are a grid of the spine."""
        return sorted(name for name in self.grids if name[-1].isdigit())


def settle(url: str, *, admins: int, workers: int) -> Town:
    """Migrate an empty database and settle it."""
    database = open_database(url)
    try:
        migrate(database, [CORE_LINE])
        with database.begin() as connection:
            grids: dict[str, Any] = {}
            _found(connection, grids, CELLS, None, 0)
            at_city = [_token(connection, f"admin{n}", "city_admin", grids["city"]) for n in range(admins)]
            at_m = [_token(connection, f"worker{n}", "community_worker", grids["m"]) for n in range(workers)]
        ids = {name: public_id("grid", row.id) for name, row in grids.items()}
        return Town(url, ids, tuple(at_city), tuple(at_m))
    finally:
        database.engine.dispose()


def _found(
    connection: Connection, grids: dict[str, Any], cells: Mapping[str, Any], above: Any, depth: int
) -> None:
    for name, below in cells.items():
        grids[name] = grid_row(connection, len(grids) + 1, name, LEVELS[depth], above)
        _found(connection, grids, below, grids[name], depth + 1)


def _token(connection: Connection, name: str, role: str, grid: Any) -> str:
    account = insert_account(connection, name, name)
    insert_role(connection, account, role, grid)
    return create_token(connection, account, "test", 10)
