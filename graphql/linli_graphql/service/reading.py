"""Reading: a part of an operation is planned, run with present rights, and made whole."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import orjson

from linli.database.database import Database, Unavailable
from linli_graphql.plan.cursor import BadCursorError
from linli_graphql.plan.parts import Call, Deferred
from linli_graphql.plan.plan import Plan, given
from linli_graphql.plan.root import deferred_rows
from linli_graphql.service.callers import Caller, Callers
from linli_graphql.service.errors import RequestError
from linli_graphql.service.graft import graft, rows_at
from linli_graphql.service.planner import Build, Operation, Planner

STALE_RETRIES = 20  # while a grid of many people is moved to and fro, rights change at every look


@dataclass(frozen=True)
class Part:
    """A part of an operation that one plan answers.

    Attributes:
        name: tells the parts of an operation apart; plans are kept by it.
        build: compiles it.
        given: what the edge binds beside the variables.
    """

    operation: Operation
    token: str | None = field(repr=False)
    name: Hashable
    build: Build = field(repr=False)
    given: dict[str, Any] = field(default_factory=dict)


class Reader:
    """Runs parts of operations."""

    def __init__(self, database: Database, callers: Callers, planner: Planner) -> None:
        self._database = database
        self._callers = callers
        self._planner = planner

    async def read(self, part: Part) -> tuple[bytes, list[dict[str, Any]]]:
        """Return the JSON of a part, whole, and the errors of fields that were lost.

        Raises:
            RequestError: the caller is not known, or the part cannot be planned.
            Unavailable: the database cannot be reached.
        """
        text, plan = await self._run(part)
        if not plan.grafts and not plan.deferred:
            return text, []
        data = orjson.loads(text)
        errors = []
        for one in plan.deferred:
            errors += await self._fill(part, data, one)
        errors += graft(data, plan.grafts)
        return orjson.dumps(data), errors

    async def check(self, part: Part) -> None:
        """Plan a part and bind its values, but run nothing: what is wrong with it is known before a deed.

        Raises:
            RequestError: the caller is not known, or the part cannot be planned.
        """
        self._planned(part, await self._callers.of(part.token))

    async def _run(self, part: Part) -> tuple[bytes, Plan]:
        for _ in range(STALE_RETRIES):
            plan, values = self._planned(part, await self._callers.of(part.token))
            fresh, data = await self._database.fetch(plan.text, values)
            if fresh:
                return (data or "{}").encode(), plan
            self._callers.forget(part.token)
        raise Unavailable("rights change too fast")

    def _planned(self, part: Part, caller: Caller) -> tuple[Plan, list[Any]]:
        call = Call(part.operation.variables, caller.decide, given(caller.actor) | part.given)
        try:
            # A cursor in the document is read when the plan is made, one in a variable when it is bound.
            plan = self._planner.plan(part.operation, part.name, caller, part.build)
            return plan, plan.values(call)
        except BadCursorError as error:
            raise RequestError.of(400, "BAD_USER_INPUT", "The cursor is not one of this list.") from error

    async def _fill(self, part: Part, data: dict[str, Any], deferred: Deferred) -> list[dict[str, Any]]:
        # A node of another type may stand at the same place, without the hidden id.
        rows = [row for row in rows_at(data, deferred.path) if deferred.hidden in row]
        ids = [row.pop(deferred.hidden) for row in rows]
        more = Part(
            part.operation,
            part.token,
            (part.name, deferred.path, deferred.key),
            lambda compiler: deferred_rows(compiler, deferred),
            part.given | {"ids": sorted(set(ids))},
        )
        text, errors = await self.read(more)
        found = {row["id"]: row[deferred.key] for row in orjson.loads(text)["rows"]}
        for row, ident in zip(rows, ids, strict=True):
            row[deferred.key] = found.get(ident)
        return errors
