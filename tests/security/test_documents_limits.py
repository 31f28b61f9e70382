"""Documents that would cost too much: refused before anything is looked up, and counted in linear time."""

from typing import Any

import httpx
import pytest
from graphql import parse

from linli_graphql.service.errors import RequestError
from linli_graphql.service.limits import MOST_FIELDS, Measure, check_limits
from tests.graphql.serving import Served
from tests.support.hostile_documents import REFUSED

RESPONSE = {"Accept": "application/graphql-response+json"}
CODES = {"LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}
LISTS = "{{grids(first: {}) {{nodes {{residents(first: {}) {{nodes {{id}}}}}}}}}}"


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["errors"][0]["extensions"]["code"]
    return found


@pytest.fixture
def untouched(served: Served, monkeypatch: pytest.MonkeyPatch) -> Served:
    """A place whose database must not be asked for the answer of a document."""

    async def fetch(*_: Any, **__: Any) -> Any:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(served.service.database, "fetch", fetch)
    return served


@pytest.mark.case(94, 97, 98, 101, 103)
@pytest.mark.parametrize("name", REFUSED)
async def test_a_hostile_document_is_refused_before_it_is_run(untouched: Served, name: str) -> None:
    for who in ("city", None):
        answer = await untouched.post(REFUSED[name], who, RESPONSE)
        assert (answer.status_code, code(answer) in CODES) == (400, True), answer.text[:200]
        assert len(answer.content) < 10_000


@pytest.mark.case(94)
def test_a_fragment_is_measured_once() -> None:
    """Twelve fragments that spread the next one twice hold 4,096 fields, and are counted in 60 steps."""
    fragments = " ".join(f"fragment F{one} on Query {{...F{one + 1} ...F{one + 1}}}" for one in range(12))
    document = parse(f"{{...F0}} {fragments} fragment F12 on Query {{__typename}}")
    measure = Measure(document)
    assert measure.of(document.definitions[0]).fields == 2**12
    assert measure.visited < 60
    with pytest.raises(RequestError):
        check_limits(document)


@pytest.mark.case(94)
def test_looking_for_repetitions_is_bounded_by_the_number_of_fields() -> None:
    fields = " ".join(f"a: grid(code: {one}) {{id}}" for one in range(20))
    document = parse(f"{{{fields} ...F ...F ...F}} fragment F on Query {{__typename}}")
    assert check_limits(document).visited < 2 * MOST_FIELDS


@pytest.mark.case(100)
@pytest.mark.parametrize("number", [2, 10_000])
async def test_a_list_of_operations_is_refused(untouched: Served, number: int) -> None:
    body = b"[" + b",".join([b'{"query":"{__typename}"}'] * number) + b"]"
    headers = {"Content-Type": "application/json", **RESPONSE}
    answer = await untouched.client.post("/graphql", content=body, headers=headers)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")


@pytest.mark.case(101)
async def test_one_of_several_operations_must_be_named(served: Served) -> None:
    answer = await served.post("query A {__typename} query B {__typename}", headers=RESPONSE)
    assert (answer.status_code, code(answer)) == (400, "OPERATION_NAME_REQUIRED")


@pytest.mark.case(103)
@pytest.mark.parametrize(
    ("who", "first", "second", "passes"),
    [("city", 200, 200, True), ("city", 200, 249, True), (None, 99, 100, True), (None, 100, 100, False)],
)
async def test_rows_multiply_over_nested_lists(
    served: Served, who: str | None, first: int, second: int, *, passes: bool
) -> None:
    answer = await served.post(LISTS.format(first, second), who, RESPONSE)
    assert answer.status_code == (200 if passes else 400), answer.text


@pytest.mark.case(103)
async def test_rows_add_up_over_aliases_and_counts(served: Served) -> None:
    lists = " ".join(f"a{one}: residents(first: 200) {{nodes {{id}}}}" for one in range(2))
    counts = [f"b{one}: residents(first: 1) {{totalCount}}" for one in range(12)]
    for parts, passes in ((lists, False), (" ".join(counts), False), (" ".join(counts[:6]), True)):
        answer = await served.post(f"{{grids(first: 200) {{nodes {{{parts}}}}}}}", "city", RESPONSE)
        assert answer.status_code == (200 if passes else 400), answer.text


@pytest.mark.case(103)
async def test_rows_add_up_over_the_deeds_of_a_document(served: Served) -> None:
    before = await served.data("{residents {totalCount}}", "city")
    payload = "resident {grid {residents(first: 200) {nodes {grid {residents(first: 90) {nodes {id}}}}}}}"
    deed = 'createResident(input: {grid: "%s", name: "王小明"}) {%s}'
    deeds = " ".join(f"a{one}: {deed % (served.place.ids['north'], payload)}" for one in range(3))
    answer = await served.post(f"mutation {{{deeds}}}", "city", RESPONSE)
    assert (answer.status_code, code(answer)) == (400, "LIMIT_EXCEEDED")
    assert await served.data("{residents {totalCount}}", "city") == before


PAGES = {
    "": 20,
    "(first: null)": 20,
    "(last: null)": 20,
    "(first: null, last: 3)": 3,
    "(first: 1000000)": 200,
    "(last: 1000000)": 200,
    "(first: -1)": 0,
    "(last: -2147483648)": 0,
    "(first: 0)": 0,
}


@pytest.mark.case(104)
async def test_a_page_has_a_size_of_reason(own_served: Served) -> None:
    grid = own_served.place.ids["north"]
    made = " ".join(
        f'a{one}: createResident(input: {{grid: "{grid}", name: "王小明"}}) {{errors {{code}}}}'
        for one in range(51)
    )
    for _ in range(4):
        await own_served.data(f"mutation {{{made}}}", "city")
    for arguments, rows in PAGES.items():
        found = await own_served.data(f"{{residents{arguments} {{nodes {{id}}}}}}", "city")
        assert len(found["residents"]["nodes"]) == rows, arguments


@pytest.mark.case(104)
@pytest.mark.parametrize("first", ["1", "0", "99999999999", '"1"', "1.5", "[1]"])
async def test_a_page_from_both_ends_is_refused(served: Served, first: str) -> None:
    answer = await served.post(f"{{residents(first: {first}, last: 1) {{nodes {{id}}}}}}", "city", RESPONSE)
    assert answer.status_code == 400


@pytest.mark.case(115)
@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{" + " ".join(f"x{one}" for one in range(400)) + "}", {}),
        ("query ($v: [Int!]!) {__typename @include(if: true)}", {"v": ["x"] * 10_000}),
        ("query (" + " ".join(f"$v{one}: Int!" for one in range(90)) + ") {__typename}", {}),
    ],
)
async def test_a_flood_of_errors_is_cut_short(served: Served, query: str, variables: dict[str, Any]) -> None:
    answer = await served.post(query, "city", RESPONSE, **variables)
    assert answer.status_code == 400
    assert 1 <= len(answer.json()["errors"]) <= 20
