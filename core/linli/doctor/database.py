"""The database: whether it is up to date, whose rights serve, and what a commit is worth there."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.engine import make_url

from linli.clock import now
from linli.database.migrate import pending
from linli.deployment import Deployment
from linli.doctor.advice import Advice, danger, note

PROVEN: Final = frozenset({"verify-ca", "verify-full"})
NEAR: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})
OLDEST: Final = 150000
SETTINGS: Final = ("fsync", "full_page_writes", "synchronous_commit")
OWNED: Final = """
SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace
AND relkind = 'r' AND pg_has_role(current_user, relowner, 'USAGE')
"""


def check_database(opened: Deployment) -> Iterator[Advice]:
    """It can be reached and its tables are up to date."""
    if due := pending(opened.database, opened.migrations):
        yield danger("migrations", count=len(due))
    if opened.database.name == "postgresql":
        with opened.database.begin() as connection:
            number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        if number < OLDEST:
            yield danger("postgresql_old", version=number // 10000)


def check_roles(opened: Deployment) -> Iterator[Advice]:
    """Who serves can change rows, and neither tables nor the audit."""
    if opened.database.name != "postgresql":
        return
    with opened.database.begin() as connection:
        role, mighty = connection.execute(text("SELECT current_user, current_setting('is_superuser')")).one()
        owned = connection.execute(text(OWNED)).scalar_one()
    if mighty == "on":
        yield danger("superuser", role=role)
    elif owned:
        yield danger("owner_serves", role=role)


def check_tls(opened: Deployment) -> Iterator[Advice]:
    """Rows cross a network in the clear unless the URL says otherwise."""
    for key, url in (("url", opened.config.database.url), ("owner_url", opened.config.database.owner_url)):
        if not url or not url.startswith("postgresql"):
            continue
        parsed = make_url(url)
        host = parsed.query.get("host", parsed.host or "")
        if any(one not in NEAR and not one.startswith("/") for one in _listed(host)):
            mode = "".join(_listed(parsed.query.get("sslmode", "")))
            if mode == "require":
                yield note("tls_unproven", key=f"database.{key}")
            elif mode not in PROVEN:
                yield danger("tls_missing", key=f"database.{key}")


def check_durability(opened: Deployment) -> Iterator[Advice]:
    """What was acknowledged outlives a crash; our own connections to SQLite always ask for that."""
    if opened.database.name != "postgresql":
        return
    with opened.database.begin() as connection:
        for name in SETTINGS:
            found = connection.execute(text("SELECT current_setting(:name)"), {"name": name}).scalar_one()
            if found == "off":
                yield danger("not_durable", setting=name)


def check_clock(opened: Deployment) -> Iterator[Advice]:
    """Tokens and roles end by the clock of this machine, and other machines write beside it."""
    if opened.database.name != "postgresql":
        return
    with opened.database.begin() as connection:
        there: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    apart = round(abs((now() - there).total_seconds()))
    if apart > 1:
        say = danger if apart > 60 else note
        yield say("clock", seconds=apart)


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
