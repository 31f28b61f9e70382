"""The measure table, activities, check-ins and awards in the schema."""

from linli_graphql.declare.fields import Column, Filter, ObjectType, Part, ToOne
from linli_graphql.declare.kinds import Scalar, choice
from linli_graphql.nodes.shared import (
    BY_AGE,
    closed_field,
    day,
    equal,
    grid_field,
    instant,
    node_fields,
    refers,
    text,
)
from linli_plugins.credit_bank import models

from .shared import bank_field, bank_filter, in_force, measure_field, member_field, number, titles

KIND = choice(
    "CreditActivityKind",
    "What earns points. There is nothing else that could.",
    [
        ("volunteering", "Volunteering."),
        ("safety_patrol", "Patrols for safety."),
        ("safety_training", "Talks and training against fraud, fire and accidents."),
        ("environment", "Care for the surroundings."),
        ("mutual_help", "Help between neighbours."),
        ("care", "Visits and care."),
        ("culture_and_sport", "Culture and sport."),
        ("deliberation", "Taking part in deliberation, whatever is said there."),
        ("training", "Learning."),
        ("goods_given", "Goods given."),
        ("venue_opened", "Rooms opened for others."),
        ("community_service", "Service for the community."),
        ("professional_study", "Further training of social workers."),
    ],
)
BASIS = choice(
    "CreditBasis",
    "What is counted.",
    [("time", "Times."), ("hour", "Hours."), ("item", "Items.")],
)
AUDIENCE = choice(
    "CreditAudience",
    "Who can earn.",
    [("residents", "Residents."), ("organizations", "Organisations."), ("everyone", "Both.")],
)
ACTIVITY_STATE = choice(
    "CreditActivityState",
    "How far an activity has come.",
    [
        ("claimed", "Claimed by the member; staff decides."),
        ("recorded", "Recorded by staff; somebody else approves."),
        ("booked", "Booked."),
        ("refused", "Refused, with a reason."),
        ("withdrawn", "The member has left before anybody decided."),
    ],
)
AWARD_STATE = choice(
    "CreditAwardState",
    "How far an award has come.",
    [("prepared", "Prepared."), ("booked", "Booked."), ("discarded", "Discarded.")],
)

MEASURE = ObjectType(
    name="CreditMeasure",
    description="A line of a measure table in one version: what earns how many points.",
    table=models.measure,
    resource="credit_measure",
    node_type="credit_measure",
    fields={
        **node_fields(),
        **grid_field(),
        **titles(),
        "code": text("code", "The line's name among the bank's."),
        "number": number("number", "Its version."),
        "activity": Column(column="activity", kind=KIND, description="What kind of activity it is."),
        "difficulty": text("difficulty", "How difficult, in the place's own words."),
        "frequency": text("frequency", "How often, in the place's own words."),
        "basis": Column(column="basis", kind=BASIS, description="What is counted."),
        "points": number("points", "Points for one of them."),
        "capDay": number("cap_day", "Most points a member gets for it in a day."),
        "capMonth": number("cap_month", "Most points a member gets for it in a month."),
        "audience": Column(column="audience", kind=AUDIENCE, description="Who can earn by it."),
        "secondApprover": Column(
            column="second_approver",
            kind=Scalar.BOOLEAN,
            description="Whether somebody else must approve however few the points.",
        ),
        "rule": text("rule", "CEL expression in place of points times quantity."),
        "since": day("since", "First day."),
        "until": day("until", "The first day on which it earns nothing more."),
        "bank": bank_field(),
    },
    orderings=BY_AGE,
    filters={
        "bank": bank_filter(),
        "activity": equal("activity", KIND, "Only this kind of activity."),
        "inForceOn": Filter(Scalar.DATE, "Only versions in force on this day.", in_force),
    },
)

CHECK_IN_CODE = ObjectType(
    name="CheckInCode",
    description="What members enter at a check-in; seen by those who run it.",
    table=models.session,
    resource="check_in",
    action="show_code",
    fields={"code": text("code", "The code.")},
)

SESSION = ObjectType(
    name="CheckIn",
    description="An activity of many, at which members enter themselves.",
    table=models.session,
    resource="check_in",
    node_type="check_in",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "title": text("title", "What takes place."),
        "quantity": number("quantity", "How many times, hours or items each one is credited with."),
        "opensAt": instant("opens_at", "From when members can check in."),
        "closesAt": instant("closes_at", "Until when."),
        "secret": Part(
            target="CheckInCode", action="show_code", description="The code, for those who run it."
        ),
        "measure": measure_field(),
        "bank": bank_field(),
    },
    orderings=BY_AGE,
    filters={"bank": bank_filter()},
)

ACTIVITY = ObjectType(
    name="CreditActivity",
    description="Something a member did, and what it earned.",
    table=models.activity,
    resource="credit_activity",
    node_type="credit_activity",
    fields={
        **node_fields(),
        **grid_field(),
        "state": Column(column="state", kind=ACTIVITY_STATE, description="How far it has come."),
        "doneOn": day("done_on", "When it was done."),
        "quantity": number("quantity", "How many times, hours or items."),
        "computed": number("computed", "What the measure gives."),
        "points": number("points", "What the caps leave of it."),
        "note": text("note", "What was done."),
        "decision": text("decision", "Why it was refused."),
        "measure": measure_field(),
        "member": member_field(),
        "bank": bank_field(),
        "checkIn": ToOne(
            target="CheckIn",
            on=lambda row, to: to.c.id == row.c.session_id,
            description="The check-in at which it was entered.",
        ),
        "offer": ToOne(
            target="CreditOffer",
            on=lambda row, to: to.c.id == row.c.offer_id,
            description="The offer whose stock it added to.",
        ),
    },
    orderings=BY_AGE,
    filters={
        "bank": bank_filter(),
        "member": refers("member_id", "credit_member", "Only of this member."),
        "state": equal("state", ACTIVITY_STATE, "Only in this state."),
        "doneOn": equal("done_on", Scalar.DATE, "Only of this day."),
    },
)

AWARD = ObjectType(
    name="CreditAward",
    description="Points for many members at once, booked as one journal.",
    table=models.award,
    resource="credit_award",
    node_type="credit_award",
    fields={
        **node_fields(),
        **grid_field(),
        "title": text("title", "What was done."),
        "doneOn": day("done_on", "When it was done."),
        "people": number("people", "How many members."),
        "points": number("points", "How many points altogether."),
        "state": Column(column="state", kind=AWARD_STATE, description="How far it has come."),
        "measure": measure_field(),
        "bank": bank_field(),
    },
    orderings=BY_AGE,
    filters={"bank": bank_filter(), "state": equal("state", AWARD_STATE, "Only in this state.")},
)
