"""GraphQL over HTTP: media types, statuses, methods and headers."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from linli_graphql.transport.app import AppOptions
from tests.graphql.serving import Place, Served, serving

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
TYPENAME = "{ __typename }"
GRID = "query Named($code: String!) { grid(code: $code) { name } }"


def media(answer: httpx.Response) -> str:
    return answer.headers["content-type"].partition(";")[0]


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (RESPONSE, RESPONSE),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("", JSON),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON}, {RESPONSE};q=0.9", JSON),
        (f"{JSON}, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0, */*", JSON),
        (f"{JSON};q=0, */*", RESPONSE),
        ("text/html, */*;q=0.8", JSON),
        ("APPLICATION/GraphQL-Response+JSON; charset=utf-8", RESPONSE),
    ],
)
async def test_the_answer_has_the_type_that_is_asked_for(served: Served, accept: str, expected: str) -> None:
    answer = await served.post(TYPENAME, headers={"Accept": accept})
    assert (answer.status_code, media(answer)) == (200, expected)
    assert answer.headers["content-type"].endswith("; charset=utf-8")
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml;q=1", f"{JSON};q=0, {RESPONSE};q=0", "nonsense"]
)
async def test_no_common_type_is_406(served: Served, accept: str) -> None:
    answer = await served.post(TYPENAME, headers={"Accept": accept})
    assert (answer.status_code, media(answer), code(answer)) == (406, JSON, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "# nothing"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": GRID}, "BAD_USER_INPUT"),
        ({"query": GRID, "variables": {"code": 1}}, "BAD_USER_INPUT"),
        ({"query": TYPENAME, "operationName": "Other"}, "OPERATION_NOT_FOUND"),
        ({"query": "query A { __typename } query B { __typename }"}, "OPERATION_NAME_REQUIRED"),
        ({"query": 'subscription { events(within: "x") { id } }'}, "SUBSCRIPTION_TRANSPORT"),
        ({"query": '{ residents(after: "x") { nodes { id } } }'}, "BAD_USER_INPUT"),
    ],
)
async def test_request_errors_tell_themselves_by_status_to_those_who_know(
    served: Served, body: Mapping[str, Any], expected: str
) -> None:
    for accept, status in ((RESPONSE, 400), (JSON, 200)):
        answer = await served.client.post("/graphql", json=body, headers={"Accept": accept})
        assert (answer.status_code, media(answer), code(answer)) == (status, accept, expected)
        assert "data" not in answer.json()


@pytest.mark.parametrize(
    "body",
    [
        {"query": TYPENAME, "operationName": None, "variables": None, "extensions": None},
        {"query": TYPENAME, "operationName": "", "variables": {}, "extensions": {"anything": [1]}},
        {"query": TYPENAME, "unknown": True},
        {"query": "query A { __typename } query B { x: __typename }", "operationName": "A"},
    ],
)
async def test_parameters_that_may_be_left_out(served: Served, body: Mapping[str, Any]) -> None:
    answer = await served.client.post("/graphql", json=body)
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "content_type", [JSON, "application/json;charset=utf-8", 'Application/JSON; charset="UTF-8"']
)
async def test_json_in_utf8_is_read(served: Served, content_type: str) -> None:
    body = json.dumps({"query": GRID, "variables": {"code": "无此网格"}}, ensure_ascii=False).encode()
    answer = await served.client.post("/graphql", content=body, headers={"Content-Type": content_type})
    assert answer.json() == {"data": {"grid": None}}


@pytest.mark.case(110)
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=gbk"},
        {"Content-Type": "application/json, text/plain"},
        {"Content-Type": "application/graphql"},
        {"Content-Type": JSON, "Content-Encoding": "gzip"},
        {"Content-Type": JSON, "Content-Encoding": "br"},
    ],
)
async def test_any_other_body_is_415(served: Served, headers: Mapping[str, str]) -> None:
    content = json.dumps({"query": TYPENAME}).encode()
    answer = await served.client.post("/graphql", content=content, headers=headers)
    assert (answer.status_code, code(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
async def test_other_methods_are_405(served: Served, method: str) -> None:
    answer = await served.client.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert method == "HEAD" or code(answer) == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize("path", ["/", "/graphql/", "/GraphQL", "/graphql/x", "/healthz/", "/..%2fetc"])
async def test_other_pages_are_404_in_json(served: Served, path: str) -> None:
    answer = await served.client.get(path)
    assert (answer.status_code, media(answer), code(answer)) == (404, JSON, "NOT_FOUND")


async def test_get_serves_queries_of_those_who_say_who_they_are(served: Served) -> None:
    parameters = {"query": GRID, "variables": '{"code": "north"}', "operationName": "Named", "extensions": ""}
    answer = await served.client.get("/graphql", params=parameters, headers=served.signed("north"))
    assert answer.json() == {"data": {"grid": {"name": "north"}}}


async def test_get_without_a_token_is_refused(served: Served) -> None:
    answer = await served.client.get("/graphql", params={"query": TYPENAME})
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_get_never_changes_anything(served: Served) -> None:
    grid = served.place.ids["north"]
    counting = '{ residents(search: "孙悟空") { totalCount } }'
    mutation = f'mutation {{ createResident(input: {{grid: "{grid}", name: "孙悟空"}}) {{ __typename }} }}'
    for document in (mutation, f"query A {counting} {mutation.replace('mutation', 'mutation B')}"):
        query = urlencode({"query": document, "operationName": "B" if "B" in document else ""})
        answer = await served.client.get(f"/graphql?{query}", headers=served.signed("north"))
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        assert code(answer) == "METHOD_NOT_ALLOWED"
    assert await served.data(counting, "north") == {"residents": {"totalCount": 0}}


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%7B__typename%7D&query=%7B__typename%7D",
        "query=%7B__typename%7D&variables=%5B%5D",
        "query=%7B__typename%7D&variables=1",
        "query=%7B__typename%7D&variables=%7B",
        "query=%7B__typename%7D&extensions=x",
        "query=%ff",
        "query=%ed%a0%80",
        "&".join(f"x{number}=1" for number in range(100)),
    ],
)
async def test_a_query_string_that_is_no_request_is_400(served: Served, query_string: str) -> None:
    for accept in (JSON, RESPONSE):
        headers = {**served.signed("north"), "Accept": accept}
        answer = await served.client.get(f"/graphql?{query_string}", headers=headers)
        assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic dTpw",
        "linli_x",
        "Bearer a b",
        "Bearer a, Bearer b",
        "Bearer ü",
        "Bearer " + "x" * 600,
    ],
)
async def test_a_malformed_token_is_401(served: Served, header: str) -> None:
    sent = [(b"Authorization", header.encode())]
    answer = await served.client.post("/graphql", json={"query": TYPENAME}, headers=sent)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"] == 'Bearer realm="linli"'


async def test_two_tokens_never_pass_for_one(served: Served) -> None:
    token = f"Bearer {served.place.tokens['north']}"
    sent = [("Authorization", token), ("Authorization", token)]
    answer = await served.client.post("/graphql", json={"query": TYPENAME}, headers=sent)
    assert answer.status_code == 401


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_an_unknown_token_is_401(served: Served, accept: str) -> None:
    headers = {"Authorization": "Bearer linli_unknown", "Accept": accept}
    answer = await served.client.post("/graphql", json={"query": TYPENAME}, headers=headers)
    assert (answer.status_code, code(answer)) == (401, "UNAUTHENTICATED")
    assert "www-authenticate" in answer.headers


async def test_refusals_are_told_in_the_callers_language(served: Served) -> None:
    document = "mutation ($i: CreateResidentInput!) { createResident(input: $i) { errors { message } } }"
    sent = {"grid": served.place.ids["south"], "name": "张三"}
    said = {}
    for language in ("zh-CN,zh;q=0.9,en;q=0.5", "en-GB", "fr", ""):
        answer = await served.post(document, "north", {"Accept-Language": language}, i=sent)
        said[language] = answer.json()["data"]["createResident"]["errors"][0]["message"]
    assert said["en-GB"] == said["fr"] == said[""]
    assert said["en-GB"].isascii()
    assert not said["zh-CN,zh;q=0.9,en;q=0.5"].isascii()


@pytest.mark.parametrize(("given", "kept"), [("a.b:c/1+2=", True), ("x" * 64, True), ("x" * 65, False)])
async def test_a_request_id_is_taken_over_if_it_is_well_formed(
    served: Served, given: str, kept: bool
) -> None:
    answer = await served.post(TYPENAME, headers={"X-Request-Id": given})
    assert (answer.headers["x-request-id"] == given) is kept


@pytest.mark.parametrize("given", [None, "", "a b", 'a"b', "a\tb", "ü"])
async def test_a_request_id_is_made_otherwise(served: Served, given: str | None) -> None:
    headers = [(b"X-Request-Id", given.encode())] if given is not None else []
    ids = set()
    for _ in range(2):
        answer = await served.client.post("/graphql", json={"query": TYPENAME}, headers=headers)
        ids.add(answer.headers["x-request-id"])
    assert len(ids) == 2
    assert all(len(one) == 36 for one in ids)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/graphql"), ("GET", "/graphql"), ("GET", "/healthz"), ("GET", "/nowhere")]
)
async def test_every_answer_protects_itself(served: Served, method: str, path: str) -> None:
    answer = await served.client.request(method, path)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]
    assert "strict-transport-security" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.case(128)
async def test_answers_vary_by_who_asks(served: Served) -> None:
    answer = await served.post(TYPENAME)
    assert answer.headers["vary"] == "Authorization, Cookie, Accept, Accept-Language"


async def test_answers_over_tls_ask_to_stay_there(served: Served) -> None:
    answer = await served.client.post("https://testserver/graphql", json={"query": TYPENAME})
    assert answer.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize("host", ["a/../admin", "a b", "a@b", "evil.example#", "北京", "x" * 300, "a:port"])
async def test_a_host_that_cannot_be_is_400(served: Served, host: str) -> None:
    answer = await served.client.get("/healthz", headers=[(b"Host", host.encode())])
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


async def test_only_named_hosts_are_served(sqlite_place: Place) -> None:
    async with serving(sqlite_place, AppOptions(hosts=frozenset({"linli.example", "[::1]"}))) as served:
        for host, status in {"linli.example": 200, "LINLI.example:8000": 200, "[::1]:80": 200}.items():
            assert (await served.client.get("/healthz", headers={"Host": host})).status_code == status
        for host in ("evil.example", "linli.example.evil.example", ""):
            assert (await served.client.get("/healthz", headers={"Host": host})).status_code == 400
        twice = [("Host", "linli.example"), ("Host", "linli.example")]
        assert (await served.client.get("/healthz", headers=twice)).status_code == 400


async def test_the_console_is_there_only_where_it_is_wanted(sqlite_place: Place, served: Served) -> None:
    assert (await served.client.get("/graphiql")).status_code == 404
    async with serving(sqlite_place, AppOptions(console=True)) as open_to_people:
        answer = await open_to_people.client.get("/graphiql")
    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
