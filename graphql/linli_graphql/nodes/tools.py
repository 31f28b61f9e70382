"""Root fields answered by Python: why a right is there or not, and what a change of territory would touch."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from linli.access.facts import facts_of
from linli.errors import NotFound
from linli.ids import split_public_id
from linli.verbs.regrid import impact
from linli_graphql.declare.fields import (
    Argument,
    Asking,
    Column,
    ObjectType,
    RootResolver,
    TooManyIdsError,
)
from linli_graphql.declare.kinds import Scalar

MOST_GRIDS = 100

EXPLANATION = ObjectType(
    name="AccessExplanation",
    description="Whether something is allowed, and why.",
    fields={
        "allowed": Column(column="allowed", kind=Scalar.BOOLEAN, never_null=True, description="The answer."),
        "reason": Column(column="reason", never_null=True, description="The sentence behind it."),
        "lines": Column(column="lines", kind=Scalar.JSON, description="The policy lines that decided."),
    },
)

GRID_IMPACT = ObjectType(
    name="GridImpact",
    description="What a move, merge or split of grids would touch; nothing is changed by asking.",
    fields={
        name: Column(column=name, kind=Scalar.INT, never_null=True, description=description)
        for name, description in {
            "grids": "Grids whose place would change.",
            "residents": "Residents who would come under other hands.",
            "records": "Open rows of all kinds.",
            "accounts": "Accounts that could gain or lose sight.",
        }.items()
    },
)


async def explain_access(asking: Asking, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer for a permission, over a node that the caller can see or over none."""
    resource, _, action = arguments["permission"].partition(":")
    parts = split_public_id(arguments["node"]) if arguments.get("node") else None

    if parts is None:
        decision = asking.policy.decide(asking.actor, resource, action)
        return {"allowed": bool(decision.arms), "reason": decision.reason, "lines": []}

    def work(connection: Connection) -> Mapping[str, Any]:
        facts = facts_of(connection, asking.policy, asking.actor, parts)
        explanation = asking.policy.explain(asking.actor, resource, action, facts)
        return {
            "allowed": explanation.allowed,
            "reason": explanation.reason,
            "lines": list(explanation.lines),
        }

    answer: Mapping[str, Any] = await asking.read(work)
    return answer


async def preview_grid_change(asking: Asking, arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Count what a change of these grids would touch; null unless the caller may see the figures of each."""
    asked = [*arguments["grids"], *([arguments["to"]] if arguments.get("to") else ())]
    if len(asked) > MOST_GRIDS:
        raise TooManyIdsError(len(asked), MOST_GRIDS)
    parts = [split_public_id(one) for one in asked]
    ids = [one[1] for one in parts if one is not None and one[0] == "grid"]
    if len(ids) < len(asked):
        return None
    grids, to = ids[: len(arguments["grids"])], ids[len(arguments["grids"]) :]

    def work(connection: Connection) -> Mapping[str, Any] | None:
        for one in ids:
            facts = facts_of(connection, asking.policy, asking.actor, ("grid", one))
            if not asking.policy.explain(asking.actor, "grid", "statistics", facts).allowed:
                return None
        try:
            touched = impact(connection, grids, to[0] if to else None)
        except NotFound:
            return None
        return {name: getattr(touched, name) for name in GRID_IMPACT.fields}

    answer: Mapping[str, Any] | None = await asking.read(work)
    return answer


TOOL_ROOTS = {
    "explainAccess": RootResolver(
        target="AccessExplanation",
        arguments={
            "permission": Argument(
                kind=Scalar.STRING, required=True, description="`resource:action`, such as `resident:update`."
            ),
            "node": Argument(
                kind=Scalar.ID, description="The node in question; left out, the question is general."
            ),
        },
        resolve=explain_access,
        description="Why the caller may, or may not, do something.",
    ),
    "previewGridChange": RootResolver(
        target="GridImpact",
        arguments={
            "grids": Argument(
                kind=Scalar.ID,
                required=True,
                many=True,
                description="Grids to move, merge or split, 100 at most.",
            ),
            "to": Argument(
                kind=Scalar.ID, description="Where they would go; who holds a role there would gain sight."
            ),
        },
        resolve=preview_grid_change,
        description="What a move, merge or split of grids would touch.",
    ),
}
