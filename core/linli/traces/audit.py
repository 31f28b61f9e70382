"""The audit: one row per sensitive action or refusal, hashed alone here, chained later by the sealer."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import structlog
from sqlalchemy import Connection, bindparam, insert
from sqlalchemy.exc import DBAPIError

from linli.clock import now
from linli.database.database import Unavailable
from linli.database.together import Step, together
from linli.ids import uuid7
from linli.model import audit
from linli.model.types import instant_text
from linli.policy import Actor
from linli.traces.addresses import kept_address
from linli.traces.faults import fault_text

LOG: Final = structlog.get_logger("linli.audit")
# Serialization failure, deadlock, and rows that somebody else has written first.
MEETINGS: Final = frozenset(
    {"40001", "40P01", "23505", "SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
)
INSERT = insert(audit).values({column.name: bindparam(column.name) for column in audit.c})


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What is written down: never a personal value, only ids, names of fields and reasons.

    Attributes:
        basis: what allowed it: the questions asked of the policy, with the roles that answered and where
            they are held (`linli.traces.basis`); empty for refusals, whose `reason` says what is absent.
        address: where it came from, as the server saw it; of residents only the network is kept.
    """

    actor: Actor
    action: str
    outcome: str
    resource: str
    object_type: str | None = None
    object_id: str | None = None
    grid_id: str | None = None
    reason: str = ""
    request_id: str | None = None
    repeats: int = 1
    detail: dict[str, Any] = field(default_factory=dict)
    basis: str = ""
    address: str | None = None


def write_traces(connection: Connection, steps: Sequence[Step]) -> None:
    """Write what a deed leaves behind, or do not let it happen.

    Raises:
        IntegrityError: another deed has written one of these rows first.
        Unavailable: they cannot be written, so that the deed would go unrecorded.
    """
    try:
        together(connection, steps)
    except DBAPIError as error:
        if error.connection_invalidated or _is_of_the_moment(error):
            raise
        LOG.critical("traces cannot be written, so nothing is done", fault=fault_text(error))
        raise Unavailable("the traces of a deed cannot be written") from error


def _is_of_the_moment(error: DBAPIError) -> bool:
    """Whether it is a meeting of two transactions, after which the later one may try again."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", "")
    return state in MEETINGS


def write_audit(connection: Connection, entry: AuditEntry) -> str:
    """Write one audit row in the deed's own transaction and return its id."""
    step = audit_step(entry)
    together(connection, [step])
    return str(step.values["id"])


def audit_step(entry: AuditEntry) -> Step:
    """Return the statement that writes one audit row."""
    values = {
        "id": uuid7(),
        "at": now(),
        "actor_id": entry.actor.account_id,
        "actor_name": entry.actor.name,
        "action": entry.action,
        "outcome": entry.outcome,
        "resource": entry.resource,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "grid_id": entry.grid_id,
        "reason": entry.reason[:400],
        "basis": entry.basis[:400],
        "address": kept_address(entry.address, entry.actor),
        "request_id": entry.request_id,
        "repeats": entry.repeats,
        "detail": entry.detail,
    }
    return Step(INSERT, values | {"hash": audit_hash(values)})


def audit_hash(values: dict[str, Any]) -> str:
    """Return the SHA-256 over the canonical JSON of a row's columns, `hash` excepted."""
    plain = {name: _plain(value) for name, value in values.items() if name != "hash"}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return what JSON holds of a value, the same before it is stored and after it is read back."""
    match value:
        case datetime():
            return instant_text(value)
        case float() if (number := Decimal(repr(value))) == number.to_integral_value():
            return int(number)  # a column of JSON may give 1e20 back as an integer
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
    return value
