"""Banks and their members, what earns points and what can be had for them."""

import sqlalchemy as sa
from alembic import op

from linli.database.migration_columns import (
    DOCUMENT,
    ID,
    PLACED,
    index_placed,
    keys,
    name_text,
    node,
    unique_where,
    validity,
)
from linli.database.migration_operations import keep_rows, register_scoped

revision = "0001"
down_revision = None

OWNER = ("resident_id", "organization_id")

# What may change in a row; all else stays as it was written.
MUTABLE = {
    "bank": ("name", "terms", "terms_version", "last_number", "expiry", "valid_to"),
    "member": (*OWNER, "state", "leaves_on", "valid_to"),
    "agreement": ("account_id", "other_account_id", "state", "valid_to"),
    "model_place": ("valid_to",),
    "offer": ("stock", "until"),
    "measure": ("until",),
}


def upgrade() -> None:
    _bank()
    _member()
    _agreement()
    _model_place()
    _offer()
    _measure()
    register_scoped(*(f"credit_bank__{name}" for name in MUTABLE))
    for name, mutable in MUTABLE.items():
        keep_rows(f"credit_bank__{name}", mutable=(*PLACED, *mutable))


def _bank() -> None:
    op.create_table(
        "credit_bank__bank",
        *node(),
        *validity(),
        sa.Column("name", name_text(80), nullable=False),
        sa.Column("book_id", ID, nullable=False),
        sa.Column("terms", sa.String(4000), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.Column("expiry", DOCUMENT, nullable=False),
        *keys("credit_bank__bank", book_id="ledger__book"),
    )
    index_placed("credit_bank__bank")


def _member() -> None:
    op.create_table(
        "credit_bank__member",
        *node(),
        *validity(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("resident_id", ID),
        sa.Column("organization_id", ID),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("consent", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("leaves_on", sa.Date()),
        sa.CheckConstraint(
            "resident_id IS NULL OR organization_id IS NULL", name="ck_credit_bank__member_one_owner"
        ),
        *keys(
            "credit_bank__member",
            bank_id="credit_bank__bank",
            resident_id="core_resident",
            organization_id="core_organization",
            account_id="ledger__account",
        ),
    )
    index_placed("credit_bank__member", "organization_id", "resident_id")
    _members_are_one()


def _members_are_one() -> None:
    op.create_index(
        "uq_credit_bank__member_number", "credit_bank__member", ["bank_id", "number"], unique=True
    )
    unique_where(
        "uq_credit_bank__member_organization",
        "credit_bank__member",
        ["bank_id", "organization_id"],
        "valid_to IS NULL AND organization_id IS NOT NULL",
    )
    unique_where(
        "uq_credit_bank__member_resident",
        "credit_bank__member",
        ["bank_id", "resident_id"],
        "valid_to IS NULL AND resident_id IS NOT NULL",
    )


def _agreement() -> None:
    op.create_table(
        "credit_bank__agreement",
        *node(),
        *validity(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("other_bank_id", ID, nullable=False),
        sa.Column("cap", sa.BigInteger(), nullable=False),
        sa.Column("account_id", ID),
        sa.Column("other_account_id", ID),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("proposed_by", ID, nullable=False),
        sa.CheckConstraint("cap > 0", name="ck_credit_bank__agreement_cap_positive"),
        *keys(
            "credit_bank__agreement",
            bank_id="credit_bank__bank",
            other_bank_id="credit_bank__bank",
            account_id="ledger__account",
            other_account_id="ledger__account",
        ),
    )
    index_placed("credit_bank__agreement", "bank_id", "other_bank_id")


def _model_place() -> None:
    op.create_table(
        "credit_bank__model_place",
        *node(),
        *validity(),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        *keys("credit_bank__model_place"),
    )
    index_placed("credit_bank__model_place")


def _offer() -> None:
    op.create_table(
        "credit_bank__offer",
        *node(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("title_zh", sa.String(80), nullable=False),
        sa.Column("title_en", sa.String(80), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("valuation", sa.String(400), nullable=False),
        sa.Column("stock", sa.Integer()),
        sa.Column("provider_id", ID),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.CheckConstraint("points > 0", name="ck_credit_bank__offer_points_positive"),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name="ck_credit_bank__offer_stock_not_below"),
        *keys("credit_bank__offer", bank_id="credit_bank__bank", provider_id="core_organization"),
    )
    index_placed("credit_bank__offer", "bank_id", "provider_id")


def _measure() -> None:
    op.create_table(
        "credit_bank__measure",
        *node(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("activity", sa.String(24), nullable=False),
        sa.Column("title_zh", sa.String(80), nullable=False),
        sa.Column("title_en", sa.String(80), nullable=False),
        sa.Column("difficulty", sa.String(16), nullable=False),
        sa.Column("frequency", sa.String(16), nullable=False),
        sa.Column("basis", sa.String(8), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("cap_day", sa.Integer()),
        sa.Column("cap_month", sa.Integer()),
        sa.Column("audience", sa.String(16), nullable=False),
        sa.Column("second_approver", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(500)),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.CheckConstraint("points > 0", name="ck_credit_bank__measure_points_positive"),
        *keys("credit_bank__measure", bank_id="credit_bank__bank"),
    )
    op.create_index(
        "uq_credit_bank__measure_number", "credit_bank__measure", ["bank_id", "code", "number"], unique=True
    )
    index_placed("credit_bank__measure")
