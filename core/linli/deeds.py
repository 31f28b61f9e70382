"""Performing a verb: validation, idempotency, savepoint, audit, in one transaction that the edge commits."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from linli import model as t
from linli.access.actors import current_epoch, load_actor
from linli.clock import now
from linli.context import Context
from linli.errors import Refusal, Unauthenticated
from linli.ids import public_id, split_public_id
from linli.plugins.contributions import RelationshipType
from linli.policy import Actor, Policy
from linli.traces.audit import AuditEntry, write_audit
from linli.vault import Vault
from linli.verbs.input_faults import refusals_of
from linli.verbs.inputs import NodeRef
from linli.verbs.verb import Verb

KEY_LIMIT = 80
HEARINGS = 8


@dataclass(frozen=True)
class Deeds:
    """What every deed of a deployment shares: the policy, the vault, and what plugins bring for verbs."""

    policy: Policy = field(repr=False)
    vault: Vault = field(repr=False)
    relationship_types: Mapping[str, RelationshipType] = field(default_factory=dict, repr=False)
    plugin_settings: Mapping[type[BaseModel], BaseModel] = field(default_factory=dict, repr=False)


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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a deed: a node, or refusals; `replayed` says that an earlier success was recognised."""

    ref: NodeRef | None = None
    refusals: tuple[Refusal, ...] = ()
    replayed: bool = False


def perform(connection: Connection, deeds: Deeds, request: Request) -> Outcome:
    """Perform a verb in the caller's transaction; a refusal leaves only its audit row.

    Deeds without an account are refused: there is nobody to answer for them.
    """
    actor = _present(connection, request)
    if actor is None or actor.account_id is None:
        return _refused(connection, request, Unauthenticated())
    current = replace(request, actor=actor)
    earlier = _earlier(connection, current)
    if earlier is not None:
        return earlier
    try:
        data = request.verb.input.model_validate(dict(request.data))
    except ValidationError as error:
        return Outcome(refusals=tuple(refusals_of(error)))
    return _heard(connection, deeds, current, data)


def _heard(connection: Connection, deeds: Deeds, request: Request, data: Any) -> Outcome:
    """Attempt a deed, again where the actor's place or rights have changed while it waited for a lock."""
    for _ in range(HEARINGS):
        try:
            return _attempt(connection, deeds, request, data)
        except Refusal as refusal:
            actor = _present(connection, request)
            if actor is request.actor:
                # Another process may have done this very deed meanwhile, which is why it is refused now.
                return _earlier(connection, request) or _refused(connection, request, refusal)
        if actor is None:
            return _refused(connection, request, Unauthenticated())
        request = replace(request, actor=actor)
    return _refused(connection, request, Refusal("CONFLICT", "error.conflict"))


def _attempt(connection: Connection, deeds: Deeds, request: Request, data: Any) -> Outcome:
    ctx = Context(
        connection,
        request.actor,
        deeds.policy,
        deeds.vault,
        deeds.relationship_types,
        request.request_id,
        plugin_settings=deeds.plugin_settings,
    )

    def work() -> NodeRef:
        ref = request.verb.run(ctx, data)
        if request.key is not None:
            _remember(connection, request, ref)
        return ref

    ref = _in_savepoint(connection, work)
    if request.verb.sensitive:
        ctx.audit(request.verb.name, ref, _grid_of(ctx, ref), fields=sorted(data.model_fields_set))
    return Outcome(ref)


def _in_savepoint(connection: Connection, work: Callable[[], NodeRef]) -> NodeRef:
    try:
        with connection.begin_nested():
            return work()
    except IntegrityError as error:
        # Two deeds met at a unique index after both had looked: the later one is told to look again.
        raise Refusal("CONFLICT", "error.conflict") from error


def _refused(connection: Connection, request: Request, refusal: Refusal) -> Outcome:
    if refusal.code in ("FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED") and request.actor.account_id is not None:
        entry = AuditEntry(
            request.actor,
            request.verb.name,
            "refused",
            request.verb.returns,
            reason=f"{refusal.code} {getattr(refusal, 'reason', '')}".strip(),
            request_id=request.request_id,
            detail={"path": list(refusal.path)},
        )
        write_audit(connection, entry)
    return Outcome(refusals=(refusal,))


def _present(connection: Connection, request: Request) -> Actor | None:
    """Return the actor as of this transaction: a right or a token revoked since the request began is gone."""
    actor = request.actor
    if actor.account_id is None:
        return actor
    version = connection.execute(
        select(t.account.c.version).where(t.account.c.id == actor.account_id)
    ).scalar_one_or_none()
    expired = actor.expires is not None and actor.expires <= now()
    if version == actor.version and current_epoch(connection) == actor.epoch and not expired:
        return actor
    return request.prove(connection) if request.prove else load_actor(connection, actor.account_id)


def _earlier(connection: Connection, request: Request) -> Outcome | None:
    if request.key is None:
        return None
    if not 0 < len(request.key) <= KEY_LIMIT or not request.key.isprintable():
        return Outcome(refusals=(Refusal("INVALID_INPUT", "error.bad_key", ("idempotencyKey",)),))
    i = t.idempotency.c
    row = connection.execute(
        select(i.input_hash, i.result).where(
            i.account_id == request.actor.account_id, i.verb == request.verb.name, i.key == request.key
        )
    ).one_or_none()
    if row is None:
        return None
    if row.input_hash != _input_hash(request):
        refusal = Refusal("IDEMPOTENCY_MISMATCH", "error.idempotency_mismatch", ("idempotencyKey",))
        return Outcome(refusals=(refusal,))
    parts = split_public_id(row.result["id"])
    return Outcome(NodeRef(*parts), replayed=True) if parts else None


def _remember(connection: Connection, request: Request, ref: NodeRef) -> None:
    connection.execute(
        insert(t.idempotency).values(
            account_id=request.actor.account_id,
            verb=request.verb.name,
            key=request.key,
            input_hash=_input_hash(request),
            result={"id": public_id(ref.type, ref.id)},
            at=now(),
        )
    )


def _input_hash(request: Request) -> str:
    text = json.dumps(request.data, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _grid_of(ctx: Context, ref: NodeRef) -> str | None:
    table = ctx.policy.resources[ref.type].table
    if ref.type == "grid":
        return ref.id
    if table is None or "grid_id" not in table.c:
        return None
    place = select(table.c.grid_id).where(table.c.id == ref.id)
    found: str | None = ctx.connection.execute(place).scalar_one_or_none()
    return found
