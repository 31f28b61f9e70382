"""Loading who asks: an account, its resident and what it holds, as of one version and epoch."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from linli import model as t
from linli.clock import now, start_of, today
from linli.ids import uuid7
from linli.policy import Actor, Anchor, AnchorType, Holding

TOKEN_PREFIX = "linli_"  # noqa: S105 - a mark that secret scanners look for, not a secret


def token_hash(token: str) -> str:
    """Return the hash under which a token is stored; it is random, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NewToken:
    """A new random token: its clear text, which is kept nowhere, and what of its row is always the same."""

    clear: str = field(repr=False)
    row: dict[str, Any] = field(repr=False)


def new_token() -> NewToken:
    """Return a new random token."""
    clear = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return NewToken(clear, {"id": uuid7(), "hash": token_hash(clear), "created_at": now()})


def create_token(
    connection: Connection, account_id: str, label: str, days: int, scopes: Sequence[str] | None = None
) -> str:
    """Store a new token of a service and return its clear text.

    `scopes` narrow what the account may; None leaves it as wide.
    """
    token = new_token()
    values = {
        "account_id": account_id,
        "label": label,
        "kind": "service",
        "scopes": None if scopes is None else sorted(set(scopes)),
        "expires_at": now() + timedelta(days=days),
    }
    connection.execute(insert(t.token).values(token.row | values))
    return token.clear


def actor_of_token(connection: Connection, token: str) -> Actor | None:
    """Return the actor of a token; None where it or its account is not in force."""
    statement = select(t.token.c.account_id, t.token.c.expires_at, t.token.c.scopes).where(
        t.token.c.hash == token_hash(token), t.token.c.revoked_at.is_(None), t.token.c.expires_at > now()
    )
    row = connection.execute(statement).one_or_none()
    actor = load_actor(connection, row.account_id, row.expires_at) if row else None
    if row is None or actor is None or row.scopes is None:
        return actor
    return replace(actor, scopes=frozenset(row.scopes))


def load_actor(connection: Connection, account_id: str, expires: datetime | None = None) -> Actor | None:
    """Return an active account's actor; `expires` is when the caller's own proof ends."""
    # Epoch and version come before what they vouch for: a change in between makes the actor stale, not wrong.
    epoch = current_epoch(connection)
    account = connection.execute(
        select(t.account).where(t.account.c.id == account_id, t.account.c.state == "active")
    ).one_or_none()
    if account is None:
        return None
    assignments = _assignments(connection, account_id)
    day = today()
    held = [row for row in assignments if row.since <= day]
    # An actor is good until a role that is held ends, or one that is not held yet begins.
    turns = [start_of(row.until) for row in held if row.until is not None]
    turns += [start_of(row.since) for row in assignments if row.since > day]
    return Actor(
        account_id=account.id,
        name=account.name,
        version=account.version,
        epoch=epoch,
        resident_id=account.resident_id,
        holdings=(Holding("public"), *_resident_holding(connection, account), *map(_holding, held)),
        organizations=_memberships(connection, account.resident_id, t.membership.c.organization_id),
        branches=_memberships(connection, account.resident_id, t.membership.c.branch_id),
        expires=min([one for one in (expires, *turns) if one is not None], default=None),
    )


def anonymous(connection: Connection) -> Actor:
    """Return the actor who holds nothing but `public`."""
    return Actor(epoch=current_epoch(connection))


def current_epoch(connection: Connection) -> int:
    """Return the policy epoch: it moves whenever what many accounts may see has changed."""
    return int(connection.execute(select(t.policy_epoch.c.epoch)).scalar_one())


def renew_everyone(connection: Connection) -> None:
    """Make every cached actor stale, on every worker, from this commit on."""
    connection.execute(update(t.policy_epoch).values(epoch=t.policy_epoch.c.epoch + 1))


def renew(connection: Connection, account_ids: list[str]) -> None:
    """Make the cached actors of these accounts stale, on every worker, from this commit on."""
    statement = update(t.account).where(t.account.c.id.in_(account_ids))
    connection.execute(statement.values(version=t.account.c.version + 1, updated_at=now()))


def _assignments(connection: Connection, account_id: str) -> list[Row[Any]]:
    """Return the roles that have not ended, those of days to come too."""
    a = t.assignment
    statement = (
        select(a, t.grid.c.path.label("grid_path"), t.party_branch.c.tree_path)
        .outerjoin(t.grid, t.grid.c.id == a.c.anchor_grid_id)
        .outerjoin(t.party_branch, t.party_branch.c.id == a.c.anchor_branch_id)
        .where(a.c.account_id == account_id, or_(a.c.until.is_(None), a.c.until > today()))
        .order_by(a.c.id)
    )
    return list(connection.execute(statement))


def _holding(row: Row[Any]) -> Holding:
    if row.anchor_type == AnchorType.GRID:
        return Holding(row.role, Anchor(AnchorType.GRID, row.anchor_grid_id, row.grid_path), row.until)
    if row.anchor_type == AnchorType.PARTY_BRANCH:
        return Holding(
            row.role, Anchor(AnchorType.PARTY_BRANCH, row.anchor_branch_id, row.tree_path), row.until
        )
    return Holding(row.role, Anchor(AnchorType.ORGANIZATION, row.anchor_organization_id), row.until)


def _resident_holding(connection: Connection, account: Row[Any]) -> tuple[Holding, ...]:
    if account.resident_id is None:
        return ()
    row = connection.execute(
        select(t.resident.c.grid_id, t.resident.c.path).where(
            t.resident.c.id == account.resident_id, t.resident.c.valid_to.is_(None)
        )
    ).one_or_none()
    return (Holding("resident", Anchor(AnchorType.GRID, row.grid_id, row.path)),) if row else ()


def _memberships(connection: Connection, resident_id: str | None, column: Any) -> tuple[str, ...]:
    if resident_id is None:
        return ()
    m = t.membership.c
    statement = select(column).where(m.resident_id == resident_id, m.until.is_(None), column.is_not(None))
    return tuple(sorted(set(connection.execute(statement).scalars())))
