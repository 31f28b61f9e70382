"""Root fields answered by Python: a rule tried on last month, and figures of a bank without persons."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from linli.access.facts import facts_of
from linli.clock import today
from linli.errors import Refusal
from linli.ids import split_public_id
from linli_graphql.declare.fields import Argument, Asking, Column, ObjectType, RootResolver
from linli_graphql.declare.kinds import Scalar
from linli_plugins.credit_bank.trial import figures, try_rule

FEWEST: Final = 5


def _figure(column: str, description: str) -> Column:
    return Column(column=column, kind=Scalar.INT, description=description)


TRIAL = ObjectType(
    name="CreditRuleTrial",
    description="What a rule would have given for the activities of a month; nothing is booked by asking.",
    fields={
        "activities": _figure("activities", "Activities that the line earned for in the month."),
        "given": _figure("given", "Points that were given, before caps."),
        "wouldGive": _figure("wouldGive", "Points that the rule would have given, before caps."),
        "differing": _figure("differing", "Activities for which the two differ."),
        "fault": Column(column="fault", description="Why the rule cannot be used; null if it can."),
    },
)

FIGURES = ObjectType(
    name="CreditFigures",
    description="Figures of a bank in a month. Those of 1 to 4 members are withheld as null.",
    fields={
        "members": _figure("members", "Members."),
        "activeMembers": _figure("activeMembers", "Members who did something that was booked."),
        "activities": _figure("activities", "Activities that were booked."),
        "earned": _figure("earned", "Points that were earned."),
        "redemptions": _figure("redemptions", "Redemptions that were handed over."),
        "redeemed": _figure("redeemed", "Points that were spent on them."),
    },
)


async def credit_rule_trial(asking: Asking, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Try a rule on last month's activities; null for who may not publish measures there."""
    parts = split_public_id(arguments["measure"])

    def work(connection: Connection) -> Mapping[str, Any] | None:
        row = _allowed(connection, asking, parts, "credit_measure", "publish")
        if row is None:
            return None
        try:
            return try_rule(connection, row, arguments["rule"], _last_month(today()))
        except Refusal as refusal:
            return {"fault": f"{refusal.key}: {refusal.params}"}

    answer: Mapping[str, Any] | None = await asking.read(work)
    return answer


async def credit_figures(asking: Asking, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the figures of a bank in a month; null for who may not see figures there."""
    parts = split_public_id(arguments["bank"])
    month = date.fromisoformat(str(arguments["month"])).replace(day=1)

    def work(connection: Connection) -> Mapping[str, Any] | None:
        row = _allowed(connection, asking, parts, "credit_bank", "statistics")
        return None if row is None else figures(connection, row, month, FEWEST)

    answer: Mapping[str, Any] | None = await asking.read(work)
    return answer


def _allowed(
    connection: Connection, asking: Asking, parts: tuple[str, str] | None, resource: str, action: str
) -> Row[Any] | None:
    """Return the row of a node if the caller may do this to it."""
    table = asking.policy.resources[resource].table
    if parts is None or parts[0] != resource or table is None:
        return None
    facts = facts_of(connection, asking.policy, asking.actor, parts)
    if not asking.policy.explain(asking.actor, resource, action, facts).allowed:
        return None
    return connection.execute(select(table).where(table.c.id == parts[1])).one_or_none()


def _last_month(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


TOOL_TYPES = (TRIAL, FIGURES)
TOOL_ROOTS = {
    "creditRuleTrial": RootResolver(
        target="CreditRuleTrial",
        arguments={
            "measure": Argument(
                kind=Scalar.ID,
                node_type="credit_measure",
                required=True,
                description="A line of the measure table; its activities of last month are looked at.",
            ),
            "rule": Argument(kind=Scalar.STRING, required=True, description="The rule, in CEL."),
        },
        resolve=credit_rule_trial,
        description="What a rule would have given last month; null unless the caller may publish it.",
    ),
    "creditFigures": RootResolver(
        target="CreditFigures",
        arguments={
            "bank": Argument(kind=Scalar.ID, node_type="credit_bank", required=True, description="The bank."),
            "month": Argument(kind=Scalar.DATE, required=True, description="Any day of the month."),
        },
        resolve=credit_figures,
        description="Figures of a bank in a month; null unless the caller may see figures there.",
    ),
}
