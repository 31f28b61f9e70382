"""Performing a verb: validation, idempotency, savepoint, audit, in one transaction that the edge commits."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, bindparam, insert, select, text
from sqlalchemy.exc import IntegrityError

from linli import model as t
from linli.access.actors import load_actor
from linli.clock import now
from linli.context import REVEALS_PER_HOUR, Context
from linli.database.together import Row, Step, together
from linli.errors import Refusal, Unauthenticated
from linli.ids import public_id, split_public_id
from linli.plugins.contributions import RelationshipType
from linli.plugins.personal import ConsentPurpose
from linli.policy import Actor, Policy
from linli.traces.audit import AuditEntry, audit_step, write_traces
from linli.vault import Vault
from linli.verbs.answers import Answer, named
from linli.verbs.input_faults import refusals_of
from linli.verbs.inputs import Input, NodeRef
from linli.verbs.verb import Verb
from linli.workdays import NATIONAL, Calendar

KEY_LIMIT = 80
HEARINGS = 8
AUDITED = frozenset({"FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED", "QUOTA_EXCEEDED"})

SAVEPOINT = text("SAVEPOINT deed")
ROLLBACK = text("ROLLBACK TO SAVEPOINT deed")
RELEASE = text("RELEASE SAVEPOINT deed")
MINE = select(t.account.c.version).where(t.account.c.id == bindparam("account")).scalar_subquery()
PRESENT = select(MINE, select(t.policy_epoch.c.epoch).scalar_subquery())
EARLIER = select(t.idempotency.c.input_hash, t.idempotency.c.result["id"].as_string()).where(
    t.idempotency.c.account_id == bindparam("account"),
    t.idempotency.c.verb == bindparam("verb"),
    t.idempotency.c.key == bindparam("key"),
)
REMEMBER = insert(t.idempotency).values({column.name: bindparam(column.name) for column in t.idempotency.c})


@dataclass(frozen=True)
class Deeds:
    """What every deed of a deployment shares: the policy, the vault, and what plugins bring for verbs."""

    policy: Policy = field(repr=False)
    vault: Vault = field(repr=False)
    relationship_types: Mapping[str, RelationshipType] = field(default_factory=dict, repr=False)
    plugin_settings: Mapping[type[BaseModel], BaseModel] = field(default_factory=dict, repr=False)
    calendar: Calendar = NATIONAL
    consents: Mapping[str, ConsentPurpose] = field(default_factory=dict, repr=False)
    reveals_per_hour: int = REVEALS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a verb: who, what, and the key under which a repetition is recognised.

    `data` is the input as the client sent it, camelCase, without the key. `prove` loads the actor anew from
    what the caller showed, such as a token, and gives None where that is in force no more; without it the
    account alone is asked for.
    """

    actor: Actor
    verb: Verb
    data: Mapping[str, Any]
    key: str | None = None
    request_id: str | None = None
    prove: Callable[[Connection], Actor | None] | None = field(default=None, repr=False)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a deed: a node, an answer, or refusals.

    `replayed` says that an earlier success was recognised. An answer is never kept, so it is never replayed.
    """

    ref: NodeRef | None = None
    refusals: tuple[Refusal, ...] = ()
    replayed: bool = False
    answer: Answer | None = field(default=None, repr=False)


def perform(connection: Connection, deeds: Deeds, request: Request) -> Outcome:
    """Perform a verb in the caller's transaction; a refusal leaves only its audit row.

    Deeds without an account are refused: there is nobody to answer for them. A refusal counts only if the
    actor's place and rights are still those with which the deed was attempted: they may have changed while
    it waited for a lock.
    """
    if request.actor.account_id is None:
        return Outcome(refusals=(Unauthenticated(),))
    if request.key is not None and not _is_key(request.key):
        return Outcome(refusals=(Refusal("INVALID_INPUT", "error.bad_key", ("idempotencyKey",)),))
    refusal: Refusal | None = None
    for _ in range(HEARINGS):
        opening = _open(connection, request)
        actor = _present(connection, request, opening)
        if actor is None or actor.account_id is None:
            return _refused(connection, deeds, request, Unauthenticated())
        # Another process may have done this very deed meanwhile, which is why it was refused.
        if (earlier := _earlier(opening, request)) is not None:
            return earlier
        if refusal is not None and actor is request.actor:
            return _refused(connection, deeds, request, refusal)
        request = replace(request, actor=actor)
        try:
            return _attempt(connection, deeds, request)
        except ValidationError as error:
            return Outcome(refusals=tuple(refusals_of(error)))
        except Refusal as error:
            refusal = error
    return _refused(connection, deeds, request, Refusal("CONFLICT", "error.conflict"))


def context(
    connection: Connection,
    deeds: Deeds,
    actor: Actor,
    request_id: str | None = None,
    address: str | None = None,
) -> Context:
    """Return what a deed of an actor begins with."""
    return Context(
        connection,
        actor,
        deeds.policy,
        deeds.vault,
        deeds.relationship_types,
        request_id,
        plugin_settings=deeds.plugin_settings,
        calendar=deeds.calendar,
        consents=deeds.consents,
        reveals_per_hour=deeds.reveals_per_hour,
        address=address,
    )


def _open(connection: Connection, request: Request) -> list[Row | None]:
    """Return the actor's version and the epoch, and what was done under this key; set a savepoint."""
    account = {"account": request.actor.account_id}
    steps = [Step(SAVEPOINT), Step(PRESENT, account)]
    if request.key is not None:
        steps.append(Step(EARLIER, account | {"verb": request.verb.name, "key": request.key}))
    return together(connection, steps)[1:]


