"""The documents, their variables, and the one form to which every peer's answer is brought."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg

from benchmarks.place import MADE, Place

FOLDER: Final = Path(__file__).parent / "documents"
NAMES: Final = ("Q1", "Q2", "Q3", "Q4", "Q4r", "Q5", "M1")
WRITE: Final = "M"
ACTORS: Final = ("grid_worker", "street_admin", "district_admin", "city_admin")
KEY: Final = "__KEY__"  # the load generator puts another one into each request
BODIES: Final = 300
PAGE: Final = 100
PUBLIC_ID: Final = re.compile(r"[a-z_]+_([0-9a-f]{8}-[0-9a-f-]{27})")
WORDS: Final = frozenset({"level", "kind", "state"})
INSTANTS: Final = frozenset({"createdAt", "updatedAt", "closedAt"})


@dataclass(frozen=True)
class Job:
    """A document for one peer: bodies to send in turn, as the caller of a token."""

    name: str
    peer: str
    bodies: Sequence[str]
    token: str | None

    @property
    def is_write(self) -> bool:
        return self.name.startswith(WRITE)


def jobs(place: Place, peer: str, dialect: str, names: Sequence[str]) -> list[Job]:
    """Return the jobs of a peer; documents that are not in its dialect are left out."""
    found = []
    for name in names:
        for actor in ACTORS if name == "Q5" else ("city_admin",):
            text = _text(dialect, name)
            if text is not None:
                label = f"Q5 {actor}" if name == "Q5" else name
                bodies = [_body(name, text, dialect, one) for one in _variables(place, name, actor)]
                found.append(Job(label, peer, bodies, place.tokens[actor]))
    return found


def _text(dialect: str, name: str) -> str | None:
    if dialect == "floor":
        file = FOLDER.parent / "peers" / "floor" / f"{name}.sql"
        return "" if file.exists() else None
    file = FOLDER / dialect / f"{name}.graphql"
    return file.read_text("utf-8") if file.exists() else None


def _body(name: str, text: str, dialect: str, variables: Mapping[str, Any]) -> str:
    values = dict(variables)
    if dialect in {"postgraphile", "strawberry"}:
        values = {key: bare(value) for key, value in values.items()}
    elif dialect == "linli" and name == "M1":
        values = {"input": {**values, "idempotencyKey": KEY}}
    body = {"operationName": name, "variables": values}
    return json.dumps(body | ({"query": text} if text else {}), ensure_ascii=False)


def _variables(place: Place, name: str, actor: str) -> list[dict[str, Any]]:
    city, generator = place.city, random.Random(name)
    match name:
        case "Q1":
            return [{"code": one.code} for one in generator.sample(city.cells, BODIES)]
        case "Q2":
            chosen = generator.sample(city.level("community"), min(BODIES, len(city.level("community"))))
            return [{"within": f"grid_{one.id}"} for one in chosen]
        case "Q3":
            return [{"within": f"grid_{one.id}"} for one in city.level("town")]
        case "Q4" | "Q4r":
            generator = random.Random("Q4")
            counties = city.level("county")
            cells = generator.sample(city.level("micro_grid"), min(BODIES, len(city.level("micro_grid"))))
            return [{"code": one.code, "county": f"grid_{generator.choice(counties).id}"} for one in cells]
        case "Q5":
            return [{"after": cursor} for cursor in _cursors(place, actor)]
        case _:
            chosen = generator.choices(city.level("community"), k=BODIES)
            made = {"category": "环境", "budgetFen": "1200000"}
            return [{"grid": f"grid_{one.id}", "name": f"{MADE}{n}", **made} for n, one in enumerate(chosen)]


def _cursors(place: Place, actor: str) -> list[str | None]:
    """Return cursors from which a full page follows in what an actor sees, and the beginning."""
    ranges = [(path, f"{path[:-1]}0") for path in place.anchors[actor]]
    where = " OR ".join("path >= %s AND path < %s" for _ in ranges)
    values = [end for one in ranges for end in one]
    rows = f"FROM core_resident WHERE {where}"
    with psycopg.connect(place.url) as connection:
        count = int(connection.execute(f"SELECT count(*) {rows}".encode(), values).fetchall()[0][0])
        usable = max(count - PAGE - 1, 1)
        step = max(usable // BODIES, 1)
        text = f"SELECT path || id AS cursor, row_number() OVER (ORDER BY path, id) AS nth {rows}"
        chosen = f"SELECT cursor FROM ({text}) found WHERE nth <= {usable} AND nth %% {step} = 0 ORDER BY nth"
        found = [str(row[0]) for row in connection.execute(chosen.encode(), values)]
    return [None, *found[:BODIES]]


def bare(value: Any) -> Any:
    """Return a public id without its type; anything else as it is."""
    match = PUBLIC_ID.fullmatch(value) if isinstance(value, str) else None
    return match[1] if match else value


def normal(answer: Any, name: str) -> Any:
    """Return an answer in the one form: bare ids, words in lower case, instants in UTC, plain lists.

    Cursors are opaque and each server's own; they are only checked to be those of the page's ends.
    """
    if answer.get("errors") or not answer.get("data"):
        raise ValueError(f"{name} was answered by {json.dumps(answer, ensure_ascii=False)[:400]}")
    data = answer["data"]
    if name == "M1":
        made = data["createProject"]
        made = made.get("project", made)
        data = {key: value for key, value in made.items() if key != "id"}
    return _plain(data)


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return _plain_object(value)
    if isinstance(value, str) and key in WORDS:
        return value.lower()
    if isinstance(value, str) and key in INSTANTS:
        return datetime.fromisoformat(value).astimezone(UTC)
    return bare(value)


def _plain_object(value: dict[str, Any]) -> Any:
    if "nodes" in value:
        return [_plain(one) for one in value["nodes"]]
    if "edges" in value:
        edges, info = value["edges"], dict(value["pageInfo"])
        ends = [edges[0]["cursor"], edges[-1]["cursor"]] if edges else [None, None]
        assert ends == [info.pop("startCursor"), info.pop("endCursor")], "cursors of the ends"
        return {"rows": [_plain(one["node"]) for one in edges], "info": info}
    if "statistics" in value:
        value = {key: one for key, one in value.items() if key != "statistics"} | value["statistics"]
    return {key: _plain(one, key) for key, one in sorted(value.items())}
