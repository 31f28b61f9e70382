"""Reading: a part of an operation is planned, run with present rights, and made whole."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect

from linli.database.database import Database, Unavailable
from linli.vault import Vault
from linli_graphql.plan.connection import BothEndsError
from linli_graphql.plan.cursor import BadCursorError
from linli_graphql.plan.parts import Call, Deferred
from linli_graphql.plan.plan import Plan, given
from linli_graphql.plan.root import ROW_ID, deferred_rows
from linli_graphql.service.callers import Caller, Callers
from linli_graphql.service.errors import RequestError
from linli_graphql.service.forms import Operation
from linli_graphql.service.graft import graft, rows_at
from linli_graphql.service.planner import Build, Planner

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


@dataclass(frozen=True)
class Look:
    """A part that is read at the end of a deed, in its transaction."""

    database: Database = field(repr=False)
    part: Part
    plan: Plan
    caller: Caller
    vault: Vault = field(repr=False)

    def at(self, connection: Connection, ident: str) -> bytes | None:
        """Return the JSON for the object of an id; None if the deed changed the caller's own rights."""
        part = replace(self.part, given={"id": ident})
        values = self.plan.values(_call(part, self.caller, self.vault))
        fresh, data = self.database.look(connection, self.plan.text, values)
        return _bytes(data) if fresh else None


def _call(part: Part, caller: Caller, vault: Vault) -> Call:
    return Call(part.operation.variables, caller.decide, vault, given(caller.actor) | part.given)


def _bytes(data: Any) -> bytes:
    """Return JSON as it goes out; not every driver gives it as bytes."""
    if data is None:
        return b"{}"
    return data if isinstance(data, bytes) else str(data).encode()


class Reader:
    """Runs parts of operations."""

    def __init__(
        self, database: Database, callers: Callers, planner: Planner, vault: Callable[[], Vault]
    ) -> None:
        self._database = database
        self._callers = callers
        self._planner = planner
        self._vault = vault

    async def read(self, part: Part) -> tuple[bytes, list[dict[str, Any]]]:
        """Return the JSON of a part, whole, and the errors of fields that were lost.

        Raises:
            RequestError: the caller is not known, or the part cannot be planned.
            Unavailable: the database cannot be reached.
        """
        text, plan = await self._run(part)
        return await self.finish(part, plan, text)

    async def cost(self, part: Part) -> int:
        """Return how many rows a part may give.

        Raises:
            RequestError: the caller is not known, or the part cannot be planned.
        """
        plan, _ = await self._planned(part, await self._callers.of(part.token))
        return plan.cost

    async def finish(self, part: Part, plan: Plan, text: bytes) -> tuple[bytes, list[dict[str, Any]]]:
        """Return what a plan's statement gave, with all that a statement cannot give."""
        if not plan.grafts and not plan.deferred:
            return text, []
        data = orjson.loads(text)
        errors = []
        for one in plan.deferred:
            errors += await self._fill(part, data, one)
        errors += graft(data, plan.grafts)
        return orjson.dumps(data), errors

    async def prepare(self, part: Part) -> "Look":
        """Plan a part to be read inside a deed; what is wrong with it is known before the deed.

        Raises:
            RequestError: the caller is not known, or the part cannot be planned.
        """
        caller = await self._callers.of(part.token)
        plan, _ = await self._planned(part, caller, self._database.write_dialect)
        return Look(self._database, part, plan, caller, self._vault())

    async def _run(self, part: Part) -> tuple[bytes, Plan]:
        for _ in range(STALE_RETRIES):
            plan, values = await self._planned(part, await self._callers.of(part.token))
            fresh, data = await self._database.fetch(plan.text, values, by_values=plan.by_values)
            if fresh:
                return _bytes(data), plan
            self._callers.forget(part.token)
        raise Unavailable("rights change too fast")

    async def _planned(
        self, part: Part, caller: Caller, dialect: Dialect | None = None
    ) -> tuple[Plan, list[Any]]:
        call = _call(part, caller, self._vault())
        try:
            # A cursor in the document is read when the plan is made, one in a variable when it is bound.
            plan = await self._planner.plan(part.operation.form, part.name, caller, part.build, dialect)
            return plan, plan.values(call)
        except BadCursorError as error:
            raise RequestError.of(400, "BAD_USER_INPUT", "The cursor is not one of this list.") from error
        except BothEndsError as error:
            raise RequestError.of(400, "BAD_USER_INPUT", "Give a list first or last, not both.") from error

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
        found = {row[ROW_ID]: row[deferred.key] for row in orjson.loads(text)["rows"]}
        for row, ident in zip(rows, ids, strict=True):
            row[deferred.key] = found.get(ident)
        return errors
