"""The source as the house tests see it: rooms, modules and their syntax trees."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = {
    "core": "linli",
    "policies": "linli_policies",
    "graphql": "linli_graphql",
    "plugins": "linli_plugins",
    "regions": "linli_regions",
}


@dataclass(frozen=True)
class Module:
    """One Python file; `place` is its path from the root, as it is written in tables."""

    place: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.place).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.place)

    @property
    def room(self) -> str:
        return self.place.split("/", 1)[0]

    @property
    def dotted(self) -> str:
        """The name it is imported by, for a module of a room: linli.database.sql."""
        parts = Path(self.place).with_suffix("").parts[1:]
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def importable(self) -> bool:
        """Whether Python imports it by name; Alembic loads its own files by path."""
        return "migrations" not in Path(self.place).parts

    def imports(self) -> Iterator[str]:
        """Every imported name in full: `from a.b import c` gives a.b.c, relative imports resolved."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                yield from (f"{base}.{alias.name}" for alias in node.names)

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.dotted.split(".")
        drop = node.level - self.place.endswith("/__init__.py")
        parents = package[: len(package) - drop]
        return ".".join([*parents, *([node.module] if node.module else [])])


@cache
def files() -> tuple[str, ...]:
    """Every file of the project: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    places = sorted(set(filter(None, listed.stdout.split("\0"))))
    return tuple(place for place in places if (ROOT / place).is_file())


@cache
def modules() -> tuple[Module, ...]:
    """The Python files of the rooms."""
    return tuple(Module(place) for place in files() if place.endswith(".py") and place.split("/")[0] in ROOMS)


@cache
def all_python() -> tuple[Module, ...]:
    """The Python files of the rooms and of the tests."""
    tests = (Module(place) for place in files() if place.endswith(".py") and place.startswith("tests/"))
    return (*modules(), *tests)


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")
