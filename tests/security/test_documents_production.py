"""The server as an operator starts it in earnest: it tells strangers nothing of its schema."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import get_introspection_query

from linli.database.database import open_database
from linli.database.migrate import CORE_LINE, migrate
from tests.support.server import ServerProcess, running, write_config

INTROSPECTION = (
    get_introspection_query(),
    "{__schema {queryType {name}}}",
    '{a: __type(name: "Resident") {fields {name}}}',
    "{...F} fragment F on Query {...G} fragment G on Query {__schema {types {name}}}",
    "{... on Query {... {__schema {types {name}}}}}",
    "query A {__typename} query B {__schema {types {name}}}",
)
NEAR: tuple[tuple[str, dict[str, Any]], ...] = (
    ("{resident}", {}),
    ("{residentss {totalCount}}", {}),
    ("{residents {nodes {nam}}}", {}),
    ("{residents(frst: 1) {totalCount}}", {}),
    ("{residents(where: {grdi: 1}) {totalCount}}", {}),
    ("{residents(orderBy: {field: NAM}) {totalCount}}", {}),
    ("query ($o: ResidentOrde) {residents(orderBy: $o) {totalCount}}", {}),
    ("query ($o: ResidentOrder) {residents(orderBy: $o) {totalCount}}", {"o": {"field": "NAM"}}),
    ("query ($o: ResidentOrder) {residents(orderBy: $o) {totalCount}}", {"o": {"feld": "NAME"}}),
    ("mutation {createResiden(input: {}) {errors {code}}}", {}),
    ("{node(id: 1) {... on Residen {id}}}", {}),
    ("{__typename @skp(if: true)}", {}),
    ("{...F} fragment E on Query {__typename}", {}),
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server of an empty place, with the profile `production` and nothing else set."""
    folder = tmp_path_factory.mktemp("production")
    config = write_config(folder, f"sqlite:///{folder / 'linli.db'}")
    database = open_database(f"sqlite:///{folder / 'linli.db'}")
    migrate(database, [CORE_LINE])
    database.engine.dispose()
    _unlimited(config)
    with running(ServerProcess(config)) as server:
        yield server.port


def _unlimited(config: Path) -> None:
    """Leave every limit as it is without a word about it."""
    text = config.read_text("utf-8")
    config.write_text(text.replace("requests_per_second = 0", ""), encoding="utf-8")


def ask(port: int, path: str, body: Any = None) -> tuple[int, str]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - as above
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.case(106)
def test_strangers_learn_nothing_of_the_schema(port: int) -> None:
    for query in INTROSPECTION:
        body = {"query": query, "operationName": "B" if "query B" in query else None}
        status, text = ask(port, "/graphql", body)
        assert (status, json.loads(text)["errors"][0]["extensions"]["code"]) == (
            400,
            "INTROSPECTION_DISABLED",
        ), query
    for path in ("/graphql?query={__schema{queryType{name}}}", "/graphql?sdl", "/graphql"):
        assert ask(port, path)[0] >= 400
    for path in ("/graphiql", "/schema.graphql", "/sdl", "/graphql/schema", "/graphiql/static/console.js"):
        assert ask(port, path)[0] == 404, path


@pytest.mark.case(106, 107)
@pytest.mark.parametrize(("query", "variables"), NEAR)
def test_no_error_suggests_a_name(port: int, query: str, variables: dict[str, Any]) -> None:
    status, text = ask(port, "/graphql", {"query": query, "variables": variables})
    assert status == 400, text
    assert "Did you mean" not in text
    for name in ("residents(", "name", "first", "createResident", '"grid"', "@skip"):
        assert name not in text.replace("operationName", ""), text


@pytest.mark.case(281)
def test_a_flood_is_refused_by_default(port: int) -> None:
    found = [ask(port, "/graphql", {"query": "{__typename}"})[0] for _ in range(600)]
    assert found[0] == 200
    assert found[-1] in (200, 429)
    assert 429 in found
    assert ask(port, "/healthz")[0] == 200
