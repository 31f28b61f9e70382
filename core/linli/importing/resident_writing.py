"""Checked entries written batch by batch; a batch that was written before changes nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, literal, select, update

from linli import model as t
from linli import rollup
from linli.clock import now, today
from linli.database.sql import any_of
from linli.ids import public_id
from linli.importing.bulk import Values, bulk_insert, new_ids
from linli.importing.entries import Entry
from linli.importing.resident_checks import import_key, known_keys
from linli.model.types import IdList, TextList
from linli.personal import ID_NUMBER, PHONE
from linli.policy import Actor
from linli.search import tokens
from linli.territory import common_ancestor
from linli.traces.events import fact, write_event
from linli.vault import Vault
from linli.verbs.inputs import NodeRef

HOUSEHOLD_COLUMNS: Final = ("id", "grid_id", "path", "label", "head_id", "search")
RESIDENT_COLUMNS: Final = (
    *("id", "grid_id", "path", "name", "search", "birth_date", "household_id", "import_key", "data_key"),
    *("phone_masked", "phone_cipher", "phone_blind"),
    *("id_number_masked", "id_number_cipher", "id_number_blind"),
)
RESIDENCE_COLUMNS: Final = ("id", "grid_id", "path", "resident_id")
Door = tuple[str, str]
"""Id of the grid, and label."""


class GridGone(Exception):  # noqa: N818 - a state, not a mistake
    """A grid was closed between the check and the writing."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry, the key by which it is recognised, and its personal values where they are sealed already."""

    entry: Entry
    key: str
    sealed: Values | None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An entry with the ids that its rows will have."""

    entry: Entry
    id: str
    key: str
    sealed: Values
    place: Row[Any]

    @property
    def door(self) -> Door | None:
        """The household that the person belongs to."""
        return (self.place.id, self.entry.household) if self.entry.household else None


@dataclass
class ResidentWriter:
    """Writes entries of one file, in transactions of the caller's."""

    vault: Vault
    actor: Actor
    at: datetime = field(default_factory=now)
    created: int = 0
    households: int = 0

    def prepare(self, batch: Sequence[Entry], *, seal: bool) -> list[Prepared]:
        """Do what needs no database; `seal` where most of a batch are new."""
        return [
            Prepared(entry, import_key(self.vault, entry), self._sealed(entry) if seal else None)
            for entry in batch
        ]

    def write(self, connection: Connection, batch: Sequence[Prepared]) -> None:
        """Write those of a batch that are not there yet.

        Raises:
            GridGone: one of the grids is not open any more.
        """
        places = _locked(connection, {one.entry.grid_code for one in batch})
        newcomers = self._newcomers(connection, batch, places)
        if not newcomers:
            return
        doors = self._households(connection, newcomers)
        fixed = {"created_at": self.at, "updated_at": self.at}
        people = (self._resident(one, doors) for one in newcomers)
        bulk_insert(connection, t.resident, RESIDENT_COLUMNS, people, fixed | {"valid_from": self.at})
        residences = (
            (id, one.place.id, one.place.path, one.id)
            for id, one in zip(new_ids(len(newcomers)), newcomers, strict=True)
        )
        lives = {"kind": "lives", "since": today()}
        bulk_insert(connection, t.residence, RESIDENCE_COLUMNS, residences, fixed | lives)
        self._report_duplicates(connection, newcomers)
        _count(connection, "resident", Counter(one.place.id for one in newcomers))
        self.created += len(newcomers)

    def _newcomers(
        self, connection: Connection, batch: Sequence[Prepared], places: Mapping[str, Row[Any]]
    ) -> list[Newcomer]:
        keys = {one.key: one for one in batch}
        there = known_keys(connection, keys)
        ids = new_ids(len(keys))
        return [
            Newcomer(
                one.entry, next(ids), key, one.sealed or self._sealed(one.entry), places[one.entry.grid_code]
            )
            for key, one in keys.items()
            if key not in there
        ]

    def _households(self, connection: Connection, newcomers: Sequence[Newcomer]) -> dict[Door, str]:
        """Return the households of the newcomers by grid and label, those made that are missing."""
        heads = {one.door: one.id for one in newcomers if one.door and one.entry.is_head}
        wanted = {one.door: one.place.path for one in newcomers if one.door}
        found = _existing(connection, wanted)
        for door, row in found.items():
            if row.head_id is None and door in heads:
                _set_head(connection, row, heads[door], self.at)
        missing = [door for door in wanted if door not in found]
        made = dict(zip(missing, new_ids(len(missing)), strict=True))
        rows = ((id, d[0], wanted[d], d[1], heads.get(d), tokens(d[1])) for d, id in made.items())
        fixed = {"kind": "family", "created_at": self.at, "updated_at": self.at, "valid_from": self.at}
        bulk_insert(connection, t.household, HOUSEHOLD_COLUMNS, rows, fixed)
        _count(connection, "household", Counter(grid_id for grid_id, _ in made))
        self.households += len(made)
        return {door: row.id for door, row in found.items()} | made

    def _resident(self, one: Newcomer, doors: Mapping[Door, str]) -> Values:
        entry = one.entry
        household = doors[one.door] if one.door else None
        head = (one.id, one.place.id, one.place.path, entry.name, tokens(entry.name), entry.birth_date)
        return (*head, household, one.key, *one.sealed)

    def _sealed(self, entry: Entry) -> Values:
        """Return a new person's key, and phone and ID number masked, encrypted, and as a blind index."""
        person = self.vault.new_person()

        phone = PHONE.values(self.vault, person.encrypt, entry.phone)
        number = ID_NUMBER.values(self.vault, person.encrypt, entry.id_number)
        return (person.wrapped, *phone.values(), *number.values())

    def _report_duplicates(self, connection: Connection, newcomers: Sequence[Newcomer]) -> None:
        """Tell the level above of persons known elsewhere; the importer does not learn of it."""
        numbered = [(n, n.entry.id_number) for n in newcomers if n.entry.id_number]
        blinds = {blind: n for n, number in numbered for blind in ID_NUMBER.blinds(self.vault, number)}
        c = t.resident.c
        same = select(c.id, c.path, c.id_number_blind).where(
            any_of(c.id_number_blind, literal(list(blinds), TextList())), c.valid_to.is_(None)
        )
        for other in connection.execute(same).all():
            one = blinds[other.id_number_blind]
            if other.id != one.id:
                above = common_ancestor(connection, one.place.path, other.path)
                ref = NodeRef("resident", one.id)
                record = fact(self.actor, self.at, "resident.duplicate_suspected", ref, above)
                write_event(connection, replace(record, data={"other": public_id("resident", other.id)}))


