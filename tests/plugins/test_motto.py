"""The plugin `motto` at work: deeds, events, counts and reads, on both databases."""

from linli import model as t
from tests.plugins.motto_place import ADOPT, PROPOSE, WITHDRAW, Place

CLOSE = """mutation ($input: CloseResidentInput!) {
    closeResident(input: $input) { resident { id } errors { code } } }"""
RELATE = """mutation ($input: RelateInput!) {
    relate(input: $input) { relationship { id } errors { code path } } }"""


def topics(place: Place) -> list[str]:
    return [row.topic for row in place.rows(t.event) if row.topic.startswith("motto.")]


async def test_hook_verbs_a_resident_proposes_and_the_community_adopts(place: Place) -> None:
    made = await place.propose("wang", "n1", "远亲不如近邻")
    assert made["state"] == "PROPOSED"
    done = await place.done("north", ADOPT, motto=made["id"], version=made["version"])
    assert (done["id"], done["state"], done["version"]) == (made["id"], "ADOPTED", 2)
    assert topics(place) == ["motto.proposed", "motto.adopted"]
    assert [place.count(grid, "motto") for grid in ("n1", "north", "city", "south")] == [1, 1, 1, 0]


async def test_the_motto_before_it_is_replaced(place: Place) -> None:
    first = await place.adopted("north", "n1", "守望相助", "wang")
    await place.adopted("north", "n1", "和为贵", "wang")
    query = "query ($id: ID!) { node(id: $id) { ... on Motto { state closedAt } } }"
    before = (await place.data("north", query, id=first["id"]))["node"]
    assert before["state"] == "REPLACED"
    assert before["closedAt"] is not None
    assert place.count("city", "motto") == 1


async def test_withdrawing_takes_the_count_back(place: Place) -> None:
    made = await place.adopted("north", "n1", "守望相助", "wang")
    assert await place.refusal("wang", WITHDRAW, motto=made["id"]) == ("FORBIDDEN", ["motto"])
    assert (await place.done("north", WITHDRAW, motto=made["id"]))["state"] == "WITHDRAWN"
    assert place.count("city", "motto") == 0
    mine = await place.propose("wang", "n1", "和为贵")
    assert (await place.done("wang", WITHDRAW, motto=mine["id"]))["state"] == "WITHDRAWN"


REFUSED = [
    ("wang", "s1", "和为贵", ("FORBIDDEN", ["grid"])),
    ("wang", "north", "和为贵", ("FORBIDDEN", ["grid"])),
    ("n1", "n1", "和为贵", ("FORBIDDEN", ["grid"])),
    ("north", "n1", "和为贵", ("INVALID_INPUT", ["proposer"])),
    ("wang", "n1", "远" * 41, ("INVALID_INPUT", ["text"])),
    ("wang", "n1", "", ("INVALID_INPUT", ["text"])),
]


async def test_what_is_refused_leaves_nothing(place: Place) -> None:
    for who, grid, text, refused in REFUSED:
        assert await place.refusal(who, PROPOSE, grid=place.ids[grid], text=text) == refused, (who, grid)
    assert topics(place) == []
    assert await place.data("city", "{ mottos { totalCount } }") == {"mottos": {"totalCount": 0}}


async def test_the_limits_are_settings_and_speak_both_languages(place: Place) -> None:
    for text in ("一团和气", "和为贵", "守望相助"):
        await place.propose("wang", "n1", text)
    given = {"grid": place.ids["n1"], "text": "众志成城"}
    assert await place.refusal("wang", PROPOSE, **given) == ("LIMIT_EXCEEDED", ["proposer"])
    payload = await place.deed("wang", PROPOSE, **given)
    assert payload["errors"][0]["message"].startswith("At most 3 proposals of one person")
    messages = place.deployment.messages
    assert messages.text("motto.too_many", "zh-CN", most=3).startswith("每人同时最多可有 3 条")


async def test_one_words_twice_and_a_stale_version_are_refused(place: Place) -> None:
    made = await place.propose("wang", "n1", "和为贵")
    given = {"grid": place.ids["n1"], "text": "和为贵", "proposer": place.ids["wang"]}
    assert await place.refusal("north", PROPOSE, **given) == ("ALREADY_EXISTS", ["text"])
    assert await place.refusal("north", ADOPT, motto=made["id"], version=7) == ("CONFLICT", ["version"])
    await place.done("north", ADOPT, motto=made["id"], version=1)
    assert await place.refusal("north", ADOPT, motto=made["id"], version=2) == ("INVALID_INPUT", ["motto"])


async def test_hook_reactions_when_a_resident_leaves_the_proposals_go(place: Place) -> None:
    kept = await place.adopted("north", "n1", "守望相助", "wang")
    open_one = await place.propose("wang", "n1", "和为贵")
    await place.done("north", CLOSE, resident=place.ids["wang"], reason="MOVED_AWAY")
    round_ = await place.relay()
    assert (round_.done, round_.failures) == (1, ())
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Motto { state } } }"
    found = await place.data("north", query, ids=[kept["id"], open_one["id"]])
    assert [one["state"] for one in found["nodes"]] == ["ADOPTED", "WITHDRAWN"]
    assert topics(place)[-1] == "motto.withdrawn"
    assert (await place.relay()).attempted == 0


async def test_hook_relationship_types_a_resident_supports_a_motto_until_it_ends(place: Place) -> None:
    made = await place.propose("wang", "n1", "和为贵")
    given = {"type": "motto__supports", "subject": place.ids["wang"], "object": made["id"]}
    await place.done("north", RELATE, **given)
    assert await place.refusal("north", RELATE, **given) == ("ALREADY_EXISTS", ["object"])
    backwards = given | {"subject": made["id"], "object": place.ids["wang"]}
    assert await place.refusal("north", RELATE, **backwards) == ("INVALID_INPUT", ["subject"])
    query = (
        "{ relationships { nodes { subject { __typename } object { __typename ... on Motto { text } } } } }"
    )
    (tie,) = (await place.data("north", query))["relationships"]["nodes"]
    assert tie == {"subject": {"__typename": "Resident"}, "object": {"__typename": "Motto", "text": "和为贵"}}
    await place.done("north", WITHDRAW, motto=made["id"])
    assert (await place.data("north", query))["relationships"]["nodes"] == []
