"""Every list of the plugins equals, row by row, what a separate evaluator allows; for all personas."""

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import orjson

from linli.ids import public_id
from linli_graphql.declare import fields as f
from linli_graphql.service.service import Incoming
from tests.policies.seeds import say, seeded
from tests.support.fuzz.judge import Judge
from tests.support.fuzz.pages import Pager
from tests.support.fuzz.place import ENABLED, Place, Way, opened, plugins
from tests.support.postgres import PostgresServer

MOST = 200


def _roots(place: Place) -> dict[str, f.ObjectType]:
    """The lists of the plugins, by their root fields."""
    types = place.composition.registry.types
    lists = {
        name: types[one.target]
        for name, one in place.composition.registry.roots.items()
        if isinstance(one, f.Connection)
    }
    return {
        name: one
        for name, one in lists.items()
        if one.table is not None and one.table.name.partition("__")[0] in ENABLED
    }


def _allowed(place: Place, judge: Judge, one: f.ObjectType, *, closed: bool) -> dict[str, Any]:
    reference = place.reference
    pager = Pager(reference.registry, reference.tables, judge)
    rows = [row for row in reference.tables.rows(one) if judge.sees(one, row)]
    if one.open_column is not None:
        rows = [row for row in rows if pager.current(one, row) is not closed]
    ordered = sorted(rows, key=lambda row: (row["path"], row["id"]))
    ids = [{"id": public_id(str(one.node_type), row["id"])} for row in ordered]
    return {"totalCount": len(ids), "nodes": ids}


async def test_every_list_of_the_plugins_equals_what_the_evaluator_allows(
    tmp_path: Path, postgres_server: PostgresServer
) -> None:
    generator, seen = seeded("lists of plugins"), Counter[str]()
    with plugins(tmp_path / "site"), postgres_server.database() as url:
        urls = [f"sqlite:///{tmp_path / 'linli.db'}", url]
        async with opened(tmp_path, urls, generator) as place:
            roots = _roots(place)
            for (name, judge), closed in product(place.judges.items(), (False, True)):
                expected = {root: _allowed(place, judge, one, closed=closed) for root, one in roots.items()}
                for way in (one for one in place.ways if one.name.startswith("plan")):
                    found = await _lists(way, place.tokens.get(name), roots, closed=closed)
                    assert found == expected, (way.name, name, closed)
                seen.update({root: page["totalCount"] for root, page in expected.items()})
            hidden = [root for root, one in roots.items() if not _seen_by_all(place, one)]
    say(f"{sum(seen.values())} rows in {len(roots)} lists for {len(place.judges)} personas")
    assert all(seen[root] for root in roots), seen
    assert len(hidden) > len(roots) / 3, hidden


def _seen_by_all(place: Place, one: f.ObjectType) -> bool:
    return all(
        judge.sees(one, row) for judge in place.judges.values() for row in place.reference.tables.rows(one)
    )


async def _lists(
    way: Way, token: str | None, roots: dict[str, f.ObjectType], *, closed: bool
) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for root, one in roots.items():
        where = ", where: {closed: true}" if closed and one.open_column else ""
        query = f"{{ {root}(first: {MOST}{where}) {{ totalCount nodes {{ id }} }} }}"
        answer = orjson.loads(await way.service.execute(Incoming(query, {}, token=token)))
        assert "errors" not in answer, answer
        data |= answer["data"]
    return data
