"""Sessions: tokens of a few hours that a sign-in opens and a sign-out ends, everywhere at once."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from linli import model as t
from linli.access.actors import new_token, renew, token_hash
from linli.access.names import account_name
from linli.clock import now
from linli.policy import Actor
from linli.traces.audit import AuditEntry, write_audit

SESSION: Final = "session"
KEPT: Final = timedelta(days=30)  # how long sessions that are over are still listed


@dataclass(frozen=True, slots=True)
class SignIn:
    """A proof that was accepted.

    Attributes:
        proof: keyed hash of what was shown and may be used once.
        way: `oidc` or `code`, for the audit.
        former: the token of the browser's session so far, which ends now.
    """

    proof: str = field(repr=False)
    way: str
    hours: int
    former: str | None = field(default=None, repr=False)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session: its token, shown once, and when it ends."""

    token: str = field(repr=False)
    expires: datetime


def open_session(connection: Connection, account: Row[Any], sign_in: SignIn) -> Opened:
    """Open a session for an account, end the browser's former one, and write it down."""
    if sign_in.former is not None:
        end_session(connection, sign_in.former, sign_in.request_id)
    over = t.token.c.expires_at < now() - KEPT
    connection.execute(delete(t.token).where(t.token.c.kind == SESSION, over))
    token, expires = new_token(), now() + timedelta(hours=sign_in.hours)
    row = token.row | {
        "account_id": account.id,
        "label": sign_in.way,
        "kind": SESSION,
        "proof": sign_in.proof,
        "expires_at": expires,
    }
    connection.execute(insert(t.token).values(row))
    note(connection, "sign_in", "done", account, sign_in.request_id, way=sign_in.way)
    return Opened(token.clear, expires)


def end_session(connection: Connection, token: str, request_id: str | None = None) -> None:
    """End the session of a token, on every worker; anything else is left as it is."""
    own = t.token.c.hash == token_hash(token)
    _end(connection, own, "sign_out", "done", request_id)


def end_replayed(connection: Connection, proof: str, request_id: str | None = None) -> None:
    """End the session that a proof has opened, now that the proof is shown again.

    Who comes second may be the rightful one: the session may be the thief's, so nobody keeps it.
    """
    opened = t.token.c.proof == proof
    if not _end(connection, opened, "sign_in.replayed", "refused", request_id):
        note(connection, "sign_in.replayed", "refused", None, request_id)


def was_used(connection: Connection, proof: str) -> bool:
    """Whether a proof has opened a session, one that is over by now included."""
    return connection.execute(select(t.token.c.id).where(t.token.c.proof == proof)).first() is not None


def account_of_identity(
    connection: Connection, issuer: str, subject: str, name: str | None = None
) -> Row[Any] | None:
    """Return the active account that is linked to a subject of a provider.

    `name` is set where the place lets the provider name accounts: an account of that name that is linked
    to nobody at this provider is linked to the subject now, and stays so.
    """
    known = select(t.identity.c.account_id).where(t.identity.c.issuer == issuer)
    found = connection.execute(
        select(t.account).where(t.account.c.id.in_(known.where(t.identity.c.subject == subject)))
    ).one_or_none()
    if found is None and name is not None:
        free = select(t.account).where(t.account.c.name == account_name(name), t.account.c.id.not_in(known))
        found = connection.execute(free.where(t.account.c.state == "active")).one_or_none()
        if found is not None:
            link(connection, found.id, issuer, subject)
            note(connection, "user.link", "done", found, None, issuer=issuer)
    return found if found is not None and found.state == "active" else None


def link(connection: Connection, account_id: str, issuer: str, subject: str) -> None:
    """Link an account to a subject of a provider, in place of the one that it was linked to there.

    Raises:
        IntegrityError: the subject is linked to another account.
    """
    i = t.identity
    connection.execute(delete(i).where(i.c.account_id == account_id, i.c.issuer == issuer))
    values = {"issuer": issuer, "subject": subject, "account_id": account_id, "created_at": now()}
    connection.execute(insert(i).values(values))


def note(
    connection: Connection,
    action: str,
    outcome: str,
    account: Row[Any] | None,
    request_id: str | None,
    **detail: object,
) -> None:
    """Write down a sign-in, or one that was refused; `account` is None where there is none to name."""
    ident = account.id if account is not None else None
    actor = Actor(ident, account.name) if account is not None and outcome == "done" else Actor()
    entry = AuditEntry(
        actor, action, outcome, "account", "account", ident, request_id=request_id, detail=dict(detail)
    )
    write_audit(connection, entry)


def _end(connection: Connection, which: Any, action: str, outcome: str, request_id: str | None) -> bool:
    ended = (
        update(t.token)
        .where(which, t.token.c.kind == SESSION, t.token.c.revoked_at.is_(None))
        .values(revoked_at=now())
        .returning(t.token.c.account_id)
    )
    account_id = connection.execute(ended).scalar_one_or_none()
    if account_id is None:
        return False
    renew(connection, [account_id])
    account = connection.execute(select(t.account).where(t.account.c.id == account_id)).one()
    note(connection, action, outcome, account, request_id)
    return True
