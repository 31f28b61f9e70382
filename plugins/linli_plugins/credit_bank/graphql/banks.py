"""Banks, members, agreements and model places in the schema. Points stand in the own account alone."""

from typing import Any

from sqlalchemy import ColumnElement, select

from linli_graphql.declare.fields import Column, Computed, Connection, ObjectType, Rows, ToOne
from linli_graphql.declare.kinds import Scalar, choice
from linli_graphql.nodes.shared import (
    BY_AGE,
    NAME_ORDERINGS,
    closed_field,
    day,
    equal,
    grid_field,
    node_fields,
    refers,
    text,
)
from linli_plugins.credit_bank import models
from linli_plugins.ledger.models import account

from .shared import bank_field, bank_filter, number

MEMBER_STATE = choice(
    "CreditMemberState",
    "How a membership stands.",
    [
        ("active", "In force."),
        ("leaving", "The member is leaving and can spend until the last day."),
        ("left", "Over; who it was is no longer known."),
    ],
)
CONSENT = choice(
    "CreditConsent",
    "How a member agreed to the terms.",
    [("own", "By the own account."), ("paper", "On paper, entered by staff.")],
)
AGREEMENT_STATE = choice(
    "CreditAgreementState",
    "How an agreement stands.",
    [("proposed", "Proposed."), ("in_force", "In force."), ("ended", "Ended.")],
)

BANK = ObjectType(
    name="CreditBank",
    description="Where a place keeps the points that neighbours earn for what they do.",
    table=models.bank,
    resource="credit_bank",
    node_type="credit_bank",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "name": text("name", "The place's own name for it."),
        "terms": text("terms", "What members consent to."),
        "termsVersion": number("terms_version", "Version of the terms."),
        "expiry": Column(
            column="expiry",
            kind=Scalar.JSON,
            description="The published rules by which points lapse: months, and since when.",
        ),
        "book": ToOne(target="Book", on=lambda row, to: to.c.id == row.c.book_id, description="Its book."),
        "measures": Connection(
            target="CreditMeasure",
            on=lambda row, to: to.c.bank_id == row.c.id,
            description="Its measure table, with all versions.",
        ),
        "offers": Connection(
            target="CreditOffer",
            on=lambda row, to: to.c.bank_id == row.c.id,
            description="Its redemption table.",
        ),
        "members": Connection(
            target="CreditMember",
            on=lambda row, to: to.c.bank_id == row.c.id,
            description="Its members, as far as the caller may see them.",
        ),
        "agreements": Connection(
            target="CreditAgreement",
            on=lambda row, to: (to.c.bank_id == row.c.id) | (to.c.other_bank_id == row.c.id),
            description="Its agreements with other banks.",
        ),
    },
    orderings=NAME_ORDERINGS,
)

MEMBER = ObjectType(
    name="CreditMember",
    description="A resident or an organisation that joined a bank by consent.",
    table=models.member,
    resource="credit_member",
    node_type="credit_member",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "number": number("number", "The member's number in the bank, under which others give."),
        "state": Column(column="state", kind=MEMBER_STATE, description="How the membership stands."),
        "consent": Column(column="consent", kind=CONSENT, description="How the member agreed."),
        "termsVersion": number("terms_version", "Version of the terms agreed to."),
        "leavesOn": day("leaves_on", "The last day on which a leaving member can spend."),
        "bank": bank_field(),
        "account": ToOne(
            target="BookAccount",
            on=lambda row, to: to.c.id == row.c.account_id,
            description="The account with the points; only its owner and auditors see it.",
        ),
        "resident": ToOne(
            target="Resident", on=lambda row, to: to.c.id == row.c.resident_id, description="The person."
        ),
        "organization": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.organization_id,
            description="The organisation.",
        ),
        "activities": Connection(
            target="CreditActivity",
            on=lambda row, to: to.c.member_id == row.c.id,
            description="What the member did.",
        ),
        "redemptions": Connection(
            target="CreditRedemption",
            on=lambda row, to: to.c.member_id == row.c.id,
            description="What the member redeemed.",
        ),
    },
    orderings=BY_AGE,
    filters={
        "bank": bank_filter(),
        "state": equal("state", MEMBER_STATE, "Only in this state."),
        "number": equal("number", Scalar.INT, "Only the member with this number."),
    },
)


def due(rows: Rows) -> ColumnElement[Any]:
    """What is due to the second bank: the balance of the first one's account for it."""
    found = select(account.c.balance).where(account.c.id == rows.c.account_id)
    return found.correlate(rows).scalar_subquery()


AGREEMENT = ObjectType(
    name="CreditAgreement",
    description="Two banks that take in each other's points up to a cap.",
    table=models.agreement,
    resource="credit_agreement",
    node_type="credit_agreement",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "state": Column(column="state", kind=AGREEMENT_STATE, description="How it stands."),
        "cap": Column(column="cap", kind=Scalar.BIG_INT, description="How many points may be due at most."),
        "due": Computed(
            sql=due,
            kind=Scalar.BIG_INT,
            description="Points due from the first bank to the other; negative the other way round. Public.",
        ),
        "bank": bank_field(description="The bank that proposed it."),
        "otherBank": bank_field("other_bank_id", "The other bank."),
    },
    orderings=BY_AGE,
    filters={
        "bank": bank_filter(),
        "state": equal("state", AGREEMENT_STATE, "Only in this state."),
    },
)

MODEL_PLACE = ObjectType(
    name="ModelPlace",
    description="An estate, lane or grid from which others can learn. Places, never persons.",
    table=models.model_place,
    resource="model_place",
    node_type="model_place",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "title": text("title", "What it is called."),
        "reason": text("reason", "What can be learned there."),
    },
    orderings=BY_AGE,
    filters={"grid": refers("grid_id", "grid", "Only of this very place.")},
)
