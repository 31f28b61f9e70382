"""Doors are few: each thing in these tables enters the house at one named place only."""

import ast
from dataclasses import dataclass

import pytest

from tests.house.source import Module, is_within, modules


@dataclass(frozen=True)
class Door:
    """`name` may be imported below `place` only, by at most `most` files."""

    name: str
    place: str
    most: int | None = None


DOORS = [
    Door("casbin", "policies/linli_policies/", most=1),
    Door("graphql", "graphql/linli_graphql/"),
    Door("starlette", "graphql/linli_graphql/"),
    Door("starlette.applications", "graphql/linli_graphql/", most=1),
    Door("uvicorn", "graphql/linli_graphql/", most=1),
    Door("httpx2", "graphql/linli_graphql/sign_in/", most=2),
    Door("joserfc", "graphql/linli_graphql/sign_in/", most=1),
    Door("importlib.metadata.entry_points", "core/linli/plugins/discovery.py", most=1),
    Door("python_calamine", "core/linli/importing/", most=1),
    Door("xlsxwriter", "core/linli/exporting/", most=1),
    Door("strawberry", "nowhere"),
]
COMMITS_BELOW = "core/linli/database/"
STATEMENTS = {"exec_driver_sql", "execute", "executemany", "executescript", "fetch", "fetchrow", "fetchval"}

# file -> why its SQL is put together from pieces, and what keeps a stranger's words out of it
ASSEMBLED_SQL: dict[str, str] = {
    "core/linli/database/sqlite.py": "EXPLAIN before a statement that the planner made; its values are bound",
}


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_it_is_imported_behind_its_door_only(door: Door) -> None:
    users = [module.place for module in modules() if any(is_within(n, door.name) for n in module.imports())]
    astray = [place for place in users if not place.startswith(door.place)]
    assert not astray, f"{door.name} is imported below {door.place} only"
    assert door.most is None or len(users) <= door.most, f"{door.name} has too many doors: {users}"


def test_only_the_database_commits() -> None:
    astray = [
        f"{module.place}:{call.lineno}"
        for module in modules()
        if not module.place.startswith(COMMITS_BELOW)
        for call, name in _method_calls(module)
        if name == "commit"
    ]
    assert not astray, f"a verb never commits; the edge does, below {COMMITS_BELOW}"


def test_sql_is_never_put_together_from_strings() -> None:
    astray = [
        f"{module.place}:{call.lineno}"
        for module in modules()
        if module.place not in ASSEMBLED_SQL
        for call in _statements(module)
        if _is_assembled(call.args[0])
    ]
    assert not astray, "bind values as parameters, or name the file and the reason in ASSEMBLED_SQL"


def test_every_named_door_is_in_use_and_says_why() -> None:
    used = {m.place for m in modules() if any(_is_assembled(call.args[0]) for call in _statements(m))}
    assert set(ASSEMBLED_SQL) <= used, "strike what is no longer needed"
    assert all(len(reason.split()) > 3 for reason in ASSEMBLED_SQL.values())


@pytest.mark.parametrize(
    ("code", "assembled"),
    [
        ("f'SELECT {x}'", True),
        ("'SELECT ' + x", True),
        ("'SELECT %s' % x", True),
        ("'SELECT {}'.format(x)", True),
        ("f'SELECT 1'", False),
        ("'SELECT 1'", False),
        ("'SELECT ' 'x'", False),
        ("select(x) + y", False),
    ],
)
def test_what_counts_as_put_together(code: str, *, assembled: bool) -> None:
    assert _is_assembled(ast.parse(code, mode="eval").body) is assembled


def _method_calls(module: Module) -> list[tuple[ast.Call, str]]:
    calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    return [(call, call.func.attr) for call in calls if isinstance(call.func, ast.Attribute)]


def _statements(module: Module) -> list[ast.Call]:
    """Calls that take SQL as text: methods that execute it, and SQLAlchemy's text()."""
    calls = [call for call, name in _method_calls(module) if name in STATEMENTS]
    return [call for call in (*calls, *_texts(module)) if call.args]


def _texts(module: Module) -> list[ast.Call]:
    calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    return [call for call in calls if ast.unparse(call.func) in {"text", "sa.text", "sqlalchemy.text"}]


def _is_assembled(node: ast.expr) -> bool:
    match node:
        case ast.JoinedStr(values):
            return any(isinstance(value, ast.FormattedValue) for value in values)
        case ast.BinOp(left, ast.Add() | ast.Mod(), right):
            return _is_text(left) or _is_text(right)
        case ast.Call(ast.Attribute(value, "format" | "join")):
            return _is_text(value)
    return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
