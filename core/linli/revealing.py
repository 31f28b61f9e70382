"""Clear text of personal values: with a purpose, within a quota, and never without a trace."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Column, Row, Select, Table, bindparam, insert, select

from linli import model as t
from linli.access.scope import literal_bind, predicate
from linli.clock import now
from linli.context import Context
from linli.database.together import Step
from linli.errors import Forbidden, NotFound, QuotaExceeded
from linli.ids import uuid7
from linli.policy import Decision
from linli.territory import ancestor_keys
from linli.traces.events import event_step, fact
from linli.vault import Vault
from linli.verbs.inputs import NodeRef

HOUR: Final = timedelta(hours=1)
QUOTA_TOPIC: Final = "security.reveal_quota"
NOTE = insert(t.data_access).values({column.name: bindparam(column.name) for column in t.data_access.c})


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody asks to see in clear text: fields of nodes of one resource, and why."""

    resource: str
    nodes: Sequence[NodeRef]
    fields: Sequence[str]
    purpose: str

    @property
    def permissions(self) -> list[str]:
        """What must be allowed on each node, beside reading it: to reveal each field."""
        return [f"{self.resource}.{name}" for name in self.fields]


@dataclass(frozen=True, slots=True)
class Shown:
    """A value in clear text; None where there is none."""

    node: NodeRef
    field: str
    value: str | None


def reveal(ctx: Context, look: Look, *path: str) -> list[Shown]:
    """Return every field of every node in clear text, in the order asked; all of them or none.

    A row is written for each person, who can see it. `path` is where refusals point in the input.

    Raises:
        NotFound: a node is not there, or the actor may not read it.
        Forbidden: the actor may not reveal a field of a node.
        QuotaExceeded: within an hour the actor would have looked at more people than is allowed.
    """
    nodes = list(dict.fromkeys(look.nodes))
    rows = _judged(ctx, look, nodes, path)
    _spend(ctx, rows, path)
    ctx.traces.extend(_noted(ctx, row, look) for row in rows)
    pairs = zip(nodes, rows, strict=True)
    return [Shown(ref, name, _clear(ctx.vault, row, name)) for ref, row in pairs for name in look.fields]


def _judged(ctx: Context, look: Look, nodes: Sequence[NodeRef], path: tuple[str, ...]) -> list[Row[Any]]:
    """Return the nodes' rows in their order, each with its person and what is allowed on it."""
    rights = [ctx.decide(look.resource, "read"), *(ctx.decide(one, "reveal") for one in look.permissions)]
    asked = [ref.id for ref in nodes if ref.type == look.resource]
    found = {row.id: row for row in ctx.connection.execute(_rows_of(ctx, look.resource, rights, asked))}
    for index, ref in enumerate(nodes):
        if ref.id not in found or not found[ref.id].may_0:
            raise NotFound(*path, str(index))
        for number, right in enumerate(rights[1:], 1):
            if not getattr(found[ref.id], f"may_{number}"):
                raise Forbidden(f"{right.resource}:reveal", right.reason, *path, str(index))
    return [found[ref.id] for ref in nodes]


def _rows_of(ctx: Context, name: str, rights: Sequence[Decision], ids: list[str]) -> Select[Any]:
    resource, whose = ctx.policy.resources[name], t.resident.alias()
    table, person = resource.table, resource.resident
    if not isinstance(table, Table) or not isinstance(person, Column):
        raise TypeError(f"rows of {name} do not say whose they are")
    allowed = [
        predicate(right, resource, table, literal_bind(right)).label(f"may_{number}")
        for number, right in enumerate(rights)
    ]
    of = {"key": whose.c.data_key, "id": whose.c.id, "grid": whose.c.grid_id, "path": whose.c.path}
    named = [column.label(f"person_{one}") for one, column in of.items()]
    statement = select(table, *named, *allowed).join(whose, whose.c.id == table.c[person.key])
    statement = statement.where(table.c.id.in_(ids))
    return statement.where(table.c.valid_to.is_(None)) if "valid_to" in table.c else statement


def _spend(ctx: Context, rows: Sequence[Row[Any]], path: tuple[str, ...]) -> None:
    """Refuse what exceeds the quota; the account is locked, so that looks at the same time count."""
    account, most = ctx.actor.account_id, ctx.reveals_per_hour
    mine = select(t.account.c.id).where(t.account.c.id == account).with_for_update(key_share=True)
    ctx.connection.execute(mine)
    a = t.data_access.c
    lately = select(a.at).where(a.account_id == account, a.at > now() - HOUR).order_by(a.at)
    times = list(ctx.connection.execute(lately).scalars())
    over = len(times) + len(rows) - most
    if over <= 0:
        return
    told = _told_above(ctx, rows)
    if len(rows) > most:
        raise QuotaExceeded("error.reveal_too_many", *path, traces=told, most=most)
    minutes = math.ceil((times[over - 1] + HOUR - now()) / timedelta(minutes=1))
    raise QuotaExceeded("error.reveal_quota", *path, traces=told, most=most, minutes=max(minutes, 1))


def _told_above(ctx: Context, rows: Sequence[Row[Any]]) -> list[Step]:
    """Return the event for the level above the actor's, which is told once an hour."""
    e, account = t.event.c, NodeRef("account", str(ctx.actor.account_id))
    told = select(e.id).where(e.subject_id == account.id, e.topic == QUOTA_TOPIC, e.at > now() - HOUR)
    if ctx.connection.execute(told.limit(1)).first() is not None:
        return []
    held = tuple(one.anchor.path for one in ctx.actor.holdings if one.anchor and one.anchor.path)
    around = ancestor_keys(rows[0].person_path)
    above = select(t.grid).where(t.grid.c.key.in_(around)).order_by(t.grid.c.path.desc())
    places = ctx.connection.execute(above).all()
    place = next((one for one in places if not one.path.startswith(held or "/")), places[-1])
    return [event_step(fact(ctx.actor, ctx.at, QUOTA_TOPIC, account, place))]


def _noted(ctx: Context, row: Row[Any], look: Look) -> Step:
    values = {
        "id": uuid7(),
        "at": ctx.at,
        "resident_id": row.person_id,
        "account_id": ctx.actor.account_id,
        "fields": look.permissions,
        "purpose": look.purpose,
        "grid_id": row.person_grid,
        "path": row.person_path,
    }
    return Step(NOTE, values)


def _clear(vault: Vault, row: Row[Any], name: str) -> str | None:
    sealed, key = getattr(row, f"{name}_cipher", None), row.person_key
    if sealed is not None and key is not None:
        return vault.decrypt(key, sealed)
    plain = getattr(row, name, None)
    return plain.isoformat() if isinstance(plain, date) else plain
