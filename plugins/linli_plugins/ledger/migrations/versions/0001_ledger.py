"""Books, accounts, journals, entries and holds."""

import sqlalchemy as sa
from alembic import op

from linli.database.migration_columns import (
    DOCUMENT,
    ID,
    INSTANT,
    index_placed,
    name_text,
    node,
    refer,
    unique_where,
    validity,
)
from linli.database.migration_operations import keep_rows, register_scoped

revision = "0001"
down_revision = None

OPEN = "valid_to IS NULL"
LEFT = "lower_limit IS NULL OR balance - held >= lower_limit"
NOBODY = f"{OPEN} AND resident_id IS NULL AND organization_id IS NULL"

# Balances change all the time: the guard is not asked where a statement names no guarded column.
KEEP_ACCOUNTS = """
CREATE OR REPLACE TRIGGER ledger__account_keep
BEFORE DELETE OR UPDATE OF id, created_at, valid_from, book_id, kind ON ledger__account
FOR EACH ROW EXECUTE FUNCTION linli_refuse_change(
  'version', 'updated_at', 'grid_id', 'path', 'name', 'valid_to',
  'balance', 'held', 'lower_limit', 'upper_limit', 'resident_id', 'organization_id'
)
"""


def upgrade() -> None:
    _books()
    _accounts()
    _journals()
    _entries()
    _holds()
    register_scoped("ledger__book", "ledger__account")
    keep_rows("ledger__book", mutable=("version", "updated_at", "grid_id", "path", "name", "valid_to"))
    keep_rows(
        "ledger__account",
        mutable=(
            *("version", "updated_at", "grid_id", "path", "name", "valid_to"),
            *("balance", "held", "lower_limit", "upper_limit", "resident_id", "organization_id"),
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(KEEP_ACCOUNTS)
    keep_rows("ledger__journal")
    keep_rows("ledger__entry")
    keep_rows("ledger__hold", mutable=("state", "closed_by_id"))


def _books() -> None:
    op.create_table(
        "ledger__book",
        *node(),
        *validity(),
        sa.Column("name", name_text(80), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        refer("ledger__book", "grid_id", "core_grid"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger__book"),
    )
    op.create_index("ix_ledger__book_grid_id", "ledger__book", ["grid_id"])
    op.create_index("ix_ledger__book_path_id", "ledger__book", ["path", "id"])


def _accounts() -> None:
    op.create_table(
        "ledger__account",
        *node(),
        *validity(),
        sa.Column("book_id", ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", name_text(80)),
        sa.Column("resident_id", ID),
        sa.Column("organization_id", ID),
        sa.Column("balance", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lower_limit", sa.BigInteger()),
        sa.Column("upper_limit", sa.BigInteger()),
        sa.CheckConstraint(
            "balance BETWEEN -9007199254740991 AND 9007199254740991", name="ck_ledger__account_balance_fits"
        ),
        sa.CheckConstraint(LEFT, name="ck_ledger__account_balance_not_below"),
        sa.CheckConstraint("held >= 0", name="ck_ledger__account_held_not_below"),
        sa.CheckConstraint(
            "resident_id IS NULL OR organization_id IS NULL", name="ck_ledger__account_one_owner"
        ),
        refer("ledger__account", "grid_id", "core_grid"),
        refer("ledger__account", "book_id", "ledger__book"),
        refer("ledger__account", "resident_id", "core_resident"),
        refer("ledger__account", "organization_id", "core_organization"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger__account"),
        postgresql_with={"fillfactor": "45"},  # room beside each row, so that no index learns of a balance
    )
    index_placed("ledger__account", "resident_id", "organization_id")
    op.create_index("ix_ledger__account_book_id_kind", "ledger__account", ["book_id", "kind"])
    for owner in ("resident_id", "organization_id"):
        unique_where(
            f"uq_ledger__account_{owner}",
            "ledger__account",
            ["book_id", "kind", owner],
            f"{OPEN} AND {owner} IS NOT NULL",
        )
    unique_where("uq_ledger__account_own", "ledger__account", ["book_id", "kind"], NOBODY)


def _journals() -> None:
    op.create_table(
        "ledger__journal",
        sa.Column("id", ID, nullable=False),
        sa.Column("book_id", ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("source_type", sa.String(48)),
        sa.Column("source_id", ID),
        sa.Column("reverses_id", ID),
        sa.Column("reason", sa.String(200), server_default="", nullable=False),
        sa.Column("actor_id", ID),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("detail", DOCUMENT, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        refer("ledger__journal", "book_id", "ledger__book"),
        refer("ledger__journal", "reverses_id", "ledger__journal"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger__journal"),
        sa.UniqueConstraint("reverses_id", name="uq_ledger__journal_reverses_id"),
        sa.UniqueConstraint("book_id", "kind", "source_type", "source_id", name="uq_ledger__journal_source"),
    )
    op.create_index("ix_ledger__journal_book_id", "ledger__journal", ["book_id"])


def _entries() -> None:
    op.create_table(
        "ledger__entry",
        sa.Column("journal_id", ID, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name="ck_ledger__entry_amount_not_zero"),
        refer("ledger__entry", "journal_id", "ledger__journal"),
        refer("ledger__entry", "account_id", "ledger__account"),
        sa.PrimaryKeyConstraint("journal_id", "line", name="pk_ledger__entry"),
    )
    op.create_index("ix_ledger__entry_account_id", "ledger__entry", ["account_id", "journal_id"])


def _holds() -> None:
    op.create_table(
        "ledger__hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("closed_by_id", ID),
        sa.CheckConstraint("amount > 0", name="ck_ledger__hold_amount_positive"),
        refer("ledger__hold", "account_id", "ledger__account"),
        refer("ledger__hold", "closed_by_id", "ledger__journal"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger__hold"),
        sa.UniqueConstraint("closed_by_id", name="uq_ledger__hold_closed_by_id"),
    )
    op.create_index("ix_ledger__hold_account_id", "ledger__hold", ["account_id"])
