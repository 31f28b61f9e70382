"""A production place as `linli init` leaves it: what strangers are not shown, and nobody's data in it."""

import json
import sqlite3
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from linli.commands.main import application
from tests.support.server import ServerProcess, running

OPEN = """[server]
console = true
introspection = true
suggestions = true
metrics_token = "a-token-for-figures"
"""
ORIGIN = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}


def run(*arguments: str | Path, **environ: str) -> Result:
    return CliRunner().invoke(application(), list(map(str, arguments)), env={"LINLI_LANG": "en", **environ})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of a place made by `linli init` and `linli migrate`, and nothing else."""
    folder = tmp_path_factory.mktemp("place")
    config = folder / "linli.toml"
    assert run("init", folder).exit_code == 0
    assert run("migrate", "-c", config).exit_code == 0
    return config


@pytest.fixture(scope="module")
def port(place: Path) -> Iterator[int]:
    with running(ServerProcess(place)) as server:
        yield server.port


class Answer:
    """What a server said to a stranger."""

    def __init__(self, port: int, method: str, path: str, body: str | None = None, **headers: str) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            self.status, self.text = answer.status, answer.read().decode()
            self.headers = {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()


def asked(port: int, query: str, **headers: str) -> tuple[Answer, Any]:
    answer = Answer(port, "POST", "/graphql", json.dumps({"query": query}), **headers)
    return answer, json.loads(answer.text)


@pytest.mark.case(106, 301)
def test_strangers_find_no_console_no_schema_and_no_hints(port: int) -> None:
    for path in (
        "/graphiql",
        "/graphiql/",
        "/",
        "/docs",
        "/playground",
        "/graphql/schema",
        "/static/page.js",
    ):
        assert Answer(port, "GET", path).status in (400, 404), path
    for query in ("{ __schema { types { name } } }", '{ __type(name: "Resident") { name } }'):
        _, said = asked(port, query)
        assert said["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED", said
        assert not said.get("data")
    for query in ("{ gridd { name } }", '{ grid(code: "x") { nam } }', '{ grid(cod: "x") { name } }'):
        answer, said = asked(port, query)
        assert said["errors"]
        assert "did you mean" not in answer.text.lower()


@pytest.mark.case(301)
def test_nothing_is_traced_told_or_shared(port: int) -> None:
    answer, said = asked(port, '{ grid(code: "x") { name } }', Origin="https://evil.example")
    assert set(said) == {"data"}, "an answer carries no tracing"
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "server"]
    preflight = Answer(port, "OPTIONS", "/graphql", None, **ORIGIN)
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    for method, path, body in (("GET", "/nope", None), ("POST", "/graphql", "{"), ("POST", "/graphql", "[]")):
        told = Answer(port, method, path, body).text
        assert not [word for word in ("Traceback", ".py", "line ") if word in told]


@pytest.mark.case(301)
def test_a_new_place_holds_nobody_and_takes_no_demo(place: Path) -> None:
    file = place.parent / "var" / "linli.db"
    tables = ("core_account", "core_resident", "core_grid", "core_assignment", "core_token")

    def rows() -> list[int]:
        connection = sqlite3.connect(file)
        try:
            return [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables]
        finally:
            connection.close()

    assert rows() == [0] * len(tables)
    done = run("demo", "--folder", place.parent)
    assert (done.exit_code, "production" in done.output) == (78, True)
    assert rows() == [0] * len(tables)
    assert not (place.parent / "demo.json").exists()
    for name in ("linli.key", "backup.key"):
        assert (file.parent / name).stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


@pytest.mark.case(301)
def test_each_is_switched_on_by_a_word_and_the_doctor_tells(place: Path, tmp_path: Path) -> None:
    config = tmp_path / "linli.toml"
    config.write_text(place.read_text(encoding="utf-8").replace("[server]\n", OPEN), encoding="utf-8")
    assert run("init", tmp_path / "other").exit_code == 0
    (tmp_path / "other" / "var").rename(tmp_path / "var")
    assert run("migrate", "-c", config).exit_code == 0
    with running(ServerProcess(config)) as server:
        assert Answer(server.port, "GET", "/graphiql").status == 200
        assert asked(server.port, "{ __schema { queryType { name } } }")[1]["data"]
        assert "did you mean" in asked(server.port, "{ gridd { name } }")[0].text.lower()
        assert Answer(server.port, "GET", "/metrics").status == 401
        token = {"Authorization": "Bearer a-token-for-figures"}
        assert Answer(server.port, "GET", "/metrics", **token).status == 200
    told = run("doctor", "-c", config).output
    assert told.count("is switched on in production") == 3
    assert "is switched on" not in run("doctor", "-c", place).output