def _attempt(connection: Connection, deeds: Deeds, request: Request) -> Outcome:
    data = request.verb.input.model_validate(dict(request.data))
    ctx = context(connection, deeds, request.actor, request.request_id, request.address)
    try:
        ref = request.verb.run(ctx, data)
        if isinstance(ref, Answer):
            write_traces(connection, [*ctx.traces, _told(request, data), Step(RELEASE)])
            return Outcome(answer=ref)
        if request.verb.sensitive:
            grid_id = _grid_of(connection, deeds.policy, ref)
            ctx.audit(request.verb.name, ref, grid_id, fields=sorted(data.model_fields_set))
        remembered = [] if request.key is None else [_remembered(request, ref)]
        write_traces(connection, [*ctx.traces, *remembered, Step(RELEASE)])
    except Refusal:
        together(connection, [Step(ROLLBACK)])
        raise
    except IntegrityError as error:
        # Two deeds met at a unique index after both had looked: the later one is told to look again.
        together(connection, [Step(ROLLBACK)])
        raise Refusal("CONFLICT", "error.conflict") from error
    return Outcome(ref)


def _told(request: Request, data: Input) -> Step:
    """Return the audit entry of an answer: who asked for what, and why; nothing of the answer."""
    entry = AuditEntry(
        request.actor,
        request.verb.name,
        "done",
        request.verb.returns,
        reason=getattr(data, "purpose", ""),
        request_id=request.request_id,
        detail=named(data),
        address=request.address,
    )
    return audit_step(entry)


def _refused(connection: Connection, deeds: Deeds, request: Request, refusal: Refusal) -> Outcome:
    sensitive = request.verb.sensitive and refusal.code != "CONFLICT"  # who is late may look and try again
    if sensitive or refusal.code in AUDITED:
        aim = _aim(request)
        entry = AuditEntry(
            request.actor,
            request.verb.name,
            "refused",
            request.verb.returns,
            aim.type if aim else None,
            aim.id if aim else None,
            # Where the caller's own audit would tell a hidden node from a missing one, it names no grid.
            None if aim is None or refusal.code == "NOT_FOUND" else _grid_of(connection, deeds.policy, aim),
            reason=f"{refusal.code} {getattr(refusal, 'reason', refusal.key)}",
            request_id=request.request_id,
            detail={"path": list(refusal.path)},
            address=request.address,
        )
        write_traces(connection, [*getattr(refusal, "traces", ()), audit_step(entry)])
    return Outcome(refusals=(refusal,))


def _aim(request: Request) -> NodeRef | None:
    """Return the node that a deed was meant for: the first of the verb's own type, or else the first."""
    try:
        data = request.verb.input.model_validate(dict(request.data))
    except ValidationError:
        return None
    named = [value for _, value in data if isinstance(value, NodeRef)]
    own = [one for one in named if one.type == request.verb.returns]
    return next(iter([*own, *named]), None)


def _present(connection: Connection, request: Request, opening: list[Row | None]) -> Actor | None:
    """Return the actor as of this transaction: a right or a token revoked since the request began is gone."""
    actor = request.actor
    expired = actor.expires is not None and actor.expires <= now()
    if opening[0] == (actor.version, actor.epoch) and not expired:
        return actor
    return request.prove(connection) if request.prove else load_actor(connection, str(actor.account_id))


def _is_key(key: str) -> bool:
    return 0 < len(key) <= KEY_LIMIT and key.isprintable()


def _earlier(opening: list[Row | None], request: Request) -> Outcome | None:
    row = opening[1] if request.key is not None else None
    if row is None:
        return None
    if row[0] != _input_hash(request):
        refusal = Refusal("IDEMPOTENCY_MISMATCH", "error.idempotency_mismatch", ("idempotencyKey",))
        return Outcome(refusals=(refusal,))
    parts = split_public_id(row[1])
    return Outcome(NodeRef(*parts), replayed=True) if parts else None


def _remembered(request: Request, ref: NodeRef) -> Step:
    values = {
        "account_id": request.actor.account_id,
        "verb": request.verb.name,
        "key": request.key,
        "input_hash": _input_hash(request),
        "result": {"id": public_id(ref.type, ref.id)},
        "at": now(),
    }
    return Step(REMEMBER, values)


def _input_hash(request: Request) -> str:
    text = json.dumps(request.data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _grid_of(connection: Connection, policy: Policy, ref: NodeRef) -> str | None:
    known = policy.resources.get(ref.type)
    table = known.table if known else None
    if ref.type == "grid":
        return ref.id
    if table is None or "grid_id" not in table.c:
        return None
    place = select(table.c.grid_id).where(table.c.id == ref.id)
    found: str | None = connection.execute(place).scalar_one_or_none()
    return found
