"""Plans: compiled once for each document, shape of variables and shape of rights."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema, OperationDefinitionNode
from sqlalchemy import ColumnElement, Dialect

from linli.database.database import Database
from linli.policy import Decision
from linli_graphql.declare.fields import TooManyIdsError
from linli_graphql.declare.registry import Registry
from linli_graphql.plan.compiler import Compiler
from linli_graphql.plan.dialect import JsonBuilder
from linli_graphql.plan.parts import Decide, TooCostlyError
from linli_graphql.plan.plan import Plan, finish
from linli_graphql.plan.selection import Document
from linli_graphql.plan.shape import split
from linli_graphql.service.cache import Lru
from linli_graphql.service.callers import Caller
from linli_graphql.service.documents import Prepared
from linli_graphql.service.errors import RequestError

Permission = tuple[str, str]
LEVELS = (None, 4, 3, 2, 1)
Build = Callable[[Compiler], ColumnElement[Any]]


@dataclass(frozen=True)
class Operation:
    """One operation of a prepared document with this request's variables."""

    prepared: Prepared
    node: OperationDefinitionNode
    variables: dict[str, Any]
    slotted: Any = field(repr=False)
    shape: Hashable = field(repr=False)

    def plain(self, schema: GraphQLSchema) -> Document:
        """Return what selections are read from where values are needed now, not bound later."""
        return Document(schema, self.prepared.fragments, self.slotted._replace(coerced=self.variables))


def operation_of(
    schema: GraphQLSchema, prepared: Prepared, node: OperationDefinitionNode, variables: Any
) -> Operation:
    """Return an operation whose variables are split into what is bound and what is shape."""
    kinds = prepared.kinds(schema, node)
    coerced = dict(variables.coerced)
    pairs = {name: split(kinds[name], value, (name,)) for name, value in coerced.items()}
    slotted = variables._replace(coerced={name: pair[0] for name, pair in pairs.items()})
    shape = (
        prepared.hash,
        node.name.value if node.name else None,
        *((n, p[1]) for n, p in sorted(pairs.items())),
    )
    return Operation(prepared, node, coerced, slotted, shape)


@dataclass(frozen=True)
class _Family:
    """Plans of one document and shape, by the shapes of the decisions that they consulted."""

    consulted: tuple[Permission, ...]
    plans: Lru[Hashable, Plan]


class Planner:
    """Makes plans and keeps them, a bounded number.

    Attributes:
        compiled: how many plans were made so far.
    """

    def __init__(
        self, registry: Registry, schema: GraphQLSchema, database: Database, size: int = 2_000
    ) -> None:
        self.registry = registry
        self.schema = schema
        self.database = database
        self.compiled = 0
        self._families: Lru[Hashable, _Family] = Lru(size)

    def document(self, operation: Operation) -> Document:
        """Return what selections of an operation are read from."""
        return Document(self.schema, operation.prepared.fragments, operation.slotted)

    def plan(
        self,
        operation: Operation,
        part: Hashable,
        caller: Caller,
        build: Build,
        dialect: Dialect | None = None,
    ) -> Plan:
        """Return the plan of a part of an operation; `build` compiles it where it is not known.

        Raises:
            RequestError: it could return too many rows.
        """
        dialect = dialect or self.database.read_dialect
        key = (operation.shape, part, caller.actor.account_id is None, dialect)
        family = self._families.get(key)
        if family is not None:
            found = family.plans.get(tuple(caller.decide(*one).shape for one in family.consulted))
            if found is not None:
                return found
        return self._compile(key, operation, caller, build, family, dialect)

    def _compile(
        self,
        key: Hashable,
        operation: Operation,
        caller: Caller,
        build: Build,
        family: _Family | None,
        dialect: Dialect,
    ) -> Plan:
        consulted: dict[Permission, Decision] = {}

        def decide(resource: str, action: str) -> Decision:
            decision = caller.decide(resource, action)
            consulted[resource, action] = decision
            return decision

        try:
            plan = self._attempt(operation, caller, build, decide, dialect)
        except TooCostlyError as error:
            message = f"The query could return {error.rows} rows; ask for smaller pages."
            raise RequestError.of(400, "LIMIT_EXCEEDED", message) from error
        except TooManyIdsError as error:
            raise RequestError.of(400, "LIMIT_EXCEEDED", f"At most {error.most} ids at once.") from error
        if family is None:
            family = self._families.put(key, _Family(tuple(sorted(consulted)), Lru(16)))
        return family.plans.put(tuple(consulted[one].shape for one in family.consulted), plan)

    def _attempt(
        self, operation: Operation, caller: Caller, build: Build, decide: Decide, dialect: Dialect
    ) -> Plan:
        """Compile as one statement, or with ever fewer levels in it until the database can parse it."""
        for levels in LEVELS:
            json = JsonBuilder(dialect.name)
            compiler = Compiler(self.registry, self.document(operation), decide, json, most_levels=levels)
            plan = finish(compiler, build(compiler), caller.actor, dialect)
            self.compiled += 1
            if self.database.accepts(plan.text, len(plan.readers)):
                return plan
        message = "The embedded database cannot read so much at once; ask for it in several documents."
        raise RequestError.of(400, "LIMIT_EXCEEDED", message)
