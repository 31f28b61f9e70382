"""One-time codes: the way in before there is a provider, and while it is away."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection, Row, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from linli import model as t
from linli.access.names import account_name
from linli.access.sessions import Opened, SignIn, end_replayed, note, open_session
from linli.clock import now
from linli.vault import Vault

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that is mistaken for something else
LENGTH: Final = 10
LASTS: Final = timedelta(minutes=15)
TRIES: Final = 5  # wrong ones, after which a code is worth nothing
FAILURES: Final = 10  # tries within WINDOW, after which an account's codes are not looked at
WINDOW: Final = timedelta(minutes=15)
NOBODY: Final = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class CodeTry:
    """Somebody's try to sign in by a code, as it was written."""

    name: str
    code: str = field(repr=False)
    hours: int
    former: str | None = field(default=None, repr=False)
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a try: a session, or nothing; `wait` is how many seconds the account is throttled."""

    opened: Opened | None = None
    wait: int = 0


def make_code(connection: Connection, vault: Vault, account_id: str) -> str:
    """Store a new code for an account, in place of one before, and return it as it is shown, once.

    Who makes one vouches for the account, so its failed tries are forgotten.
    """
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    connection.execute(delete(t.sign_in_code).where(t.sign_in_code.c.account_id == account_id))
    values = {
        "account_id": account_id,
        "hash": _hash(vault, account_id, code),
        "expires_at": now() + LASTS,
        "tries": 0,
    }
    connection.execute(insert(t.sign_in_code).values(values))
    name = connection.execute(select(t.account.c.name).where(t.account.c.id == account_id)).scalar_one()
    connection.execute(delete(t.sign_in_try).where(t.sign_in_try.c.key == _key(vault, name)))
    return f"{code[:5]}-{code[5:]}"


def try_code(connection: Connection, vault: Vault, attempt: CodeTry) -> Verdict:
    """Judge a try; the caller commits, whatever came of it.

    A try is counted before it is judged, by the account and by the code, each in one statement: tries side
    by side are as many as tries one after the other. Names without an account take the same steps.
    """
    name = account_name(attempt.name)
    since, number = _counted(connection, _key(vault, name))
    if number > FAILURES:
        if number == FAILURES + 1:
            note(connection, "sign_in.throttled", "refused", _account(connection, name), attempt.request_id)
        return Verdict(wait=max(1, ceil((since + WINDOW - now()).total_seconds())))
    account = _account(connection, name)
    row = _code_of(connection, account.id if account is not None else NOBODY)
    given = _hash(vault, row.account_id if row is not None else NOBODY, _plain(attempt.code))
    right = hmac.compare_digest(given, row.hash if row is not None else "0" * len(given))
    if row is None or account is None or not right:
        note(connection, "sign_in", "refused", account, attempt.request_id, way="code")
        return Verdict()
    if row.used_at is not None:
        end_replayed(connection, given, attempt.request_id)
        return Verdict()
    own = t.sign_in_code.c.account_id == account.id
    connection.execute(update(t.sign_in_code).where(own).values(used_at=now()))
    connection.execute(delete(t.sign_in_try).where(t.sign_in_try.c.key == _key(vault, name)))
    sign_in = SignIn(given, "code", attempt.hours, attempt.former, attempt.request_id)
    return Verdict(open_session(connection, account, sign_in))


def _counted(connection: Connection, key: str) -> tuple[datetime, int]:
    """Count a try and return since when tries are counted, and how many there are, this one included."""
    tries, start = t.sign_in_try, now() - WINDOW
    connection.execute(delete(tries).where(tries.c.since <= start, tries.c.key != key))
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    first = dialect.insert(tries).values(key=key, since=now(), number=1)
    old = tries.c.since <= start
    again = {
        "since": case((old, first.excluded.since), else_=tries.c.since),
        "number": case((old, 1), else_=tries.c.number + 1),
    }
    counted = first.on_conflict_do_update(index_elements=[tries.c.key], set_=again)
    row = connection.execute(counted.returning(tries.c.since, tries.c.number)).one()
    return row.since, row.number


def _code_of(connection: Connection, account_id: str) -> Row[Any] | None:
    """Count a try of an account's code and return the code; None where none is worth anything."""
    code = t.sign_in_code
    counted = (
        update(code)
        .where(code.c.account_id == account_id, code.c.tries < TRIES, code.c.expires_at > now())
        .values(tries=code.c.tries + 1)
        .returning(code)
    )
    return connection.execute(counted).one_or_none()


def _account(connection: Connection, name: str) -> Row[Any] | None:
    statement = select(t.account).where(t.account.c.name == name, t.account.c.state == "active")
    return connection.execute(statement).one_or_none()


def _plain(code: str) -> str:
    """Return a code as it is stored, however people write it down."""
    return account_name(code).upper().replace("-", "").replace(" ", "")


def _hash(vault: Vault, account_id: str, code: str) -> str:
    return vault.lasting("sign-in code", f"{account_id} {code}")


def _key(vault: Vault, name: str) -> str:
    return vault.lasting("sign-in try", name)
