"""What happens when something goes wrong behind the endpoint, or nobody waits for it any more."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from linli import model as t
from linli.database.database import Unavailable
from linli_graphql.service.service import Incoming
from linli_graphql.transport.app import AppOptions
from linli_graphql.transport.body import WhileWanted
from linli_graphql.transport.options import Limits
from tests.graphql.serving import Place, Served, serving

JSON, RESPONSE = "application/json", "application/graphql-response+json"
TYPENAME = "{ __typename }"
CANARY = "CNRY-13800005678"
TRUSTED = "query Grid($code: String!) { grid(code: $code) { name } }"
HASH = hashlib.sha256(TRUSTED.encode()).hexdigest()


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


class Hanging:
    """Stands in for an answer that never comes; tells what became of it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = False

    async def execute(self, _incoming: Incoming) -> bytes:
        self.begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return b"{}"


def raising(error: Exception) -> Any:
    async def execute(_incoming: Incoming) -> bytes:
        raise error

    return execute


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_a_fault_is_masked_and_logged_without_anybodys_data(
    served: Served, monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    monkeypatch.setattr(served.service, "execute", raising(ValueError(f"DETAIL: Key (phone)=({CANARY})")))
    headers = {"Accept": accept, "X-Request-Id": "request-7"}
    with capture_logs() as logs:
        answer = await served.post(TYPENAME, "north", headers, secret=CANARY)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (500, accept)
    [error] = answer.json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL", "requestId": "request-7"}
    [line] = [one for one in logs if one["log_level"] == "error"]
    assert (line["request_id"], line["fault"]) == ("request-7", "ValueError")
    for told in (answer.text, str(answer.headers), str(logs)):
        assert CANARY not in told
        assert served.place.tokens["north"] not in told


async def test_a_fault_outside_the_endpoint_is_masked_too(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object) -> bytes:
        raise ValueError(CANARY)

    monkeypatch.setattr("linli_graphql.transport.metrics.Metrics.text", broken)
    with capture_logs() as logs:
        answer = await served.client.get("/metrics")
    assert (answer.status_code, code(answer)) == (500, "INTERNAL")
    assert CANARY not in answer.text + str(logs)


async def test_a_database_that_is_away_is_503(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served.service, "execute", raising(Unavailable(f"host {CANARY} refused")))
    for accept in (JSON, RESPONSE):
        answer = await served.post(TYPENAME, headers={"Accept": accept})
        assert (answer.status_code, code(answer)) == (503, "UNAVAILABLE")
        assert answer.headers["retry-after"] == "1"
        assert CANARY not in answer.text


async def test_too_deep_for_python_is_the_requests_own_fault(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.service, "execute", raising(RecursionError()))
    answer = await served.post(TYPENAME, headers={"Accept": RESPONSE})
    assert (answer.status_code, code(answer)) == (400, "LIMIT_EXCEEDED")


async def test_an_answer_that_takes_too_long_is_given_up(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = Hanging()
    async with serving(sqlite_place, AppOptions(limits=Limits(answer_seconds=0.05))) as served:
        monkeypatch.setattr(served.service, "execute", hanging.execute)
        answer = await served.post(TYPENAME)
    assert (answer.status_code, code(answer), hanging.cancelled) == (503, "TIMEOUT", True)


async def abandoned(served: Served, body: bytes, gone: asyncio.Event) -> list[Any]:
    """Send a request whose client leaves when `gone` is set; return what was sent to nobody."""
    sent: list[Any] = []
    messages: Iterator[dict[str, Any]] = iter([{"type": "http.request", "body": body}])

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    token = served.place.tokens["north"].encode()
    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer " + token)]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "scheme": "http", "headers": headers}
    async with asyncio.timeout(20):
        await served.app(scope | {"query_string": b"", "root_path": ""}, receive, send)
    return sent


@pytest.mark.case(109)
async def test_a_query_is_stopped_once_its_client_has_gone(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, gone = Hanging(), asyncio.Event()
    monkeypatch.setattr(served.service, "execute", hanging.execute)
    gone.set()
    assert await abandoned(served, b'{"query":"{__typename}"}', gone) == []
    assert hanging.cancelled
    assert (
        'linli_requests_total{outcome="gone",transport="http"} 1.0'
        in (await served.client.get("/metrics")).text
    )


async def test_a_deed_that_has_begun_ends_though_its_client_has_gone(
    own_served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WhileWanted, "PATIENCE", 0.0)
    gone, go_on, run = asyncio.Event(), asyncio.Event(), own_served.database.run

    async def slow(work: Any) -> Any:
        gone.set()
        await go_on.wait()
        return await run(work)

    await own_served.data(TYPENAME, "north")
    monkeypatch.setattr(own_served.database, "run", slow)
    grid = own_served.place.ids["north"].encode()
    document = b'mutation{createResident(input:{grid:\\"%s\\",name:\\"x\\"}){__typename}}' % grid
    assert await abandoned(own_served, b'{"query":"%s"}' % document, gone) == []
    go_on.set()
    names: list[str] = []
    async with asyncio.timeout(20):
        while not names:
            names = await run(
                lambda connection: list(connection.execute(select(t.resident.c.name)).scalars())
            )
            await asyncio.sleep(0.01)
    assert names == ["x"]


async def test_trusted_documents_are_served_to_everybody_by_get(sqlite_place: Place) -> None:
    persisted = f'{{"persistedQuery": {{"version": 1, "sha256Hash": "{HASH}"}}}}'
    async with serving(sqlite_place, AppOptions(documents={HASH: TRUSTED})) as served:
        for name in ({"documentId": HASH}, {"documentId": f"sha256:{HASH}"}, {"extensions": persisted}):
            parameters = {**name, "variables": '{"code": "south"}'}
            answer = await served.client.get("/graphql", params=parameters)
            assert answer.json() == {"data": {"grid": {"name": "south"}}}


@pytest.mark.parametrize("name", ["0" * 64, HASH[:-1], "x", "../x"])
async def test_other_documents_are_not_found(sqlite_place: Place, name: str) -> None:
    async with serving(sqlite_place, AppOptions(documents={HASH: TRUSTED})) as served:
        answers = [
            await served.client.get("/graphql", params={"documentId": name}),
            await served.client.post("/graphql", json={"documentId": name}),
        ]
    for answer in answers:
        assert (answer.status_code, code(answer)) == (400, "PERSISTED_QUERY_NOT_FOUND")


async def test_nobody_can_register_a_document(served: Served) -> None:
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}
    body = {"query": TRUSTED, "variables": {"code": "south"}, "extensions": extensions}
    assert (await served.client.post("/graphql", json=body)).json() == {"data": {"grid": {"name": "south"}}}
    again = await served.client.post("/graphql", json={"extensions": extensions})
    assert code(again) == "PERSISTED_QUERY_NOT_FOUND"
    other = await served.client.post("/graphql", json={**body, "query": TYPENAME})
    assert (other.status_code, code(other)) == (400, "BAD_REQUEST")


@pytest.mark.case(106)
@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Query") { name } }',
        "{ ...F } fragment F on Query { x: __schema { queryType { name } } }",
        "{ ... on Query { __typename ... { __schema { queryType { name } } } } }",
    ],
)
async def test_the_schema_can_be_kept_from_strangers(sqlite_place: Place, query: str) -> None:
    async with serving(sqlite_place, AppOptions(introspection=False)) as served:
        refused = await served.post(query)
        shown = await served.post(query, "north")
        bogus = await served.post(query, headers={"Authorization": "Bearer linli_bogus"})
    assert code(refused) == "INTROSPECTION_DISABLED"
    assert "data" not in refused.json()
    assert "errors" not in shown.json()
    assert bogus.status_code == 401


async def test_the_access_log_holds_no_token_and_no_query_string(sqlite_place: Place) -> None:
    async with serving(sqlite_place, AppOptions(access_log=True)) as served:
        with capture_logs() as logs:
            headers = {**served.signed("north"), "X-Request-Id": "request-8"}
            await served.client.get(
                "/graphql", params={"query": "{ a }", "variables": CANARY}, headers=headers
            )
    [line] = logs
    assert (line["path"], line["status"], line["request_id"]) == ("/graphql", 400, "request-8")
    assert CANARY not in str(line)
    assert served.place.tokens["north"] not in str(line)


async def test_the_request_id_stands_in_the_audit(own_served: Served) -> None:
    document = "mutation ($i: CreateResidentInput!) { createResident(input: $i) { errors { code } } }"
    sent = {"grid": own_served.place.ids["south"], "name": "张三"}
    await own_served.post(document, "north", {"X-Request-Id": "request-9"}, i=sent)
    ids = await own_served.database.run(
        lambda connection: list(connection.execute(select(t.audit.c.request_id)).scalars())
    )
    assert "request-9" in ids
