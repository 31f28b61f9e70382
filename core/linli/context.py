"""What a verb is given: one transaction, who asks, and the doors through which rows are read and changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, or_, select, update
from sqlalchemy.types import TypeEngine

from linli import rollup
from linli import territory as door
from linli.access.scope import ArmPath, covers, part_of, predicate
from linli.clock import now, today
from linli.database.together import Step, together
from linli.errors import Conflict, Forbidden, NotFound
from linli.ids import uuid7
from linli.model import consent, grid
from linli.plugins.contributions import RelationshipType
from linli.plugins.personal import ConsentPurpose
from linli.policy import Actor, Decision, Facts, Policy, Resource
from linli.traces.audit import AuditEntry, audit_step
from linli.traces.basis import Question, basis_of, question_of
from linli.traces.events import Place, event_step, fact
from linli.vault import Vault
from linli.verbs.inputs import NodeRef
from linli.workdays import NATIONAL, Calendar

REVEALS_PER_HOUR = 50
S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Context:
    """One deed in progress; `linli.deeds.perform` opens it, and its caller commits.

    Attributes:
        traces: the counts, events and audit rows of this deed; they are written together at its end.
        allowed: what the policy was asked and allowed so far, reading apart; the audit tells it.
        address: where the deed came from, as the server saw it.
    """

    connection: Connection = field(repr=False)
    actor: Actor
    policy: Policy = field(repr=False)
    vault: Vault = field(repr=False)
    relationship_types: Mapping[str, RelationshipType] = field(default_factory=dict, repr=False)
    request_id: str | None = None
    at: datetime = field(default_factory=now)
    plugin_settings: Mapping[type[BaseModel], BaseModel] = field(default_factory=dict, repr=False)
    calendar: Calendar = field(default=NATIONAL, repr=False)
    consents: Mapping[str, ConsentPurpose] = field(default_factory=dict, repr=False)
    reveals_per_hour: int = REVEALS_PER_HOUR
    traces: list[Step] = field(default_factory=list, repr=False)
    allowed: list[Question] = field(default_factory=list, repr=False)
    address: str | None = None

    def settings(self, model: type[S]) -> S:
        """Return the settings of the plugin whose `linli_settings` is `model`."""
        found = self.plugin_settings.get(model)
        if found is None:
            raise LookupError(f"no enabled plugin has the settings {model.__name__}")
        return cast("S", found)

    def consented(self, resident_id: str, purpose: str) -> bool:
        """Whether a person agrees, at this moment, to what a purpose of consent says now."""
        said = self.consents[purpose]
        c = consent.c
        in_force = (c.resident_id == resident_id) & (c.purpose == purpose) & c.valid_to.is_(None)
        given = select(c.id).where(in_force, c.terms == said.version)
        return self.connection.execute(given).first() is not None

    def decide(self, resource: str, action: str) -> Decision:
        """Return which rows of a resource the actor may act on."""
        return self.policy.decide(self.actor, resource, action)

    def require(self, resource: str, action: str, facts: Facts, *path: str) -> None:
        """Refuse unless the actor may `action` a row of which `facts` hold.

        Raises:
            Forbidden: the policy does not allow it; the refusal names `path` into the input.
        """
        decision = self.decide(resource, action)
        if not covers(decision, facts):
            raise Forbidden(f"{resource}:{action}", decision.reason, *path)
        self.allowed.append(Question(resource, action, facts))

    def require_one_of(self, ways: Sequence[tuple[str, str, Facts]], *path: str) -> None:
        """Refuse unless one of the ways (resource, action, facts) is open to the actor.

        For deeds that are done in several capacities, such as by who raised a matter or by staff.

        Raises:
            Forbidden: no way is open; the refusal is that of the first, and names `path` into the input.
        """
        if not any(covers(self.decide(resource, action), facts) for resource, action, facts in ways):
            self.require(*ways[0], *path)

    def require_at(
        self, resource: str, action: str, grid_id: str, *path: str, more: Facts | None = None
    ) -> Row[Any]:
        """Lock an open grid and refuse unless the actor may create or act there; return the grid's row.

        `more` holds what else is known of the row to come, such as the organisation it will belong to.

        Raises:
            NotFound: there is no such open grid, or the actor may not see it.
            Forbidden: the actor sees the grid and may not do this there.
        """
        place = self.connection.execute(door.LOCKED_GRID, {"at": grid_id}).one_or_none()
        if place is None:
            raise NotFound(*path)
        here = Facts(path=place.path, grid_id=place.id)
        try:
            self.require(resource, action, replace(more or here, path=place.path, grid_id=place.id), *path)
        except Forbidden:
            if covers(self.decide("grid", "read"), here):
                raise
            raise NotFound(*path) from None
        return place

    def load(
        self, resource: str, ref: NodeRef, action: str, *path: str, beside: str | None = None
    ) -> Row[Any]:
        """Return an open row that the actor may `action`, locked until the deed ends.

        The grid is locked before the row, as movers do, so that the two never wait for each other. A deed
        that needs a second grid names it as `beside`: the two are locked in the order of their ids.

        Raises:
            NotFound: there is no such open row, or the actor may not read it.
            Forbidden: the actor reads the row and may not do this to it.
        """
        table = self._table(resource)
        self._lock_places(table, ref.id, beside)
        row = self._allowed(resource, ref, action, lock=True)
        if row is not None:
            self.allowed.append(question_of(resource, action, row))
            return row
        if self._allowed(resource, ref, "read") is None:
            raise NotFound(*path)
        raise Forbidden(f"{resource}:{action}", self.decide(resource, action).reason, *path)

    def see(self, resource: str, ref: NodeRef, *path: str) -> Row[Any]:
        """Return an open row that the actor may read, for a deed that only refers to it.

        Raises:
            NotFound: there is no such open row, or the actor may not read it.
        """
        row = self._allowed(resource, ref, "read")
        if row is None:
            raise NotFound(*path)
        return row

    def place(self, resource: str, grid_id: str, values: dict[str, Any]) -> NodeRef:
        """Insert a new row of a scoped resource at a grid and return its reference."""
        row = {"id": uuid7(), "created_at": self.at, "updated_at": self.at} | values
        table = self._table(resource)
        if "valid_from" in table.c:
            row["valid_from"] = self.at
        door.place_row(self.connection, table, grid_id, row)
        return NodeRef(resource, str(row["id"]))

    def change(
        self, resource: str, row: Row[Any], values: dict[str, Any], version: int | None = None
    ) -> None:
        """Update a loaded row, one version on.

        Raises:
            Conflict: `version` is given and is not the row's.
        """
        if version is not None and version != row.version:
            raise Conflict
        table = self._table(resource)
        self.connection.execute(
            update(table)
            .where(table.c.id == row.id)
            .values({"version": row.version + 1, "updated_at": self.at} | values)
        )

    def move(self, resource: str, row: Row[Any], grid_id: str) -> None:
        """Give a loaded row another place; its path follows the grid's."""
        table = self._table(resource)
        door.relocate(self.connection, table, table.c.id == row.id, grid_id)

    def count(self, grid_id: str, metric: str, amount: int) -> None:
        """Count `amount` more of a metric at a grid and above."""
        if amount:
            self.traces.append(rollup.count_step(self.connection.dialect, grid_id, metric, amount))

    def record(
        self, topic: str, ref: NodeRef, place: Place | Row[Any], *, old_path: str | None = None, **data: Any
    ) -> None:
        """Write the fact that something happened, in this transaction; `place` is a scoped row or a grid."""
        happened = fact(self.actor, self.at, topic, ref, place)
        self.traces.append(event_step(replace(happened, old_path=old_path, data=data)))

    def audit(self, action: str, ref: NodeRef, grid_id: str | None, **detail: Any) -> None:
        """Write a sensitive action down; the detail holds ids and names of fields, never a personal value."""
        who, what, basis = self.actor, ref.type, basis_of(self.policy, self.actor, self.allowed)
        entry = AuditEntry(
            who,
            action,
            "done",
            what,
            what,
            ref.id,
            grid_id,
            request_id=self.request_id,
            detail=detail,
            basis=basis,
            address=self.address,
        )
        self.traces.append(audit_step(entry))

    def _table(self, resource: str) -> Table:
        table = self.policy.resources[resource].table
        if table is None:
            raise TypeError(f"resource {resource} has no table")
        return table

    def _lock_places(self, table: Table, row_id: str, beside: str | None) -> None:
        if "grid_id" not in table.c:
            return
        if beside is None:
            together(self.connection, [Step(door.locked_place(table), {"row": row_id})])
            return
        place = select(table.c.grid_id).where(table.c.id == row_id)
        wanted = grid.c.id.in_([self.connection.execute(place).scalar_one_or_none(), beside])
        places = select(grid.c.id).where(wanted).order_by(grid.c.id)
        self.connection.execute(places.with_for_update(read=True))

    def _allowed(self, resource: str, ref: NodeRef, action: str, *, lock: bool = False) -> Row[Any] | None:
        table = self._table(resource)
        decision = self.decide(resource, action)
        kept = _looking(_Look(table, self.policy.resources[resource], decision, lock))
        values = {name: part_of(decision, *of) for name, of in kept.parts.items()}
        named = {"row": ref.id, "today": today()} if "until" in table.c else {"row": ref.id}
        return self.connection.execute(kept.statement, named | values).one_or_none()


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What a statement that looks for an allowed row depends on: of the decision only its shape."""

    table: Table
    resource: Resource
    decision: Decision
    lock: bool

    @property
    def _key(self) -> tuple[object, ...]:
        return (self.table, id(self.resource), self.decision.shape, self.lock)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Look) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@dataclass(frozen=True, slots=True)
class _Kept:
    statement: Select[Any]
    parts: Mapping[str, tuple[ArmPath, str]]


@lru_cache(maxsize=256)
def _looking(look: _Look) -> _Kept:
    """Return the statement for one row of a shape of rights, and which part of a decision each name binds."""
    parts: dict[str, tuple[ArmPath, str]] = {}

    def bind(path: ArmPath, part: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
        name = "_".join(["right", *map(str, path), part])
        parts[name] = (path, part)
        return bindparam(name, type_=kind)

    c = look.table.c
    allowed = predicate(look.decision, look.resource, look.table, bind)
    statement: Select[Any] = select(look.table).where(c.id == bindparam("row", type_=c.id.type), allowed)
    if "valid_to" in c:
        statement = statement.where(c.valid_to.is_(None))
    if "until" in c:
        statement = statement.where(or_(c.until.is_(None), c.until > bindparam("today", type_=c.until.type)))
    return _Kept(statement.with_for_update(key_share=True) if look.lock else statement, parts)
