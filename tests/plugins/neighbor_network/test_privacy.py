"""Who sees which rows and which words: everybody the places, each only the persons that are theirs to see."""

from typing import Any

from tests.plugins.motto_place import Place
from tests.plugins.neighbor_network.place import ASK, PLAN, UP, entered, lanes, raised
from tests.plugins.neighbor_network.test_mutual_aid import TOMORROW
from tests.plugins.test_motto_scope import nodes_in

EVERYTHING = """query ($city: ID!, $ids: [ID!]!) {
    networks(first: 2) { nodes { name contact { convenorName coreHousehold } convenor { id name }
        members(first: 9) { totalCount nodes { id name consent resident { id } } }
        matters(first: 9) { totalCount nodes { id text raisedByName raisedBy { id } trace { note } } }
        help { totalCount nodes { id what residentName } } shifts { totalCount nodes { id residentName } } } }
    matters(first: 9) { totalCount nodes { id text raisedByName trace { note } } }
    mutualHelp { totalCount nodes { id what } }
    rotaShifts { totalCount nodes { id residentName } }
    residents { nodes { networkMemberships { nodes { id } } raisedMatters { nodes { id } } } }
    node(id: $city) { ... on Grid { networks { totalCount } } }
    nodes(ids: $ids) { id }
    events { nodes { subject { id } } }
}"""
SECRETS = {"王一", "李三", "路灯不亮", "三号楼前的路灯坏了。", "换灯泡", "本人当面同意"}
ROWS = ("member", "matter", "help", "shift")
# Which of the rows each account sees; and whether the convenor's name.
SEEN: dict[str | None, tuple[set[str], bool]] = {
    "city": ({*ROWS}, True),
    "north": ({*ROWS}, True),
    "n1": ({*ROWS}, True),
    "social": ({*ROWS}, True),
    "li": ({*ROWS}, True),  # convenes
    "wang": ({*ROWS}, True),  # the member, who raised, asked and has the turn
    "chen": (set(), True),  # a neighbour of the cell
    "building": (set(), True),
    "micro": (set(), False),
    "mei": (set(), False),
    "zhao": (set(), False),
    "south": (set(), False),
    None: (set(), False),
}


async def settle(place: Place) -> dict[str, str]:
    """A lane with one row of each kind, all of wang's; return their ids by name."""
    await lanes(place)
    members = (await place.data("n1", "{ networks { nodes { members { nodes { id } } } } }"))["networks"]
    (member,) = [one["id"] for network in members["nodes"] for one in network["members"]["nodes"]]
    matter = (await raised(place))["id"]
    call = (await place.done("wang", ASK, network=place.ids["东坊"], what="换灯泡"))["id"]
    turn = (await place.done("li", PLAN, member=member, day=TOMORROW, slot="上午"))["id"]
    return dict(zip(ROWS, (member, matter, call, turn), strict=True))


def words_in(value: Any) -> set[str]:
    """Return the secrets that stand anywhere in an answer."""
    return nodes_in(value, SECRETS)


async def test_nobody_sees_rows_that_are_not_theirs_to_see(place: Place) -> None:
    ids = await settle(place)
    names = {ident: name for name, ident in ids.items()}
    for who, (rows, contact) in SEEN.items():
        data = await place.data(who, EVERYTHING, city=place.ids["city"], ids=list(names))
        assert {names[one] for one in nodes_in(data, set(names))} == rows, who
        assert [one is not None for one in data["nodes"]] == [name in rows for name in ROWS], who
        for listed, name in (("matters", "matter"), ("mutualHelp", "help"), ("rotaShifts", "shift")):
            assert data[listed]["totalCount"] == len(data[listed]["nodes"]) == (name in rows), who
        assert data["node"]["networks"]["totalCount"] == 2
        lane = next(one for one in data["networks"]["nodes"] if one["name"] == "东坊")
        shown = (lane["contact"] or {}).get("convenorName")
        assert shown == ("李三" if contact else None), who
        for name in ("members", "matters", "help", "shifts"):
            assert lane[name]["totalCount"] == len(lane[name]["nodes"]), who


async def test_a_stranger_reads_no_name_and_no_word(place: Place) -> None:
    ids = await settle(place)
    for who in ("zhao", "mei", "south", "micro", None):
        data = await place.data(who, EVERYTHING, city=place.ids["city"], ids=list(ids.values()))
        assert words_in(data) == set(), who


async def test_a_neighbour_who_is_a_member_sees_the_calls_and_no_list_of_members(place: Place) -> None:
    ids = await settle(place)
    mine = (await entered(place, "东坊", "chen"))["id"]
    names = {ident: name for name, ident in ids.items()} | {mine: "mine"}
    data = await place.data("chen", EVERYTHING, city=place.ids["city"], ids=list(names))
    assert {names[one] for one in nodes_in(data, set(names))} == {"help", "shift", "mine"}
    assert words_in(data) == {"王一", "李三", "换灯泡", "本人当面同意"}


async def test_what_is_passed_up_is_seen_there_and_by_who_raised_it(place: Place) -> None:
    ids = await settle(place)
    await place.done("n1", UP, matter=ids["matter"], version=1)
    query = """query ($id: ID!) { node(id: $id) { ... on Matter { text trace { number } } }
        matters { totalCount } }"""
    for who in ("city", "north", "social", "wang"):
        data = await place.data(who, query, id=ids["matter"])
        assert data["node"] == {"text": "三号楼前的路灯坏了。", "trace": [{"number": 1}, {"number": 2}]}, who
    for stranger in ("n1", "li", "chen", "zhao", "south", None):
        data = await place.data(stranger, query, id=ids["matter"])
        assert data == {"node": None, "matters": {"totalCount": 0}}, stranger


async def test_a_filter_does_not_open_what_is_hidden(place: Place) -> None:
    await settle(place)
    query = """query ($id: ID!) { matters(where: { network: $id, state: RAISED }) { totalCount }
        mutualHelp(where: { network: $id, kind: ASKED, state: OPEN }) { totalCount } }"""
    for who, number in (("n1", 1), ("wang", 1), ("chen", 0), ("south", 0), (None, 0)):
        data = await place.data(who, query, id=place.ids["东坊"])
        assert data == {"matters": {"totalCount": number}, "mutualHelp": {"totalCount": number}}, who
