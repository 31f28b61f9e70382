"""Plans: compiled once for each document, shape of variables and shape of rights."""

from collections.abc import Callable, Hashable
from typing import Any

from sqlalchemy import ColumnElement, Dialect

from linli.database.database import Database
from linli.policy import Decision
from linli_graphql.declare.fields import TooManyIdsError
from linli_graphql.declare.registry import Registry
from linli_graphql.plan.compiler import Compiler
from linli_graphql.plan.dialect import JsonBuilder
from linli_graphql.plan.parts import Decide, TooCostlyError
from linli_graphql.plan.plan import Plan, finish
from linli_graphql.service.cache import Lru
from linli_graphql.service.callers import Caller
from linli_graphql.service.errors import RequestError
from linli_graphql.service.forms import Family, Form
from linli_graphql.service.terms import Terms
from linli_graphql.service.workshop import Workshop

Permission = tuple[str, str]
LEVELS = (None, 4, 3, 2, 1)
Build = Callable[[Compiler], ColumnElement[Any]]


class Planner:
    """Makes plans; each is kept with its form, for a few shapes of rights.

    Attributes:
        compiled: how many plans were made so far.
    """

    def __init__(self, registry: Registry, database: Database, terms: Terms, workshop: Workshop) -> None:
        self.registry = registry
        self.database = database
        self.terms = terms
        self._workshop = workshop
        self.compiled = 0

    async def plan(
        self,
        form: Form,
        part: Hashable,
        caller: Caller,
        build: Build,
        dialect: Dialect | None = None,
    ) -> Plan:
        """Return the plan of a part of a form; `build` compiles it where it is not known.

        Raises:
            RequestError: it could return too many rows.
        """
        dialect = dialect or self.database.read_dialect
        key = (part, caller.actor.account_id is None, dialect)
        family = form.families.get(key)
        if family is not None:
            found = family.plans.get(tuple(map(caller.shape, family.consulted)))
            if found is not None:
                return found
        return await self._compile(key, form, caller, build, dialect)

    async def _compile(
        self,
        key: Hashable,
        form: Form,
        caller: Caller,
        build: Build,
        dialect: Dialect,
    ) -> Plan:
        consulted: dict[Permission, Decision] = {}

        def decide(resource: str, action: str) -> Decision:
            decision = caller.decide(resource, action)
            consulted[resource, action] = decision
            return decision

        try:
            plan = await self._workshop.run(lambda: self._attempt(form, caller, build, decide, dialect))
        except TooCostlyError as error:
            raise RequestError.of(400, "LIMIT_EXCEEDED", str(error)) from error
        except TooManyIdsError as error:
            raise RequestError.of(400, "LIMIT_EXCEEDED", f"At most {error.most} ids at once.") from error
        family = form.families.setdefault(key, Family(tuple(sorted(consulted)), Lru(16)))
        return family.plans.put(tuple(map(caller.shape, family.consulted)), plan)

    def _attempt(self, form: Form, caller: Caller, build: Build, decide: Decide, dialect: Dialect) -> Plan:
        """Compile as one statement, or with ever fewer levels in it until the database can parse it."""
        most = self.terms.most_rows(caller.actor)
        for levels in LEVELS:
            json = JsonBuilder(dialect.name)
            compiler = Compiler(
                self.registry, form.document, decide, json, most_levels=levels, most_rows=most
            )
            plan = finish(compiler, build(compiler), caller.actor, dialect)
            self.compiled += 1
            if self.database.accepts(plan.text, len(plan.readers)):
                return plan
        message = "The embedded database cannot read so much at once; ask for it in several documents."
        raise RequestError.of(400, "LIMIT_EXCEEDED", message)
