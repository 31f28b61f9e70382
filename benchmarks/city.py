"""A made-up city of any size, written by COPY from generators: nothing but its grids is held in memory.

Every row is a function of the seed and of its number, so a table that refers to another one needs not look
at it: resident 17 has the same id, grid and path wherever it is spoken of.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from itertools import accumulate
from typing import Any, Final

from sqlalchemy import Connection, Table, func, select, text

from linli import model as t
from linli import rollup
from linli.counts import core_counts
from linli.demo.names import person_name, phone
from linli.importing.bulk import batches, bulk_writer
from linli.search import tokens
from linli.vault import mask_phone

AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
SINCE: Final = date(2024, 1, 1)
LEVELS: Final = ("city", "county", "town", "community", "grid", "micro_grid")
NAMES: Final = ("市", "区", "街道", "社区", "网格", "微网格")
BRANCHES: Final = ("committee", "committee", "working_committee", "general_branch", "branch", "group")
STATES: Final = ("draft", "open", "claimed", "running", "accepted")
CATEGORIES: Final = ("环境", "养老", "儿童", "安全", "文化", "民生")
KINDS: Final = ("volunteer_team", "informal_team", "owners_committee", "property_company", "enterprise")
NAME_POOL: Final = 20_000
LOT: Final = 20_000  # rows that are made while those before them are sent

Values = tuple[Any, ...]
Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Size:
    """How large a city is; `cells` are the numbers of grids by level, from the city to the micro-grids."""

    residents: int = 300_000
    organizations: int = 20_000
    projects: int = 50_000
    cells: tuple[int, ...] = (1, 8, 73, 1_200, 4_900, 51_000)

    @property
    def grids(self) -> int:
        return sum(self.cells)

    @property
    def memberships(self) -> int:
        return 2 * self.residents


@dataclass(frozen=True, slots=True)
class Cell:
    """A grid as other rows need it."""

    number: int
    id: str
    path: str
    code: str
    name: str
    level: int
    parent: int | None


def ident(kind: str, number: int) -> str:
    """Return the id of a row: a UUIDv7 whose time grows with its number."""
    chance = int.from_bytes(blake2b(f"{kind}{number}".encode(), digest_size=8).digest(), "big")
    value = (int(AT.timestamp() * 1000) + number // 1000) << 80 | 0x7 << 76 | (number % 1000 * 4) << 64
    digits = f"{value | 0x2 << 62 | chance >> 2:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class City:
    """The cells of a city and the rows that stand in them."""

    def __init__(self, size: Size, seed: int = 330_400) -> None:
        self.size = size
        self.seed = seed
        self.cells = list(_cells(size))
        self.by_level = [[one for one in self.cells if one.level == level] for level in range(len(LEVELS))]
        self._homes = self._shares()

    def level(self, name: str) -> Sequence[Cell]:
        return self.by_level[LEVELS.index(name)]

    def fill(self, connection: Connection, progress: Progress) -> None:
        """Write everything into an empty, migrated PostgreSQL, in the caller's transaction."""
        # Foreign keys hold by construction; checking each row would double the time.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table, columns, rows, constants in self._tables():
            with indexes_set_aside(connection, table), bulk_writer(connection) as writer:
                for lot in batches(rows, LOT):
                    writer.insert(table, columns, lot, constants)
            progress(table.name, connection.execute(select(func.count()).select_from(table)).scalar_one())
        rollup.recount(connection, {name: _grouped(one) for name, one in core_counts().items()})

    def _tables(self) -> Iterator[tuple[Table, tuple[str, ...], Iterator[Values], dict[str, Any]]]:
        made = {"created_at": AT, "updated_at": AT, "version": 1}
        node, place = made | {"valid_from": AT}, ("id", "grid_id", "path")
        grid = ("id", "key", "code", "name", "level", "parent_id", "path", "search")
        yield t.grid, grid, self.grid_rows(), node | {"code_scheme": "place", "spine": True}
        branch = (*place, "key", "name", "kind", "parent_id", "tree_path", "search")
        yield t.party_branch, branch, self.branch_rows(), node | {"relation": "leads"}
        organization = (*place, "name", "kind", "search")
        yield t.organization, organization, self.organization_rows(), node | {"registration": "filed"}
        resident = (*place, "name", "birth_date", "phone_masked", "phone_cipher", "phone_blind", "search")
        yield t.resident, resident, self.resident_rows(), node
        yield (
            t.residence,
            (*place, "resident_id"),
            self.residence_rows(),
            made | {"kind": "lives", "since": SINCE},
        )
        membership = (*place, "resident_id", "organization_id")
        yield t.membership, membership, self.membership_rows(), made | {"kind": "member", "since": SINCE}
        project = (*place, "name", "state", "category", "budget_fen", "organization_id", "search")
        yield t.project, project, self.project_rows(), node

    def grid_rows(self) -> Iterator[Values]:
        for one in self.cells:
            parent = None if one.parent is None else self.cells[one.parent].id
            key = one.number + 1
            yield one.id, key, one.code, one.name, LEVELS[one.level], parent, one.path, tokens(one.name)

    def branch_rows(self) -> Iterator[Values]:
        for one in self.cells:
            name = f"{one.name}党组织"
            parent = None if one.parent is None else ident("branch", one.parent)
            key = one.number + 1
            yield (
                ident("branch", one.number), one.id, one.path, key, name, BRANCHES[one.level], parent,
                one.path, tokens(name),
            )  # fmt: skip

    def organization_rows(self) -> Iterator[Values]:
        communities = self.level("community")
        for number in range(self.size.organizations):
            at = communities[number % len(communities)]
            name = f"{at.name}第{number // len(communities) + 1}组织"
            yield (
                ident("organization", number),
                at.id,
                at.path,
                name,
                KINDS[number % len(KINDS)],
                tokens(name),
            )

    def resident_rows(self) -> Iterator[Values]:
        generator = random.Random(self.seed)
        names = [(name, tokens(name)) for name in (person_name(generator) for _ in range(NAME_POOL))]
        for number, home in self._at_home():
            name, found = names[number * 7919 % NAME_POOL]
            telephone = phone(generator)
            blind = blake2b(telephone.encode(), digest_size=32)
            born = date.fromordinal(SINCE.toordinal() - 365 - number * 104729 % (90 * 365))
            cipher = blind.digest() + blind.digest()[:7]
            yield (
                ident("resident", number), home.id, home.path, name, born, mask_phone(telephone), cipher,
                blind.hexdigest(), found,
            )  # fmt: skip

    def residence_rows(self) -> Iterator[Values]:
        for number, home in self._at_home():
            yield ident("residence", number), home.id, home.path, ident("resident", number)

    def membership_rows(self) -> Iterator[Values]:
        """Residents have 0 to 4 memberships, 2 on average, in organisations of their community."""
        communities = len(self.level("community"))
        first = self.level("community")[0].number
        made = 0
        for number, home in self._at_home():
            community = self._above(home, "community").number - first
            for nth in range(number % 5):
                bodies = max(self.size.organizations // communities, 1)
                body = community + communities * ((number * 31 + nth * 5) % bodies)
                yield (
                    ident("membership", made),
                    home.id,
                    home.path,
                    ident("resident", number),
                    ident("organization", body),
                )
                made += 1

    def project_rows(self) -> Iterator[Values]:
        communities = self.level("community")
        bodies = max(self.size.organizations // len(communities), 1)
        for number in range(self.size.projects):
            place = number % len(communities)
            at = communities[place]
            category = CATEGORIES[number % len(CATEGORIES)]
            name = f"{at.name}{category}项目{number // len(communities) + 1}"
            body = ident("organization", place + len(communities) * (number // len(communities) % bodies))
            state = STATES[number % len(STATES)]
            yield (
                ident("project", number),
                at.id,
                at.path,
                name,
                state,
                category,
                number % 900 * 10_000,
                body,
                tokens(name),
            )

    def _above(self, cell: Cell, level: str) -> Cell:
        wanted = LEVELS.index(level)
        while cell.level > wanted and cell.parent is not None:
            cell = self.cells[cell.parent]
        return cell

    def _shares(self) -> list[int]:
        """How many residents live in each micro-grid: between none and thrice the average."""
        generator = random.Random(self.seed + 1)
        weights = [generator.randint(1, 6) for _ in self.level("micro_grid")]
        bounds = [self.size.residents * at // sum(weights) for at in accumulate(weights)]
        return [high - low for low, high in zip([0, *bounds], bounds, strict=False)]

    def _at_home(self) -> Iterator[tuple[int, Cell]]:
        number = 0
        for home, share in zip(self.level("micro_grid"), self._homes, strict=True):
            for _ in range(share):
                yield number, home
                number += 1


def _cells(size: Size) -> Iterator[Cell]:
    above: list[Cell] = []
    number = 0
    for level, count in enumerate(size.cells):
        row = []
        for nth in range(count):
            parent = above[nth * len(above) // count] if above else None
            path = f"{parent.path if parent else '/'}{number + 1}/"
            code = f"B{level}{nth + 1:06d}"
            name = f"{parent.name if parent and level == len(LEVELS) - 1 else '演示'}{nth + 1}{NAMES[level]}"
            row.append(
                Cell(
                    number, ident("grid", number), path, code, name, level, parent.number if parent else None
                )
            )
            number += 1
        yield from row
        above = row


def _grouped(rows: Any) -> Any:
    """Turn (path, 1) rows into (path, count), so that millions of rows are added up where they lie."""
    inner = rows.subquery()
    path, amount = inner.c
    return select(path, func.sum(amount)).group_by(path)


INDEXES = text(
    """
    SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid) FROM pg_index
    WHERE indrelid = CAST(:name AS regclass)
      AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
    """
)


@contextmanager
def indexes_set_aside(connection: Connection, table: Table) -> Iterator[None]:
    """Fill a table without its indexes and build them anew afterwards, which is several times faster."""
    parts = connection.execute(INDEXES, {"name": table.name}).all()
    for drop, _ in parts:
        connection.exec_driver_sql(drop)
    yield
    for _, create in parts:
        connection.exec_driver_sql(create)
