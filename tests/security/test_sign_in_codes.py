"""One-time codes: guessing them leads nowhere, and tells nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Engine, delete, event, func, select, update

from linli import model as t
from linli.access.codes import ALPHABET, FAILURES, TRIES
from linli.clock import now
from tests.graphql.serving import Place
from tests.security.signing import MEANT, Entrance, entrance
from tests.support.provider import SigningProvider

WRONG = "22222-22222"


@pytest.fixture
def provider() -> SigningProvider:
    return SigningProvider()


@pytest.fixture
async def place(own_town: Place, provider: SigningProvider) -> AsyncIterator[Entrance]:
    async with entrance(own_town, provider) as place:
        yield place


@pytest.fixture
async def quick(sqlite_copy: Place, provider: SigningProvider) -> AsyncIterator[Entrance]:
    async with entrance(sqlite_copy, provider) as place:
        yield place


async def forget_tries(place: Entrance) -> None:
    await place.run(lambda connection: connection.execute(delete(t.sign_in_try)))


async def counted(place: Entrance) -> int:
    """How many tries were counted, for whatever name."""
    total = select(func.coalesce(func.sum(t.sign_in_try.c.number), 0))
    return int(await place.run(lambda connection: connection.execute(total).scalar_one()))


async def test_a_code_lets_in_once_however_it_is_written(place: Entrance) -> None:
    browser = place.browser()
    code = await place.code("north")
    assert set(code) <= {*ALPHABET, "-"}
    answer = await browser.try_code(" Ｎorth ", code.lower().replace("-", " "))
    assert answer.status_code == 200
    assert await browser.name() == "north"
    cookie = answer.headers["set-cookie"].partition("; ")[2]
    assert cookie == "Path=/; Max-Age=28800; HttpOnly; SameSite=Lax"


@pytest.mark.case(10)
async def test_a_code_that_is_used_twice_ends_the_session_that_it_opened(place: Entrance) -> None:
    """The first one may have been the thief."""
    browser, other = place.browser(), place.browser()
    code = await place.code("north")
    await browser.try_code("north", code)
    assert (await other.try_code("north", code)).status_code == 401
    assert (await browser.ask(headers={"Accept": "application/graphql-response+json"})).status_code == 401
    assert await place.sessions() == []
    assert await place.audited() == [("sign_in", "done"), ("sign_in.replayed", "refused")]


@pytest.mark.case(2)
async def test_guessing_from_many_addresses_is_stopped_for_the_account_alone(
    place: Entrance, provider: SigningProvider
) -> None:
    await place.link("north", "s-north")
    rightful = place.browser()
    await rightful.sign_in_at(provider)
    answers = [
        await place.browser(address=f"10.0.0.{number}").try_code("north", WRONG) for number in range(20)
    ]
    assert [one.status_code for one in answers] == [401] * FAILURES + [429] * (20 - FAILURES)
    assert 800 < int(answers[-1].headers["retry-after"]) <= 900
    throttled = [one for one in await place.audited() if one[0] == "sign_in.throttled"]
    assert throttled == [("sign_in.throttled", "refused")]
    assert await rightful.name() == "north", "who is in stays in"
    again = place.browser()
    assert (await again.sign_in_at(provider)).status_code == 303, "the provider lets in as before"
    code = await place.code("south")
    assert (await place.browser().try_code("south", code)).status_code == 200, "others are not concerned"
    code = await place.code("north")
    assert (await place.browser().try_code("north", code)).status_code == 200, "a new code is a new start"


async def test_tries_are_forgotten_after_fifteen_minutes(quick: Entrance) -> None:
    answers = [await quick.browser().try_code("north", WRONG) for _ in range(FAILURES + 1)]
    assert answers[-1].status_code == 429
    past = update(t.sign_in_try).values(since=now() - timedelta(minutes=16))
    await quick.run(lambda connection: connection.execute(past))
    assert (await quick.browser().try_code("north", WRONG)).status_code == 401


@pytest.mark.case(13)
async def test_a_code_is_worth_nothing_after_five_tries_also_side_by_side(place: Entrance) -> None:
    code = await place.code("north")
    wrong = [place.browser().try_code("north", WRONG) for _ in range(50)]
    answers = await asyncio.gather(*wrong)
    assert {one.status_code for one in answers} == {401, 429}
    assert [one.status_code for one in answers].count(401) == FAILURES
    tries = select(t.sign_in_code.c.tries)
    assert await place.run(lambda connection: connection.execute(tries).scalar_one()) == TRIES
    await forget_tries(place)
    assert (await place.browser().try_code("north", code)).status_code == 401, "the code is dead"


async def test_a_code_whose_time_is_over_lets_nobody_in(quick: Entrance) -> None:
    code = await quick.code("north")
    past = update(t.sign_in_code).values(expires_at=now() - timedelta(seconds=1))
    await quick.run(lambda connection: connection.execute(past))
    assert (await quick.browser().try_code("north", code)).status_code == 401


@pytest.mark.case(13)
async def test_a_code_is_of_one_account_and_stored_nowhere(quick: Entrance) -> None:
    code = await quick.code("north")
    await quick.code("south")
    assert (await quick.browser().try_code("south", code)).status_code == 401
    stored = await quick.run(lambda connection: connection.execute(select(t.sign_in_code)).all())
    assert code.replace("-", "") not in str(stored)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    found: list[str] = []

    def see(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", see)
    yield found
    event.remove(engine, "before_cursor_execute", see)


@pytest.mark.case(4, 5)
async def test_a_wrong_try_tells_nothing_of_the_account(place: Entrance) -> None:
    """Answer and work are the same; so is the throttling of names that are nobody's."""
    closed = update(t.account).where(t.account.c.name == "south").values(state="closed")
    code = await place.code("south")
    await place.code("north")
    await place.run(lambda connection: connection.execute(closed))
    told, done = set(), set()
    for name, tried in (("north", WRONG), ("n1", WRONG), ("nobody", WRONG), ("south", code), ("\0", "")):
        with statements(place.served.database.engine) as found:
            answer = await place.browser().try_code(name, tried)
        told.add(seen(answer))
        done.add(tuple(found))
    assert len(told) == 1, told
    assert len(done) == 1, done
    answers = [await place.browser().try_code("nobody", WRONG) for _ in range(FAILURES)]
    assert answers[-1].status_code == 429
    assert await place.sessions() == []


