"""How fast values that Python computes reach an answer: one field on 200 nodes, grafted and by graphql-core.

    python -m benchmarks.grafts [--rounds 7]

Both begin with the same rows: grafting with the JSON that a statement gave, graphql-core with the decoded
rows, which spares it the decoding. Both end with bytes.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

import orjson
from graphql import build_schema, execute_sync, parse
from linli_graphql.declare.fields import Grafted
from linli_graphql.declare.kinds import Scalar
from linli_graphql.plan.parts import Graft
from linli_graphql.service.graft import graft

NODES: Final = 200
CALLS: Final = 50
SDL: Final = """
type Resident { id: ID! name: String! version: Int! initial: String! }
type Connection { nodes: [Resident!]! }
type Query { residents: Connection! }
"""
DOCUMENT: Final = "{ residents { nodes { id name version initial } } }"
HIDDEN: Final = ".initial.name"


def initials(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the first character of each name; the work itself is to be nothing."""
    return [row["name"][:1] for row in rows]


def rows() -> list[dict[str, Any]]:
    """Return what a statement would give."""
    return [{"id": f"resident_{n}", "name": f"王{n}", "version": 1} for n in range(NODES)]


def grafted() -> Callable[[], bytes]:
    """Return the way of the planner: the statement's text in, the answer out."""
    text = orjson.dumps(
        {"residents": {"nodes": [{**row, "initial": None, HIDDEN: row["name"]} for row in rows()]}}
    )
    declared = Grafted(needs=("name",), resolve=initials, kind=Scalar.STRING, description="Initial.")
    place = Graft(("residents", "nodes"), "initial", (("name", HIDDEN),), declared)

    def answer() -> bytes:
        data = orjson.loads(text)
        assert not graft(data, (place,))
        return orjson.dumps({"data": data})

    return answer


def executed() -> Callable[[], bytes]:
    """Return the way of graphql-core's executor, with a resolver for the one field."""
    schema, document = build_schema(SDL), parse(DOCUMENT)
    resident: Any = schema.type_map["Resident"]
    resident.fields["initial"].resolve = lambda row, _info: row["name"][:1]
    root = {"residents": {"nodes": rows()}}

    def answer() -> bytes:
        result = execute_sync(schema, document, root_value=root)
        return orjson.dumps({"data": result.data})

    return answer


def seconds(work: Callable[[], bytes]) -> float:
    """Return the time of one call, from a run of several."""
    began = time.perf_counter()
    for _ in range(CALLS):
        work()
    return (time.perf_counter() - began) / CALLS


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.grafts", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    ways = {"grafted": grafted(), "graphql-core": executed()}
    same = {name: orjson.loads(work()) for name, work in ways.items()}
    assert same["grafted"] == same["graphql-core"], same
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            taken[name].append(seconds(work))
    for name, found in taken.items():
        print(f"{name:13} {1e6 * median(found):8.1f} µs")
    print(f"ratio         {median(taken['graphql-core']) / median(taken['grafted']):8.1f}")


if __name__ == "__main__":
    main()
