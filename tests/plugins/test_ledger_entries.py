"""A person sees what came into their account and went out; who does not see the account sees none of it."""

from typing import Any

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli_graphql.declare.fields import Connection, RootOne
from linli_graphql.declare.registry import Contribution, DeclarationError, Extension, collect
from linli_graphql.nodes.roots import core_contribution
from linli_plugins.ledger import graphql, models
from tests.plugins.ledger_place import ISSUE, Ledger

FIELDS = "amount balance kind reason at journal detail"
PAGE = """query ($first: Int, $after: String, $last: Int, $before: String) { bookAccounts { nodes {
    entries(first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { amount } edges { cursor }
        pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
    } } } }"""


async def pages(book: Ledger, **arguments: Any) -> Any:
    data = await book.place.data("wang", PAGE, **arguments)
    (account,) = data["bookAccounts"]["nodes"]
    return account["entries"]


def amounts(page: Any) -> list[int]:
    return [int(one["amount"]) for one in page["nodes"]]


async def test_a_person_sees_their_entries_the_newest_first(book: Ledger) -> None:
    await book.move(9, ISSUE, "wang", "earn", reason="清扫楼道", detail={"activity": "志愿服务", "hours": 2})
    last = await book.move(4, "wang", "zhao", "give")
    query = f"{{ bookAccounts {{ nodes {{ balance entries {{ totalCount nodes {{ {FIELDS} }} }} }} }} }}"
    (mine,) = (await book.place.data("wang", query))["bookAccounts"]["nodes"]
    newest, oldest = mine["entries"]["nodes"]
    assert (mine["balance"], mine["entries"]["totalCount"]) == ("5", 2)
    assert newest.pop("at") >= oldest.pop("at")
    assert newest == {
        "amount": "-4",
        "balance": "5",
        "kind": "give",
        "reason": "",
        "journal": f"journal_{last}",
        "detail": {},
    }
    assert (oldest["amount"], oldest["balance"], oldest["reason"]) == ("9", "9", "清扫楼道")
    assert oldest["detail"] == {"activity": "志愿服务", "hours": 2}
    (theirs,) = (await book.place.data("zhao", query))["bookAccounts"]["nodes"]
    assert [one["amount"] for one in theirs["entries"]["nodes"]] == ["4"]
    nobodys = "{ bookAccounts { nodes { entries { nodes { amount } } } } }"
    for who in ("north", "n1", None):
        assert (await book.place.data(who, nobodys))["bookAccounts"]["nodes"] == []


async def test_pages_of_entries_follow_each_other_both_ways(book: Ledger) -> None:
    for amount in range(1, 6):
        await book.move(amount, ISSUE, "wang")
    first = await pages(book, first=2)
    assert (amounts(first), first["totalCount"]) == ([5, 4], 5)
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    second = await pages(book, first=2, after=first["pageInfo"]["endCursor"])
    third = await pages(book, first=2, after=second["edges"][-1]["cursor"])
    assert (amounts(second), amounts(third)) == ([3, 2], [1])
    assert third["pageInfo"]["hasNextPage"] is False
    back = await pages(book, last=2, before=third["pageInfo"]["startCursor"])
    assert (amounts(back), back["pageInfo"]["hasPreviousPage"]) == ([3, 2], True)
    assert amounts(await pages(book, last=1)) == [1]


ALL = Connection(target="LedgerEntry", description="All entries.")
FIRST = RootOne(
    target="LedgerEntry", arguments={}, where=lambda to, _: to.c.line == 1, description="Some entry."
)
OF_BOOK = Connection(target="LedgerEntry", on=lambda _, to: to.c.line == 1, description="Some entries.")


@pytest.mark.parametrize(("type_name", "field"), [("Query", ALL), ("Query", FIRST), ("Book", OF_BOOK)])
def test_entries_are_reached_through_their_account_alone(type_name: str, field: Any) -> None:
    given = graphql.SCHEMA
    extensions = [*given.extensions, *([Extension("Book", {"loose": field})] if type_name == "Book" else [])]
    roots = {**given.roots, **({"loose": field} if type_name == "Query" else {})}
    ledger = Contribution("ledger", given.types, extensions, roots)
    resources = by_name((*CORE_RESOURCES, models.BOOK, models.ACCOUNT))
    with pytest.raises(DeclarationError, match=f"field {type_name}.loose.*no policy would stand before it"):
        collect([core_contribution(), ledger], resources)
