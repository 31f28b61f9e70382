"""What random documents have met so far; too little is a failure that names what was missed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

from linli_graphql.declare import fields as f
from linli_graphql.declare.registry import Registry
from tests.policies.seeds import say

DEEP = 3
STEPS, FADE = 5, 0.6
KINDS = (
    f.Column,
    f.Computed,
    f.PublicId,
    f.Sensitive,
    f.ToOne,
    f.ToAny,
    f.ToMany,
    f.Connection,
    f.Part,
    f.Grafted,
    f.RootOne,
    f.RootSelf,
    f.RootNode,
    f.RootNodes,
    f.RootResolver,
)


@dataclass(frozen=True)
class Goal:
    """A field, or an argument of one, that is to be met."""

    owner: str
    field: str
    argument: str | None = None

    @property
    def rows_of(self) -> str:
        """The type whose rows must be seen."""
        return self.owner.removesuffix("Connection").removesuffix("Edge")

    @classmethod
    def of(cls, name: str) -> "Goal":
        """Return the goal of a name as coverage has it: `Type.field` or `Type.field(argument)`."""
        owner, _, rest = name.partition(".")
        field, bracket, _ = rest.partition("(")
        return cls(owner, field, name if bracket else None)


@dataclass
class Coverage:
    """Counts of what was met: a field when it was resolved, an argument when it came with a value."""

    wanted: dict[str, frozenset[str]]
    input_types: dict[str, str] = field(default_factory=dict)
    met: dict[str, Counter[str]] = field(default_factory=dict)
    documents: int = 0
    answers: int = 0
    deep: int = 0

    def __post_init__(self) -> None:
        self.met = {what: Counter() for what in self.wanted}

    def meet_field(self, parent: str, name: str, arguments: dict[str, Any]) -> None:
        self.met["fields"][f"{parent}.{name}"] += 1
        for argument, value in arguments.items():
            if value is not None:
                self.met["arguments"][f"{parent}.{name}({argument})"] += 1
            if isinstance(value, dict):
                owner = self.input_types[f"{parent}.{name}({argument})"]
                self.met["inputs"].update(f"{owner}.{key}" for key, one in value.items() if one is not None)

    def meet_kind(self, declared: f.Field) -> None:
        self.met["kinds"][type(declared).__name__] += 1

    def meet_answer(self, persona: str, depth: int) -> None:
        self.met["personas"][persona] += 1
        self.answers += 1
        self.deep += depth >= DEEP

    def fresh(self) -> "Coverage":
        """Return an empty coverage of the same things."""
        return Coverage(self.wanted, self.input_types)

    def add(self, other: "Coverage") -> None:
        """Count what another has met."""
        for what, met in other.met.items():
            self.met[what].update(met)

    def new_in(self, other: "Coverage") -> int:
        """Return how much another has met that this has not."""
        return sum(
            name not in self.met[what]
            for what, met in other.met.items()
            for name in met
            if name in self.wanted[what]
        )

    @property
    def goals(self) -> list[Goal]:
        """The fields and arguments that were not met yet; for keys of an input, an argument that takes it."""
        gone = [
            name for what in ("fields", "arguments") for name in self.wanted[what] - self.met[what].keys()
        ]
        inputs = {name.partition(".")[0] for name in self.wanted["inputs"] - self.met["inputs"].keys()}
        gone += [key for key, input_type in self.input_types.items() if input_type in inputs]
        return [Goal.of(name) for name in sorted(gone)]

    def missed(self) -> list[str]:
        """Return what was never met, by name."""
        return [
            f"{what}: {', '.join(gone)}"
            for what, wanted in self.wanted.items()
            if (gone := sorted(wanted - self.met[what].keys()))
        ]

    def tell(self) -> str:
        """Print how far it went."""
        parts = [
            f"{sum(name in self.met[what] for name in wanted)}/{len(wanted)} {what}"
            for what, wanted in self.wanted.items()
        ]
        share = 100 * self.deep // max(self.answers, 1)
        told = (
            f"{self.documents} documents, {self.answers} answers, {share} % of them deep; {', '.join(parts)}"
        )
        say(told)
        return told

    def check(self) -> None:
        """Fail where too little was met."""
        self.tell()
        assert not self.missed(), "\n".join(self.missed())
        assert self.deep * 10 >= self.answers * 3, f"{self.deep} of {self.answers} answers are deep"


def pulls(schema: GraphQLSchema, coverage: Coverage) -> dict[str, float]:
    """Return how much there is to be met at each type and, counting less with each step, beyond it."""
    types = {one.name: one for one in reachable(schema)}
    own = {name: _unmet(one, coverage) for name, one in types.items()}
    node = [one.name for one in types.values() if one.interfaces]
    beyond = {
        name: {get_named_type(each.type).name for each in one.fields.values()} & {*types, "Node"}
        for name, one in types.items()
    }
    found = {**own, "Node": 0.0}
    for _ in range(STEPS):
        found = {
            name: own[name] + FADE * max((found[to] for to in beyond[name]), default=0.0) for name in own
        }
        found["Node"] = FADE * max(found[name] for name in node)
    return found


@cache
def steps_to(schema: GraphQLSchema, goal: str) -> dict[str, int]:
    """Return how many fields lead from each type to another, by the shortest way."""
    found, now = {goal: 0}, {goal}
    while now:
        now = {
            one.name
            for one in reachable(schema)
            if one.name not in found
            and {get_named_type(each.type).name for each in one.fields.values()} & now
        }
        found |= dict.fromkeys(now, max(found.values()) + 1)
    return found


def _unmet(one: GraphQLObjectType, coverage: Coverage) -> float:
    fields, arguments = coverage.met["fields"], coverage.met["arguments"]
    keys = [f"{one.name}.{name}" for name in one.fields]
    given = [
        f"{key}({name})" for key, each in zip(keys, one.fields.values(), strict=True) for name in each.args
    ]
    return 0.1 + sum(fields[key] == 0 for key in keys) + 0.3 * sum(arguments[key] == 0 for key in given)


def coverage_of(schema: GraphQLSchema, registry: Registry, personas: list[str]) -> Coverage:
    """Return an empty coverage of everything that can be reached from Query."""
    declared = [
        *registry.roots.values(),
        *(one for t in registry.types.values() for one in t.fields.values()),
    ]
    kinds = {type(one).__name__ for one in declared}
    assert {one.__name__ for one in KINDS} <= kinds, "the schema under test lacks a kind of field"
    reached = reachable(schema)
    arguments = list(_arguments(reached))
    inputs = {name: kind for name, kind in arguments if isinstance(kind, GraphQLInputObjectType)}
    return Coverage(
        {
            "fields": frozenset(f"{one.name}.{name}" for one in reached for name in one.fields),
            "arguments": frozenset(name for name, _ in arguments),
            "inputs": frozenset(f"{kind.name}.{key}" for kind in inputs.values() for key in kind.fields),
            "kinds": frozenset(kinds),
            "personas": frozenset(personas),
        },
        {name: kind.name for name, kind in inputs.items()},
    )


@cache
def reachable(schema: GraphQLSchema) -> list[GraphQLObjectType]:
    """Return the object types to which a query can come."""
    waiting: list[Any] = [schema.query_type]
    found: dict[str, GraphQLObjectType] = {}
    while waiting:
        one = get_named_type(waiting.pop())
        if isinstance(one, GraphQLInterfaceType):
            waiting += schema.get_possible_types(one)
        elif isinstance(one, GraphQLObjectType) and one.name not in found:
            found[one.name] = one
            waiting += [each.type for each in one.fields.values()]
    return list(found.values())


def _arguments(types: list[GraphQLObjectType]) -> Iterator[tuple[str, Any]]:
    for one in types:
        for name, each in one.fields.items():
            for argument, given in each.args.items():
                yield f"{one.name}.{name}({argument})", get_named_type(given.type)
