"""How accounts prove who they are: identities at a provider, one-time codes, and tries that failed."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, UniqueConstraint

from linli.model.base import metadata
from linli.model.types import Id, Instant

identity = Table(
    "core_identity",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account_id", Id, ForeignKey("core_account.id"), nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("account_id", "issuer"),
)

# One code an account at most; a used one is kept until its time is over, so that a second use is seen.
sign_in_code = Table(
    "core_sign_in_code",
    metadata,
    Column("account_id", Id, ForeignKey("core_account.id"), primary_key=True),
    Column("hash", String(64), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("used_at", Instant),
)

# By a keyed hash of the name that was tried, so that names of no account are counted alike.
sign_in_try = Table(
    "core_sign_in_try",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("since", Instant, nullable=False, index=True),
    Column("number", Integer, nullable=False),
)

milestone = Table(
    "core_milestone",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("at", Instant, nullable=False),
)
