"""Documents that ask for everything a schema has, and inputs that no client would send."""

import random
import re
from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
)

MOST_TOKENS: Final = 3_900
MOST_ALIASES: Final = 58
ODD: Final[tuple[Any, ...]] = (
    *(
        None,
        True,
        0,
        -1,
        1.5,
        2**31,
        2**63,
        10**40,
        "",
        " ",
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "\u202e",
        "\uffff",
    ),
    *(
        "x" * 3_000,
        "' OR 1=1--",
        "'; DROP TABLE residents; --",
        "1) UNION ALL VALUES (1",
        "%s%n%x",
        "../../etc",
    ),
    *("{{7*7}}", "{{''.__class__}}", "${7*7}", "{0.__class__}", "{path}", "2026-13-45", "NaN", "-0", "0x10"),
    *([], [[]], [None], {}, {"a": {"b": []}}, ["x"] * 60),
)


def fitting(schema: GraphQLSchema, kind: Any) -> list[str]:
    """Return selections of everything, as deep as a document may be; of an interface one for each type."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLInterfaceType):
        objects = schema.get_implementations(named).objects
        return [f"... on {one.name} {{ {inner} }}" for one in objects for inner in fitting(schema, one)]
    wanted = (everything(schema, kind, depth) for depth in (1, 0))
    return [next(one for one in wanted if _fits(one))]


def _fits(selection: str) -> bool:
    tokens, aliases = re.findall(r"\w+|[^\w\s]", selection), re.findall(r"\w: \w", selection)
    return len(tokens) < MOST_TOKENS and len(aliases) < MOST_ALIASES


def everything(schema: GraphQLSchema, kind: Any, depth: int) -> str:
    """Return a selection of all that a type has: personal values twice, in a fragment and by another name."""
    named = get_named_type(kind)
    if not isinstance(named, GraphQLObjectType):
        return "__typename id"
    found = ["__typename"]
    for name, field in named.fields.items():
        if is_leaf_type(get_named_type(field.type)):
            found.append(name)
        elif get_named_type(field.type).name == "Sensitive":
            found.append(
                f"{name} {{ state }} ... on {named.name} {{ other_{name}: {name} {{ value state }} }}"
            )
        elif depth > 0 and (inner := everything(schema, field.type, depth - 1)):
            first = "(first: 2)" if "first" in field.args else ""
            found.append(f"{name}{first} {{ {inner} }}")
    return " ".join(found)


def asked(name: str, field: GraphQLField, given: dict[str, Any]) -> str:
    """Return a root field with the arguments that it needs, from `given` by their names."""
    needed = [
        f"{key}: {given[key]}"
        for key, one in field.args.items()
        if isinstance(one.type, GraphQLNonNull) and key in given
    ]
    return f"{name}({', '.join(needed)})" if needed else name


def odd_input(kind: Any, ids: list[str], chance: random.Random) -> Any:
    """Return a value for an input: of its form here, and something that no client would send there."""
    if chance.random() < 0.15:
        return chance.choice(ODD)
    if isinstance(kind, GraphQLNonNull):
        return odd_input(kind.of_type, ids, chance)
    if is_list_type(kind):
        return [odd_input(kind.of_type, ids, chance) for _ in range(chance.randrange(4))]
    if isinstance(kind, GraphQLInputObjectType):
        return {name: odd_input(one.type, ids, chance) for name, one in kind.fields.items()}
    if isinstance(kind, GraphQLEnumType):
        return chance.choice(list(kind.values))
    plain: dict[str, list[Any]] = {
        "ID": list(ids),
        "Int": [1, 2],
        "Boolean": [True],
        "Date": ["2026-01-01"],
        "String": ["王小明", "事由说明"],
    }
    return chance.choice([*plain.get(kind.name, ["1"]), *(chance.choice(ODD) for _ in range(2))])
