"""What members did and redeemed, and their appeals."""

import sqlalchemy as sa
from alembic import op

from linli.database.migration_columns import (
    ID,
    INSTANT,
    PLACED,
    index_placed,
    keys,
    node,
    refer,
    validity,
)
from linli.database.migration_operations import keep_rows, register_scoped

revision = "0002"
down_revision = "0001"

OWNER = ("resident_id", "organization_id")

# What may change in a row; all else stays as it was written.
MUTABLE = {
    "session": ("valid_to",),
    "activity": (*OWNER, "points", "state", "note", "recorded_by", "decided_by", "decision"),
    "award": ("people", "points", "state", "decided_by"),
    "redemption": (*OWNER, "state", "handed_by"),
    "appeal": (*OWNER, "text", "state", "received_by", "decided_by", "decision"),
}


def upgrade() -> None:
    _session()
    _activity()
    _award()
    _award_line()
    _redemption()
    _appeal()
    register_scoped(*(f"credit_bank__{name}" for name in MUTABLE))
    for name, mutable in MUTABLE.items():
        keep_rows(f"credit_bank__{name}", mutable=(*PLACED, *mutable))
    keep_rows("credit_bank__award_line")


def _session() -> None:
    op.create_table(
        "credit_bank__session",
        *node(),
        *validity(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("measure_id", ID, nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("opens_at", INSTANT, nullable=False),
        sa.Column("closes_at", INSTANT, nullable=False),
        sa.Column("opened_by", ID, nullable=False),
        *keys("credit_bank__session", bank_id="credit_bank__bank", measure_id="credit_bank__measure"),
    )
    index_placed("credit_bank__session", "bank_id")


def _activity() -> None:
    op.create_table(
        "credit_bank__activity",
        *node(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("resident_id", ID),
        sa.Column("organization_id", ID),
        sa.Column("measure_id", ID, nullable=False),
        sa.Column("session_id", ID),
        sa.Column("offer_id", ID),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("computed", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("note", sa.String(400), nullable=False),
        sa.Column("recorded_by", ID),
        sa.Column("decided_by", ID),
        sa.Column("decision", sa.String(400)),
        sa.CheckConstraint("points > 0", name="ck_credit_bank__activity_points_positive"),
        *keys(
            "credit_bank__activity",
            bank_id="credit_bank__bank",
            member_id="credit_bank__member",
            resident_id="core_resident",
            organization_id="core_organization",
            measure_id="credit_bank__measure",
            session_id="credit_bank__session",
            offer_id="credit_bank__offer",
        ),
    )
    op.create_index(
        "ix_credit_bank__activity_capped", "credit_bank__activity", ["member_id", "measure_id", "done_on"]
    )
    op.create_index(
        "uq_credit_bank__activity_session", "credit_bank__activity", ["session_id", "member_id"], unique=True
    )
    index_placed("credit_bank__activity", "bank_id", "organization_id", "resident_id")


def _award() -> None:
    op.create_table(
        "credit_bank__award",
        *node(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("measure_id", ID, nullable=False),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("prepared_by", ID),
        sa.Column("decided_by", ID),
        *keys("credit_bank__award", bank_id="credit_bank__bank", measure_id="credit_bank__measure"),
    )
    index_placed("credit_bank__award", "bank_id")


def _award_line() -> None:
    op.create_table(
        "credit_bank__award_line",
        sa.Column("award_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.CheckConstraint("points > 0", name="ck_credit_bank__award_line_points_positive"),
        refer("credit_bank__award_line", "award_id", "credit_bank__award"),
        refer("credit_bank__award_line", "member_id", "credit_bank__member"),
        sa.PrimaryKeyConstraint("award_id", "member_id", name="pk_credit_bank__award_line"),
    )
    op.create_index("ix_credit_bank__award_line_member_id", "credit_bank__award_line", ["member_id"])


def _redemption() -> None:
    op.create_table(
        "credit_bank__redemption",
        *node(),
        sa.Column("bank_id", ID, nullable=False),
        sa.Column("offer_id", ID, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("resident_id", ID),
        sa.Column("organization_id", ID),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("hold_id", ID, nullable=False),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("handed_by", ID),
        *keys(
            "credit_bank__redemption",
            bank_id="credit_bank__bank",
            offer_id="credit_bank__offer",
            member_id="credit_bank__member",
            resident_id="core_resident",
            organization_id="core_organization",
            hold_id="ledger__hold",
        ),
    )
    index_placed(
        "credit_bank__redemption", "bank_id", "member_id", "offer_id", "organization_id", "resident_id"
    )


def _appeal() -> None:
    op.create_table(
        "credit_bank__appeal",
        *node(),
        sa.Column("activity_id", ID, nullable=False),
        sa.Column("resident_id", ID),
        sa.Column("organization_id", ID),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("receive_by", sa.Date(), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("received_by", ID),
        sa.Column("decided_by", ID),
        sa.Column("decision", sa.String(1000)),
        *keys(
            "credit_bank__appeal",
            activity_id="credit_bank__activity",
            resident_id="core_resident",
            organization_id="core_organization",
        ),
    )
    index_placed("credit_bank__appeal", "activity_id", "organization_id", "resident_id")
