"""A change of territory that is refused leaves the place as it was."""

from collections.abc import Mapping
from typing import Any

from linli import model as t
from tests.graphql.serving import Place, Served
from tests.graphql.settled import assert_sound, changed, content, refused, workers

REFUSALS: tuple[tuple[str, str, dict[str, Any], str, list[str]], ...] = (
    ("city", "moveGrid", {"grid": "north", "to": "t1"}, "INVALID_INPUT", ["level"]),
    ("city", "moveGrid", {"grid": "north", "to": "n1"}, "INVALID_INPUT", ["to"]),
    ("city", "moveGrid", {"grid": "north", "to": "town"}, "INVALID_INPUT", ["to"]),
    ("city", "moveGrid", {"grid": "north", "to": "hill", "version": 7}, "CONFLICT", ["version"]),
    ("city", "closeGrid", {"grid": "n3", "version": 7}, "CONFLICT", ["version"]),
    ("city", "closeGrid", {"grid": "n1"}, "INVALID_INPUT", ["grid"]),
    ("city", "mergeGrids", {"grids": ["n11"], "into": "n2"}, "INVALID_INPUT", ["grids"]),
    ("city", "mergeGrids", {"grids": ["n2", "n1"], "into": "n1"}, "INVALID_INPUT", ["grids"]),
    ("city", "mergeGrids", {"grids": ["n2", "n2"], "into": "n1"}, "NOT_FOUND", ["grids"]),
    (
        "city",
        "splitGrid",
        {"grid": "n1", "parts": [{"name": "a", "remainder": True}, {"name": "b"}]},
        "INVALID_INPUT",
        ["parts"],
    ),
    ("city", "moveGrid", {"grid": "city", "to": "hill"}, "FORBIDDEN", ["grid"]),
    ("street", "moveGrid", {"grid": "town", "to": "county"}, "FORBIDDEN", ["grid"]),
    ("street", "moveGrid", {"grid": "north", "to": "hill"}, "FORBIDDEN", ["to"]),
    ("street", "moveGrid", {"grid": "top", "to": "town"}, "FORBIDDEN", ["grid"]),
    ("street", "mergeGrids", {"grids": ["t1"], "into": "n1"}, "FORBIDDEN", ["grids"]),
    (
        "north",
        "splitGrid",
        {"grid": "n1", "parts": [{"name": "a", "remainder": True}, {"name": "b"}]},
        "FORBIDDEN",
        ["grid"],
    ),
    ("new", "closeGrid", {"grid": "n3"}, "FORBIDDEN", ["grid"]),
)


async def test_a_refused_change_leaves_nothing_but_its_audit_row(own_town: Place) -> None:
    async with workers(own_town) as (served,):
        await _refuse(served, own_town.ids)
        assert_sound(served)


async def _refuse(served: Served, ids: Mapping[str, str]) -> None:
    before = content(served)
    for who, verb, inputs, code, path in REFUSALS:
        given = {name: _named(value, ids) for name, value in inputs.items()}
        error = await refused(served, who, verb, **given)
        assert (error["code"], error["path"]) == (code, path), (who, verb, inputs, error)
        after = content(served)
        audited = code != "CONFLICT"
        assert changed(before, after) == ({t.audit.name: 1} if audited else {}), (who, verb, inputs)
        before = after


def _named(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_named(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value
