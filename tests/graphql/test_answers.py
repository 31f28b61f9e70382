"""A verb that answers something other than a node: its payload, what is kept of it, and what is audited."""

from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType
from pydantic import Field
from sqlalchemy import func, select

from linli import model as t
from linli.context import Context
from linli.errors import Invalid
from linli.verbs.answers import Answer
from linli.verbs.inputs import GridRef, Input, Name, NodeRef
from linli.verbs.verb import verb
from linli_graphql.declare.registry import Contribution
from linli_graphql.transport.app import AppOptions
from tests.conftest import BACKENDS
from tests.graphql.serving import Served, serving
from tests.graphql.settled import changed, content

SECRET = "打开天窗说亮话"


class AskBell(Input):
    """What is asked of a bell."""

    grids: tuple[GridRef, ...] = Field(description="Where.")
    tone: Literal["high", "low"] = Field(description="Which.")
    words: Name = Field(description="Said to it.")
    purpose: Name = Field(description="Why.")


class Heard(Answer):
    """What was heard at a place."""

    grid: NodeRef = Field(description="Where.")
    tone: Literal["high", "low"] = Field(description="Which.")
    echo: str | None = Field(None, description="What came back.")


class Ringing(Answer):
    """All that was heard."""

    heard: tuple[Heard, ...] = Field(description="Place by place.")


@verb("grid", answer=Ringing)
def ask_bell(ctx: Context, data: AskBell) -> Ringing:
    """Ask a bell."""
    places = [ctx.require_at("resident", "create", ref.id, "grids") for ref in data.grids]
    if data.words == "no":
        ctx.record("bell.rung", data.grids[0], places[0])
        raise Invalid("error.bad_form", "words")
    return Ringing(heard=tuple(Heard(grid=ref, tone=data.tone, echo=data.words) for ref in data.grids))


ASK = """mutation ($i: AskBellInput!) { bell: askBell(input: $i) {
  of: __typename all: heard { ...one } errors { code path } } }
fragment one on Heard { grid note: tone echo kind: __typename }"""


@pytest.fixture(params=BACKENDS)
async def bell(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    """The place with one verb more, as a plugin brings it."""
    name = "sqlite_place" if request.param == "sqlite" else "postgres_place"
    contribution = Contribution("bell", verbs=(ask_bell,))
    async with serving(request.getfixturevalue(name), AppOptions(), None, contribution) as served:
        yield served


def asked(served: Served, *grids: str, words: str = SECRET) -> dict[str, Any]:
    named = [served.place.ids[name] for name in grids]
    return {"grids": named, "tone": "LOW", "words": words, "purpose": "试音"}


async def test_the_answer_is_the_payload_and_its_audit_entry_names_what_was_asked(bell: Served) -> None:
    before = content(bell)
    answer = await bell.data(ASK, "north", i=asked(bell, "north"))
    heard = {"grid": bell.place.ids["north"], "note": "LOW", "echo": SECRET, "kind": "Heard"}
    assert answer["bell"] == {"of": "AskBellPayload", "all": [heard], "errors": []}
    after = content(bell)
    assert changed(before, after) == {t.audit.name: 1}, "an answer is kept nowhere"
    (entry,) = set(after[t.audit.name]) - set(before[t.audit.name])
    assert SECRET not in entry
    with bell.database.begin() as connection:
        row = connection.execute(select(t.audit).order_by(t.audit.c.id.desc()).limit(1)).one()
    assert (row.action, row.outcome, row.resource, row.reason) == ("askBell", "done", "grid", "试音")
    assert row.detail == {"grids": [bell.place.ids["north"]], "tone": "low"}


async def test_a_refusal_answers_nothing_and_leaves_only_its_audit_row(bell: Served) -> None:
    before = content(bell)
    refused = (await bell.data(ASK, "north", i=asked(bell, "north", "south")))["bell"]
    assert (refused["all"], refused["errors"]) == (None, [{"code": "FORBIDDEN", "path": ["grids"]}])
    assert changed(before, content(bell)) == {t.audit.name: 1}
    before = content(bell)
    refused = (await bell.data(ASK, "north", i=asked(bell, "north", words="no")))["bell"]
    assert (refused["all"], refused["errors"]) == (None, [{"code": "INVALID_INPUT", "path": ["words"]}])
    assert changed(before, content(bell)) == {t.audit.name: 1}


async def test_it_is_asked_anew_each_time(bell: Served) -> None:
    fields = bell.service.schema.type_map["AskBellInput"]
    assert isinstance(fields, GraphQLInputObjectType)
    assert set(fields.fields) == {"grids", "tone", "words", "purpose"}
    payload = bell.service.schema.type_map["AskBellPayload"]
    assert isinstance(payload, GraphQLObjectType)
    kinds = {name: str(one.type) for name, one in payload.fields.items()}
    assert kinds == {"heard": "[Heard!]", "errors": "[UserError!]!"}
    for _ in range(2):
        await bell.data(ASK, "north", i=asked(bell, "north"))
    with bell.database.begin() as connection:
        entries = select(func.count()).where(t.audit.c.action == "askBell", t.audit.c.outcome == "done")
        assert connection.execute(entries).scalar_one() >= 2
        assert connection.execute(select(t.idempotency.c.key)).all() == []


def test_an_answer_does_not_show_what_is_in_it() -> None:
    heard = Heard(grid=NodeRef("grid", "0"), tone="low", echo=SECRET)
    assert SECRET not in f"{heard} {heard!r} {Ringing(heard=(heard,))!r}"
