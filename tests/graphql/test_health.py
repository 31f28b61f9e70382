"""What machines ask of a server: whether it lives, whether it is ready, and its figures."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from structlog.testing import capture_logs

from linli.database.database import Unavailable
from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import Place, Served, serving

CANARY = "CNRY-secret"


def figure(text: str, name: str) -> float:
    match = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert match is not None, f"{name} is not among the figures"
    return float(match[1])


async def figures(served: Served) -> str:
    answer = await served.client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


def calling_from(app: ASGIApp, address: str | None) -> httpx.AsyncClient:
    client: Any = (address, 50_000) if address else None
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, client=client), base_url="http://testserver"
    )


async def test_it_lives(served: Served) -> None:
    answer = await served.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (await served.client.head("/healthz")).status_code == 200
    assert (await served.client.post("/healthz")).status_code == 405


async def test_it_is_ready(served_twice: Served) -> None:
    answer = await served_twice.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "migrations": "ok", "policy": "ok"}


async def test_it_lives_and_is_not_ready_without_its_database(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> tuple[Any, ...]:
        raise Unavailable(f"no route to {CANARY}")

    monkeypatch.setattr(served.database, "fetch", away)
    answer = await served.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "failed",
        "checks": {"database": "failed", "migrations": "ok", "policy": "ok"},
    }
    assert (await served.client.get("/healthz")).status_code == 200


def fails() -> bool:
    raise OSError(CANARY)


@pytest.mark.parametrize("ready", [lambda: False, fails])
async def test_it_is_not_ready_while_migrations_wait(sqlite_place: Place, ready: Any) -> None:
    async with serving(sqlite_place, AppOptions(ready=ready)) as served:
        answer = await served.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "failed")
    assert CANARY not in answer.text


async def test_it_is_not_ready_without_a_policy(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(served.service.deeds.policy), "roles", frozenset())
    answer = await served.client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["policy"]) == (503, "failed")


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 403),
        ("unix", {}, 403),
        (None, {}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 403),
    ],
)
async def test_without_a_token_the_figures_are_for_this_machine(
    served: Served, address: str | None, headers: Mapping[str, str], status: int
) -> None:
    async with calling_from(served.app, address) as client:
        assert (await client.get("/metrics", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer watcher", 200),
        ("Bearer watchers", 401),
        ("Basic watcher", 401),
        (None, 401),
        ("Bearer ", 401),
    ],
)
async def test_with_a_token_the_figures_are_for_who_has_it(
    sqlite_place: Place, header: str | None, status: int
) -> None:
    async with serving(sqlite_place, AppOptions(metrics_token="watcher")) as served:
        for address in ("127.0.0.1", "192.0.2.7"):
            async with calling_from(served.app, address) as client:
                headers = {"Authorization": header} if header is not None else {}
                assert (await client.get("/metrics", headers=headers)).status_code == status


async def test_operations_are_counted_by_how_they_end(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    await served.post("{ __typename }")
    await served.post("{ nothing }")
    await served.client.post("/graphql", content=b"x")
    text = await figures(served)
    assert figure(text, 'linli_requests_total{outcome="answered",transport="http"}') == 1
    assert figure(text, 'linli_requests_total{outcome="refused",transport="http"}') == 2
    assert figure(text, 'linli_requests_total{outcome="fault",transport="http"}') == 0
    assert figure(text, 'linli_request_seconds_count{transport="http"}') == 3


async def test_plans_and_fallbacks_are_counted(served: Served) -> None:
    for _ in range(3):
        await served.post('{ grid(code: "north") { name } }')
    before = await figures(served)
    await served.post(
        '{ __schema { queryType { name } } explainAccess(permission: "grid:read") { allowed } }'
    )
    after = await figures(served)
    assert figure(before, "linli_plans_compiled_total") == 1
    assert figure(before, "linli_fallbacks_total") == 0
    assert figure(after, "linli_fallbacks_total") == 2


async def test_a_document_that_falls_back_is_told_of_once(served: Served) -> None:
    with capture_logs() as logs:
        for _ in range(2):
            await served.post(
                '{ grid(code: "north") { name } why: explainAccess(permission: "grid:read") { allowed } }'
            )
    told = [one for one in logs if one["event"] == "fallback"]
    assert [one["fields"] for one in told] == [["explainAccess"]]


async def test_two_applications_count_for_themselves(served: Served, sqlite_place: Place) -> None:
    await served.post("{ __typename }")
    async with serving(sqlite_place, AppOptions()) as other:
        text = await figures(other)
    assert figure(text, 'linli_requests_total{outcome="answered",transport="http"}') == 0


async def test_no_figure_names_anybody(served: Served) -> None:
    await served.new_resident("north", "north", "赵钱孙李")
    await served.data('{ residents(search: "赵钱孙李") { nodes { id name } } }', "north")
    text = await figures(served)
    for told in ("赵", "resident", *served.place.tokens.values(), *served.place.accounts.values()):
        assert told not in text