def _locked(connection: Connection, codes: set[str]) -> dict[str, Row[Any]]:
    """Return the grids by code, locked in the order of their ids so that none moves before the batch ends."""
    c = t.grid.c
    statement: Select[Any] = select(c.id, c.code, c.path).where(
        any_of(c.code, literal(sorted(codes), TextList())), c.valid_to.is_(None)
    )
    rows = connection.execute(statement.order_by(c.id).with_for_update(read=True)).all()
    if len(rows) < len(codes):
        raise GridGone
    return {row.code: row for row in rows}


def _existing(connection: Connection, wanted: Mapping[Door, str]) -> dict[Door, Row[Any]]:
    c = t.household.c
    statement: Select[Any] = select(c.id, c.grid_id, c.label, c.head_id).where(
        any_of(c.grid_id, literal(sorted({grid_id for grid_id, _ in wanted}), IdList())),
        any_of(c.label, literal(sorted({label for _, label in wanted}), TextList())),
        c.valid_to.is_(None),
    )
    found = connection.execute(statement.order_by(c.id.desc()))
    return {(row.grid_id, row.label): row for row in found if (row.grid_id, row.label) in wanted}


def _set_head(connection: Connection, household: Row[Any], head_id: str, at: datetime) -> None:
    h = t.household
    values = {"head_id": head_id, "updated_at": at, "version": h.c.version + 1}
    connection.execute(update(h).where(h.c.id == household.id).values(values))


def _count(connection: Connection, metric: str, by_grid: Mapping[str, int]) -> None:
    for grid_id in sorted(by_grid):
        rollup.add(connection, grid_id, metric, by_grid[grid_id])
