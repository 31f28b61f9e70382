"""How points are earned: the measure table, activities, check-ins and awards to many at once."""

from typing import Final

from sqlalchemy import Boolean, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String, Table

from linli.model.base import metadata, node_columns, place_columns, scoped, validity_columns
from linli.model.types import Id, Instant
from linli.policy import Resource

from .shared import owner_columns

# A line of the table is never changed: a new version takes its place from a day on, and entries keep theirs.
measure = scoped(
    Table(
        "credit_bank__measure",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False),
        Column("code", String(32), nullable=False),
        Column("number", Integer, nullable=False),
        Column("activity", String(24), nullable=False),
        Column("title_zh", String(80), nullable=False),
        Column("title_en", String(80), nullable=False),
        Column("difficulty", String(16), nullable=False),
        Column("frequency", String(16), nullable=False),
        Column("basis", String(8), nullable=False),
        Column("points", Integer, nullable=False),
        Column("cap_day", Integer),
        Column("cap_month", Integer),
        Column("audience", String(16), nullable=False),
        Column("second_approver", Boolean, nullable=False),
        Column("rule", String(500)),
        Column("since", Date, nullable=False),
        Column("until", Date),
        CheckConstraint("points > 0", name="points_positive"),
    )
)
Index("uq_credit_bank__measure_number", *(measure.c.bank_id, measure.c.code, measure.c.number), unique=True)

session = scoped(
    Table(
        "credit_bank__session",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False, index=True),
        Column("measure_id", Id, ForeignKey("credit_bank__measure.id"), nullable=False),
        Column("title", String(80), nullable=False),
        Column("quantity", Integer, nullable=False),
        Column("code", String(8), nullable=False),
        Column("opens_at", Instant, nullable=False),
        Column("closes_at", Instant, nullable=False),
        Column("opened_by", Id, nullable=False),
        *validity_columns(),
    )
)

activity = scoped(
    Table(
        "credit_bank__activity",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False, index=True),
        Column("member_id", Id, ForeignKey("credit_bank__member.id"), nullable=False),
        *owner_columns(),
        Column("measure_id", Id, ForeignKey("credit_bank__measure.id"), nullable=False),
        Column("session_id", Id, ForeignKey("credit_bank__session.id")),
        Column("offer_id", Id, ForeignKey("credit_bank__offer.id")),
        Column("done_on", Date, nullable=False),
        Column("quantity", Integer, nullable=False),
        Column("computed", Integer, nullable=False),
        Column("points", Integer, nullable=False),
        Column("state", String(12), nullable=False),
        Column("note", String(400), nullable=False),
        Column("recorded_by", Id),
        Column("decided_by", Id),
        Column("decision", String(400)),
        CheckConstraint("points > 0", name="points_positive"),
    )
)
Index("ix_credit_bank__activity_capped", activity.c.member_id, activity.c.measure_id, activity.c.done_on)
Index("uq_credit_bank__activity_session", activity.c.session_id, activity.c.member_id, unique=True)

award = scoped(
    Table(
        "credit_bank__award",
        metadata,
        *node_columns(),
        *place_columns(),
        Column("bank_id", Id, ForeignKey("credit_bank__bank.id"), nullable=False, index=True),
        Column("measure_id", Id, ForeignKey("credit_bank__measure.id"), nullable=False),
        Column("title", String(80), nullable=False),
        Column("done_on", Date, nullable=False),
        Column("people", Integer, nullable=False),
        Column("points", Integer, nullable=False),
        Column("state", String(12), nullable=False),
        Column("prepared_by", Id),
        Column("decided_by", Id),
    )
)

award_line = Table(
    "credit_bank__award_line",
    metadata,
    Column("award_id", Id, ForeignKey("credit_bank__award.id"), primary_key=True),
    Column("member_id", Id, ForeignKey("credit_bank__member.id"), primary_key=True, index=True),
    Column("quantity", Integer, nullable=False),
    Column("points", Integer, nullable=False),
    CheckConstraint("points > 0", name="points_positive"),
)

MEASURE: Final = Resource(
    "credit_measure",
    measure,
    path=measure.c.path,
    grid=measure.c.grid_id,
    actions=frozenset({"read", "publish"}),
)
SESSION: Final = Resource(
    "check_in",
    session,
    path=session.c.path,
    grid=session.c.grid_id,
    actions=frozenset({"read", "create", "show_code", "close"}),
)
ACTIVITY: Final = Resource(
    "credit_activity",
    activity,
    path=activity.c.path,
    grid=activity.c.grid_id,
    organization=activity.c.organization_id,
    resident=activity.c.resident_id,
    actions=frozenset({"read", "decide", "appeal"}),
)
AWARD: Final = Resource(
    "credit_award",
    award,
    path=award.c.path,
    grid=award.c.grid_id,
    actions=frozenset({"read", "create", "decide"}),
)
