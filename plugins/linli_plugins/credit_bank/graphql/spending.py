"""The redemption table, redemptions and appeals in the schema."""

from linli_graphql.declare.fields import Column, Filter, ObjectType, Part, ToOne
from linli_graphql.declare.kinds import Scalar, choice
from linli_graphql.nodes.shared import (
    BY_AGE,
    day,
    equal,
    grid_field,
    node_fields,
    refers,
    text,
)
from linli_plugins.credit_bank import models

from .shared import bank_field, bank_filter, in_force, member_field, number, titles

KIND = choice(
    "CreditOfferKind",
    "What can be had for points. Never cash, interest or pay.",
    [
        ("service", "A service."),
        ("activity", "A place in an activity."),
        ("goods", "Goods."),
        ("venue", "The use of a venue."),
    ],
)
REDEMPTION_STATE = choice(
    "CreditRedemptionState",
    "How far a redemption has come.",
    [
        ("held", "The points are held and the thing is kept."),
        ("handed_over", "Handed over; the points are spent."),
        ("cancelled", "Cancelled; the points came back."),
        ("expired", "Not fetched in time; the points came back."),
    ],
)
APPEAL_STATE = choice(
    "CreditAppealState",
    "How far an appeal has come.",
    [
        ("raised", "Raised."),
        ("received", "Received."),
        ("upheld", "Upheld; the entry was put right."),
        ("dismissed", "Dismissed, with the reason."),
    ],
)

OFFER = ObjectType(
    name="CreditOffer",
    description="A line of a redemption table: what can be had, and for how many points.",
    table=models.offer,
    resource="credit_offer",
    node_type="credit_offer",
    fields={
        **node_fields(),
        **grid_field(),
        **titles(),
        "kind": Column(column="kind", kind=KIND, description="A service, an activity, goods or a venue."),
        "points": number("points", "Its price in points."),
        "valuation": text("valuation", "How the price was found."),
        "stock": number("stock", "How many are left; null if there is no end of them."),
        "since": day("since", "First day."),
        "until": day("until", "The first day on which it can be had no more."),
        "bank": bank_field(),
        "provider": ToOne(
            target="Organization",
            on=lambda row, to: to.c.id == row.c.provider_id,
            description="The organisation that gives it.",
        ),
    },
    orderings=BY_AGE,
    filters={
        "bank": bank_filter(),
        "kind": equal("kind", KIND, "Only this kind."),
        "inForceOn": Filter(Scalar.DATE, "Only what can be had on this day.", in_force),
    },
)

REDEMPTION_CODE = ObjectType(
    name="RedemptionCode",
    description="What a member shows to be handed what was redeemed; seen by that member only.",
    table=models.redemption,
    resource="credit_redemption",
    action="show_code",
    fields={"code": text("code", "The code.")},
)

REDEMPTION = ObjectType(
    name="CreditRedemption",
    description="Something that a member had, or is about to have, for points.",
    table=models.redemption,
    resource="credit_redemption",
    node_type="credit_redemption",
    fields={
        **node_fields(),
        **grid_field(),
        "state": Column(column="state", kind=REDEMPTION_STATE, description="How far it has come."),
        "quantity": number("quantity", "How many of it."),
        "points": number("points", "For how many points."),
        "expiresOn": day("expires_on", "The last day on which it is handed over."),
        "secret": Part(
            target="RedemptionCode", action="show_code", description="The code, for the member alone."
        ),
        "offer": ToOne(
            target="CreditOffer", on=lambda row, to: to.c.id == row.c.offer_id, description="What it is."
        ),
        "member": member_field(),
        "bank": bank_field(),
    },
    orderings=BY_AGE,
    filters={
        "bank": bank_filter(),
        "member": refers("member_id", "credit_member", "Only of this member."),
        "state": equal("state", REDEMPTION_STATE, "Only in this state."),
    },
)

APPEAL = ObjectType(
    name="CreditAppeal",
    description="A member's objection to an entry.",
    table=models.appeal,
    resource="credit_appeal",
    node_type="credit_appeal",
    fields={
        **node_fields(),
        **grid_field(),
        "state": Column(column="state", kind=APPEAL_STATE, description="How far it has come."),
        "text": text("text", "What is wrong."),
        "receiveBy": day("receive_by", "The day by which its arrival is confirmed."),
        "decideBy": day("decide_by", "The day by which it is decided."),
        "decision": text("decision", "The decision and its reason."),
        "activity": ToOne(
            target="CreditActivity",
            on=lambda row, to: to.c.id == row.c.activity_id,
            description="What it is about.",
        ),
    },
    orderings=BY_AGE,
    filters={
        "state": equal("state", APPEAL_STATE, "Only in this state."),
        "dueBefore": Filter(
            Scalar.DATE, "Only those to be decided before this day.", lambda rows, day: rows.c.decide_by < day
        ),
    },
)
