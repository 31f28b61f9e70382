"""Documents that are small to send and dear to answer, by what they attack."""

from typing import Final

IDS: Final = ",".join(f'"grid_00000000-0000-7000-8000-{number:012d}"' for number in range(100))


def _inline(depth: int, width: int) -> str:
    if not depth:
        return "__typename"
    return " ".join("... on Query {" + _inline(depth - 1, width) + "}" for _ in range(width))


def _many(text: str, number: int) -> str:
    return " ".join(text.replace("#", str(one)) for one in range(number))


def _chain(length: int, each: str, last: str, on: str = "Query") -> str:
    """Fragments of which each spreads the next one; `each` has # for the next one's number."""
    links = [f"fragment F{one} on {on} {{{each.replace('#', str(one + 1))}}}" for one in range(length)]
    return f"{' '.join(links)} fragment F{length} on {on} {{{last}}}"


def _fan_out(levels: int, first: int) -> str:
    found = "id"
    for _ in range(levels - 1):
        found = f"children(first: {first}) {{nodes {{{found}}}}}"
    return f"{{grids(first: {first}) {{nodes {{{found}}}}}}}"


REFUSED: Final = {
    "inline fragments, 5 deep and 6 wide": f"{{{_inline(5, 6)}}}",
    "inline fragments, 10 deep and 2 wide": f"{{{_inline(10, 2)}}}",
    "fragments that double at each step": "{...F0} " + _chain(15, "...F# x: __typename ...F#", "__typename"),
    "fragments that spread each other many times": f"{{...F0}} {_chain(60, '...F# ' * 40, '__typename')}",
    "fragments that nest": f"{{grids {{nodes {{...F0}}}}}} {_chain(15, 'parent {...F#}', 'id', 'Grid')}",
    "hundreds of fragments": f"{{grids {{nodes {{{_many('...G#', 200)}}}}}}} "
    + _many("fragment G# on Grid {id name}", 200),
    "1,000 aliases": f"{{{_many('a#: __typename', 1_000)}}}",
    "10,000 aliases": f"{{{_many('a#: __typename', 10_000)}}}",
    "1,000 aliases of a mutation": f"mutation {{{_many('a#: __typename', 1_000)}}}",
    "61 aliases": f"{{{_many('a#: __typename', 61)}}}",
    "an alias of 10,000 letters": f"{{{'a' * 10_000}: __typename}}",
    "10,000 unknown directives": f"{{__typename {'@a ' * 10_000}}}",
    "10,000 directives": f"{{__typename {'@include(if: true) ' * 10_000}}}",
    "1,000 directives on one field": f"{{__typename {'@a ' * 1_000}}}",
    "62 directives": f"{{{'__typename @include(if: true) @skip(if: false) ' * 31}}}",
    "2,000 operations": _many("query A# {__typename}", 2_000),
    "6 operations": _many("query A# {__typename}", 6),
    "900 variables": f"query ({_many('$v#: Int', 900)}) {{__typename}}",
    "101 variables": f"query ({_many('$v#: Int', 101)}) {{__typename}}",
    "1,000 fields that nobody knows": f"{{{_many('x#', 1_000)}}}",
    "one field 400 times": f"{{{'__typename ' * 400}}}",
    "one list 60 times": f"{{{'grids {nodes {id parent {id}}} ' * 60}}}",
    "one field with 200 arguments that differ": "{" + _many('grid(code: "#") {id}', 200) + "}",
    "a selection 1,000 deep": "{" + "a {" * 1_000 + "b" + "}" * 1_001,
    "a selection 17 deep": "{viewer {" + "account {" * 15 + "id" + "}" * 17,
    "a value 1,400 deep": f"{{grids(first: {'[' * 1_400}{']' * 1_400}) {{totalCount}}}}",
    "rows that multiply, 4 lists of 100": _fan_out(4, 100),
    "rows that multiply, 3 lists of 200": _fan_out(3, 200),
    "more things than one plan holds": (
        f"{{grids {{nodes {{{'parent {id ' * 10}{'}' * 10} {_many('a#: children {nodes {id}}', 59)}}}}}}}"
    ),
    "the schema 60 times": f"{{{_many('a#: __schema {types {fields {args {name description}}}}', 60)}}}",
    "the schema in circles": "{__schema {types {fields {type {fields {type {fields {type {name}}}}}}}}}",
}
# Answered, but not for nothing.
ANSWERED: Final = {
    "a string of 250,000 letters": f'{{grid(code: "{"x" * 250_000}") {{id}}}}',
    "a comment of 250,000 letters": f"#{'x' * 250_000}\n{{__typename}}",
    "250,000 commas": f"{',' * 250_000}{{__typename}}",
    "40 repetitions": f"{{{'grids {nodes {id parent {id}}} ' * 40}}}",
    "100 ids of things with parents": (
        f"{{nodes(ids: [{IDS}]) {{... on Grid {{{'parent {' * 8}id{'}' * 8}}}}}}}"
    ),
    "59 parents": f"{{grids {{nodes {{{_many('a#: parent {id}', 59)}}}}}}}",
}