def seen(answer: httpx.Response) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    headers = tuple(item for item in answer.headers.items() if item[0] != "x-request-id")
    return answer.status_code, answer.content, headers


@pytest.mark.case(5)
async def test_nobody_can_ask_for_a_way_in_but_at_the_keyboard(quick: Entrance) -> None:
    """No route and no mutation sends, shows or changes what somebody signs in with."""
    for path in ("/sign-in/reset", "/sign-up", "/invite", "/sign-in/code/new"):
        answers = [
            await quick.browser().client.post(path, json={"name": name}, headers=MEANT)
            for name in ("north", "nobody")
        ]
        assert [seen(one) for one in answers[:1]] == [seen(one) for one in answers[1:]]
        assert answers[0].status_code == 404
    taken, free = [await create_account(quick, "n1", name) for name in ("north", "nobody")]
    assert taken == free, "who may not make accounts learns no names by trying"


async def create_account(place: Entrance, who: str, name: str) -> Any:
    document = """mutation ($i: CreateAccountInput!) {
      createAccount(input: $i) { account { id } errors { code message path } } }"""
    return await place.served.data(document, who, i={"name": name, "displayName": "x"})


@pytest.mark.case(1)
async def test_many_guesses_in_one_request_are_none(quick: Entrance) -> None:
    """A try is a request of its own: lists are refused whole, and no mutation takes a secret."""
    client = quick.browser().client
    one = {"name": "north", "code": WRONG}
    for body in ([one] * 200, {"tries": [one] * 200}, one | {"code": [WRONG] * 200}):
        answer = await client.post("/sign-in/code", json=body, headers=MEANT)
        assert answer.status_code == 400
    twice = b'{"name":"north","code":"1"' + b',"code":"2"' * 200 + b"}"
    await client.post("/sign-in/code", content=twice, headers=MEANT | {"content-type": "application/json"})
    assert await counted(quick) == 1
    schema = quick.served.service.schema
    assert schema.mutation_type is not None
    assert not [
        name for name in schema.mutation_type.fields if name.lower().startswith(("sign", "login", "auth"))
    ]
    aliases = " ".join(
        f"a{n}: revokeRole(input: {{assignment: $a}}) {{ errors {{ code }} }}" for n in range(100)
    )
    answer = await quick.served.post(f"mutation ($a: ID!) {{ {aliases} }}", "city", a="assignment_x")
    assert "LIMIT_EXCEEDED" in answer.text


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 400),
        (b"null", {}, 400),
        (b"[" * 5000, {}, 400),
        (b'{"name":"a","code":"\\ud800"}', {}, 400),
        (b"x" * 300_000, {}, 413),
        (orjson.dumps({"name": "north" * 9999, "code": "1" * 99_999}), {}, 401),
        (b'{"name":"north","code":"1"}', {"content-type": "text/plain"}, 415),
        (b'{"name":"north","code":"1"}', {"origin": "https://evil.example"}, 403),
    ],
)
async def test_what_is_no_try_is_refused(
    quick: Entrance, body: bytes, headers: dict[str, str], status: int
) -> None:
    sent = MEANT | {"content-type": "application/json"} | headers
    answer = await quick.browser().client.post("/sign-in/code", content=body, headers=sent)
    assert answer.status_code == status, answer.text
    assert (await quick.browser().client.get("/sign-in/code")).status_code == 405
