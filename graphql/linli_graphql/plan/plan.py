"""A plan: one statement, and what it binds. Running it is one round trip to the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Dialect, and_, literal_column, select, true
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import BigInteger, Integer

from linli import model as t
from linli.model.types import Id
from linli.policy import Actor
from linli_graphql.plan.compiler import Compiler
from linli_graphql.plan.parts import Call, Deferred, Getter, Graft

Reader = Callable[[Call], Any]
# What each driver gives back as it is, unread; asyncpg is told to leave JSON alone.
AS_TEXT = {"asyncpg": "data", "psycopg": "data::text", "pysqlite": "CAST(data AS BLOB)"}


@dataclass(frozen=True)
class Plan:
    """A compiled selection.

    The statement gives one row: whether the caller's rights are still those that were bound, and the
    answer as JSON text. `print(plan.text)` shows what will run. `by_values` says that how it is best run
    depends on what it binds, as with a word that many rows hold, or hardly any.
    """

    text: str
    readers: tuple[Reader, ...] = field(repr=False)
    grafts: tuple[Graft, ...] = ()
    deferred: tuple[Deferred, ...] = ()
    by_values: bool = False
    cost: int = 0

    def values(self, call: Call) -> list[Any]:
        """Return what this request binds, in the statement's order."""
        return [read(call) for read in self.readers]


def finish(compiler: Compiler, data: ColumnElement[Any], actor: Actor, dialect: Dialect) -> Plan:
    """Compile a selection's expression into a plan for one dialect."""
    inner = select(_fresh(compiler, actor).label("fresh"), data.label("data")).subquery()
    statement = select(inner.c.fresh, literal_column(AS_TEXT[dialect.driver])).select_from(inner)
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("a select compiles to SQL")
    names = compiled.positiontup or ()
    readers = tuple(_reader(compiled, name, compiler.binds, dialect) for name in names)
    return Plan(
        str(compiled),
        readers,
        tuple(compiler.grafts),
        tuple(compiler.deferred),
        compiler.searches,
        compiler.cost,
    )


def _fresh(compiler: Compiler, actor: Actor) -> ColumnElement[bool]:
    """The rights that were bound are the present ones: compared inside the statement itself."""
    epoch = compiler.bind(lambda call: call.given["epoch"], BigInteger())
    same = select(t.policy_epoch.c.epoch == epoch).scalar_subquery()
    if actor.account_id is None:
        return and_(same, true())
    account = compiler.bind(lambda call: call.given["account"], Id())
    version = compiler.bind(lambda call: call.given["version"], Integer())
    mine = select(t.account.c.version == version).where(t.account.c.id == account).scalar_subquery()
    return and_(same, mine)


def _reader(compiled: SQLCompiler, name: str, getters: Mapping[str, Getter], dialect: Dialect) -> Reader:
    bind = compiled.binds[name]
    processor = bind.type.dialect_impl(dialect).bind_processor(dialect)
    getter = getters.get(name)
    if getter is None:
        constant = bind.effective_value if processor is None else processor(bind.effective_value)
        return lambda _: constant
    if processor is None:
        return getter
    return lambda call: processor(getter(call))


def given(actor: Actor) -> dict[str, Any]:
    """Return what the edge binds of an actor."""
    return {"account": actor.account_id, "version": actor.version, "epoch": actor.epoch}
