"""Documents that walk many paths at once: what begins alike is written once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from graphql import OverlappingFieldsCanBeMergedRule, parse, validate

from tests.security.proof.paths import Graph, Hop

MOST_HOPS: Final = 14  # of one document; few, so that personas share what is planned for one of them
MOST_ROWS: Final = 90_000  # what a plan may return, with room to spare
Path = tuple[Hop, ...]
PAGE: Final = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
# Root fields that cannot be asked without arguments, and of what kind their variables are.
ARGUMENTS: Final = {
    "grid": ("(code: $code)", {"code": "String!"}),
    "statistics": ("(within: $within)", {"within": "ID!"}),
    "explainAccess": ("(permission: $permission, node: $within)", {"permission": "String!", "within": "ID!"}),
    "previewGridChange": ("(grids: $grids, to: $within)", {"grids": "[ID!]!", "within": "ID!"}),
    "creditRuleTrial": ("(measure: $measure, rule: $rule)", {"measure": "ID!", "rule": "String!"}),
    "creditFigures": ("(bank: $bank, month: $month)", {"bank": "ID!", "month": "Date!"}),
}


@dataclass
class Tree:
    """Paths that begin alike; `cost` is how many rows they can give."""

    below: dict[Hop, "Tree"] = field(default_factory=dict)
    hops: int = 0
    cost: int = 0

    def add(self, path: Path) -> None:
        tree, rows = self, 1
        for hop in path:
            rows *= hop.rows
            if hop not in tree.below:
                tree.below[hop] = Tree()
                self.hops, self.cost = self.hops + 1, self.cost + rows
            tree = tree.below[hop]


@dataclass(frozen=True)
class Document:
    """A document, and the paths that it walks; `variables` are its variables, those of ids by their type."""

    text: str
    paths: tuple[Path, ...]
    variables: tuple[str, ...]


def documents(graph: Graph, paths: Iterable[Path], *, whole: bool = False) -> Iterator[Document]:
    """Yield documents that walk all the paths; those that begin alike should come together.

    `whole` asks for every field of whatever stands on the way, and not only for what can show a canary.
    """
    tree, walked = Tree(), list[Path]()
    for path in paths:
        if walked and (tree.hops > MOST_HOPS or tree.cost + _rows(path) > MOST_ROWS):
            yield from _sound(graph, walked, whole=whole)
            tree, walked = Tree(), []
        tree.add(path)
        walked.append(path)
    if walked:
        yield from _sound(graph, walked, whole=whole)


def _sound(graph: Graph, paths: list[Path], *, whole: bool) -> Iterator[Document]:
    """Yield a document, or several where fields of one name would clash in it."""
    document = written(graph, paths, whole=whole)
    if len(paths) > 1 and validate(graph.schema, parse(document.text), [OverlappingFieldsCanBeMergedRule]):
        half = len(paths) // 2
        yield from _sound(graph, paths[:half], whole=whole)
        yield from _sound(graph, paths[half:], whole=whole)
    else:
        yield document


def _rows(path: Path) -> int:
    rows, whole = 1, 0
    for hop in path:
        rows *= hop.rows
        whole += rows
    return whole


def written(graph: Graph, paths: Iterable[Path], *, whole: bool = False) -> Document:
    """Return one document that walks the paths."""
    tree, walked = Tree(), tuple(paths)
    for path in walked:
        tree.add(path)
    writer = _Writer(graph, whole)
    body = " ".join(writer.root(hop, below) for hop, below in tree.below.items())
    declared = ", ".join(f"${name}: {kind}" for name, kind in writer.variables.items())
    head = f"query ({declared}) " if declared else "query "
    return Document(f"{head}{{ {body} }}", walked, tuple(writer.variables))


@dataclass
class _Writer:
    graph: Graph
    whole: bool
    variables: dict[str, str] = field(default_factory=dict)

    def root(self, hop: Hop, tree: Tree) -> str:
        """Write a root field; nodes by ids once for each type, so that ids of every type are asked for."""
        name = hop.fields[0]
        if name not in ("node", "nodes"):
            arguments, variables = ARGUMENTS.get(name, ("", {}))
            self.variables |= variables
            return self._field(hop, tree, arguments)
        owners: dict[str, dict[Hop, Tree]] = {}
        for below, deeper in tree.below.items():
            owners.setdefault(below.owner, {})[below] = deeper
        asked = []
        for owner in owners or dict.fromkeys(self.graph.concrete("Node")):
            variable = owner if name == "nodes" else f"one{owner}"
            self.variables[variable] = "[ID!]!" if name == "nodes" else "ID!"
            given = f"ids: ${variable}" if name == "nodes" else f"id: ${variable}"
            inside = self._of_type(owner, Tree(owners.get(owner, {})))
            asked.append(f"{name}{owner}: {name}({given}) {{ ... on {owner} {{ {inside} }} }}")
        return " ".join(asked)

    def _field(self, hop: Hop, tree: Tree, arguments: str = "") -> str:
        inner = self._of_target(hop.target, tree)
        if len(hop.fields) == 1:
            return f"{hop.fields[0]}{arguments} {{ {inner} }}"
        page, many = hop.fields[0], " ".join(hop.fields[1:])
        around = f"{many} {{ {inner} }}" if many == "nodes" else f"edges {{ cursor node {{ {inner} }} }}"
        extra = f"{PAGE} " if hop.owner == "Query" else ""
        return f"{page}(first: {hop.rows}) {{ {extra}{around} }}"

    def _of_target(self, target: str, tree: Tree) -> str:
        if self.graph.concrete(target) == (target,):
            return self._of_type(target, tree)
        owners: dict[str, Tree] = {}
        for hop, below in tree.below.items():
            owners.setdefault(hop.owner, Tree()).below[hop] = below
        parts = [f"... on {owner} {{ {self._of_type(owner, one)} }}" for owner, one in owners.items()]
        return " ".join(parts or ["__typename id"])

    def _of_type(self, name: str, tree: Tree) -> str:
        leaves = self.graph.leaves(name) if self.whole else self.graph.told(name)
        return " ".join([*leaves, *(self._field(hop, below) for hop, below in tree.below.items())])
