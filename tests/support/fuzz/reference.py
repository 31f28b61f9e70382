"""The reference: graphql-core's own executor, with resolvers that take one row at a time.

It shares the declarations with the planner, and the public helpers of ids and search; nothing of `plan`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLResolveInfo, GraphQLSchema, execute_sync

from linli.ids import public_id, split_public_id
from linli.plugins.personal import ConsentPurpose
from linli.policy import Policy
from linli_graphql.declare import fields as f
from linli_graphql.declare.registry import Registry
from tests.policies.worlds import Row
from tests.support.fuzz.coverage import Coverage
from tests.support.fuzz.judge import Judge, Laws
from tests.support.fuzz.pages import Page, Pager
from tests.support.fuzz.tables import Tables, bound, cursor_of, shown
from tests.support.fuzz.tools import Tools


@dataclass(frozen=True)
class Seen:
    """A row as an object of a type; `whose` is the type with the resource, for parts of it."""

    one: f.ObjectType
    row: Row
    whose: f.ObjectType
    depth: int


@dataclass
class Answer:
    """What came out: the data, what was met, and how many rows lie above the deepest value."""

    met: Coverage
    data: Any = None
    depth: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def text(self) -> bytes:
        """The answer as a service gives it; there are no errors in it unless something is wrong."""
        return orjson.dumps({"data": self.data, **({"errors": self.errors} if self.errors else {})})


@dataclass
class Reference:
    """Answers documents from rows in memory."""

    registry: Registry
    schema: GraphQLSchema
    tables: Tables
    laws: Laws
    policy: Policy
    coverage: Coverage
    consents: Sequence[ConsentPurpose] = ()

    def answer(
        self, document: DocumentNode, variables: Mapping[str, Any], judge: Judge, operation: str | None
    ) -> Answer:
        """Return the answer to a document of one caller."""
        asked = _Asked(self, judge, Pager(self.registry, self.tables, judge), Answer(self.coverage.fresh()))
        result = execute_sync(
            self.schema,
            document,
            variable_values=dict(variables),
            operation_name=operation,
            field_resolver=asked.resolve,
            type_resolver=lambda value, _info, _type: value.one.name,
        )
        asked.answer.data, asked.answer.errors = result.data, [str(one) for one in result.errors or ()]
        return asked.answer


@dataclass
class _Asked:
    """One document of one caller."""

    reference: Reference
    judge: Judge
    pager: Pager
    answer: Answer

    def resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        """Resolve any field, and count what was met."""
        value = self._resolve(source, info, arguments)
        if (
            isinstance(source, Seen)
            and not isinstance(value, Seen | Page | list | dict)
            and value is not None
        ):
            self.answer.depth = max(self.answer.depth, source.depth)
        return value

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        parent, name = info.parent_type.name, info.field_name
        coverage, registry = self.answer.met, self.reference.registry
        coverage.meet_field(parent, name, arguments)
        if parent == "Query":
            coverage.meet_kind(registry.roots[name])
            return self._root(name, registry.roots[name], arguments)
        if isinstance(source, Seen):
            declared = source.one.fields[name]
            coverage.meet_kind(declared)
            return self._of_row(source, name, declared, arguments)
        if isinstance(source, Page):
            return self._of_page(source, name)
        return source.get(name)

    def _see(self, one: f.ObjectType, row: Row, depth: int) -> Seen:
        return Seen(one, row, one, depth)

    def _of_page(self, page: Page, name: str) -> Any:
        match name:
            case "totalCount":
                return page.total
            case "nodes":
                return [self._see(page.one, row, page.depth) for row in page.rows]
            case "edges":
                return [
                    {"cursor": cursor_of(page.one, row), "node": self._see(page.one, row, page.depth)}
                    for row in page.rows
                ]
            case _:
                return page.info

    def _root(self, name: str, declared: f.Field, arguments: dict[str, Any]) -> Any:
        match declared:
            case f.Connection():
                return self.pager.page(("Query", name), declared, None, arguments, 1)
            case f.RootOne():
                return self._one(declared, arguments)
            case f.RootSelf():
                one = self.reference.registry.types[declared.target]
                row = self.reference.tables.row(one, self.judge.actor.account_id)
                return self._see(one, row, 1) if row else None
            case f.RootNode():
                return self._node(arguments["id"])
            case f.RootNodes():
                return [self._node(ident) for ident in arguments["ids"]]
            case _:
                reference = self.reference
                tools = Tools(
                    reference.registry, reference.tables, reference.policy, self.judge, reference.consents
                )
                return tools.answer(name, arguments)

    def _node(self, ident: str) -> Seen | None:
        parts = split_public_id(ident)
        return self.any_node(*parts, 1) if parts else None

    def any_node(self, node_type: str, ident: str | None, depth: int) -> Seen | None:
        one = self.reference.registry.node(node_type)
        row = self.reference.tables.row(one, ident) if one else None
        return self._see(one, row, depth) if one and row and self.judge.sees(one, row) else None

    def _one(self, declared: f.RootOne, arguments: dict[str, Any]) -> Seen | None:
        one, values = self.reference.registry.types[declared.target], {}
        for name, value in arguments.items():
            argument = declared.arguments[name]
            if value is not None:
                parts = split_public_id(value) if argument.node_type is not None else None
                known = parts[1] if parts and parts[0] == argument.node_type else None
                values[name] = bound(argument.kind, value if argument.node_type is None else known)
        ids = self.reference.tables.meeting(one, lambda rows: declared.where(rows, values))
        return self._only(one, [row for row in self.reference.tables.rows(one) if row["id"] in ids], 1)

    def _only(self, one: f.ObjectType, rows: list[Row], depth: int) -> Seen | None:
        found = [row for row in rows if self.judge.sees(one, row)]
        assert len(found) < 2, f"two rows where one was promised: {one.name}"
        return self._see(one, found[0], depth) if found else None

    def _of_row(self, source: Seen, name: str, declared: f.Field, arguments: dict[str, Any]) -> Any:
        row, key = source.row, (source.one.name, name)
        match declared:
            case f.PublicId():
                return public_id(str(source.one.node_type), row["id"])
            case f.Column():
                return shown(declared.kind, row[declared.column])
            case f.Computed():
                return shown(declared.kind, self._values(key, source, declared.sql)[row["id"]])
            case f.Grafted():
                return declared.resolve([{need: row[need] for need in declared.needs}])[0]
            case f.Sensitive():
                return self._sensitive(key, source, declared)
            case f.Connection():
                return self.pager.page(key, declared, (source.whose, row), arguments, source.depth + 1)
            case _:
                return self._to_rows(key, source, declared)

    def _values(self, key: Any, source: Seen, expression: f.Expression) -> Any:
        tables = self.reference.tables
        return tables.values(key, tables.table(source.whose), expression)

    def _sensitive(self, key: Any, source: Seen, declared: f.Sensitive) -> Any:
        if not self.judge.may(declared.permission, "read", source.row):
            return {"value": None, "state": "hidden"}
        masked = self._values(key, source, declared.masked)[source.row["id"]]
        return None if masked is None else {"value": masked, "state": "masked"}

    def _to_rows(self, key: Any, source: Seen, declared: f.Field) -> Any:
        depth, row = source.depth + 1, source.row
        match declared:
            case f.Part():
                gate = declared.action
                if gate and not self.judge.may(str(source.whose.resource), gate, row):
                    return None
                part = self.reference.registry.types[declared.target]
                return Seen(part, row, source.whose, source.depth)
            case f.ToAny():
                return self.any_node(row[declared.type_column], row[declared.id_column], depth)
            case f.ToOne():
                one = self.reference.registry.types[declared.target]
                return self._only(one, self.pager.related(key, source.whose, one, declared.on, row), depth)
            case f.ToMany():
                return self._many(key, source, declared)
            case _:
                raise TypeError(type(declared).__name__)

    def _many(self, key: Any, source: Seen, declared: f.ToMany) -> list[Seen]:
        one, tables = self.reference.registry.types[declared.target], self.reference.tables
        rows = self.pager.related(key, source.whose, one, declared.on, source.row)
        ranks = tables.ranks((key, "order"), one, declared.order)
        seen = [row for row in rows if self.judge.sees(one, row)]
        if declared.current:
            seen = [row for row in seen if self.pager.current(one, row)]
        ordered = sorted(seen, key=lambda row: ranks[row["id"]])[: declared.limit]
        return [self._see(one, row, source.depth + 1) for row in ordered]
