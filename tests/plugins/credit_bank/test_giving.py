"""Points between neighbours and between banks, appeals against entries, and model places."""

from typing import Any

import pytest
from sqlalchemy import insert

from linli import model as t
from linli.clock import now, today
from linli.ids import split_public_id, uuid7
from linli.workdays import NATIONAL
from linli_plugins.credit_bank.service.places import FEWEST_HOUSEHOLDS
from tests.plugins.credit_bank.place import CreditPlace

TODAY = str(today())


async def test_a_member_gives_to_a_number_within_the_months_limit(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)
    await bank.earn("wang", 30)
    gift = {"member": bank.members["wang"], "toNumber": 2, "points": 5}
    assert await bank.refused("li", "givePoints", **gift) == "FORBIDDEN"
    assert await bank.refused("north", "givePoints", **gift) == "FORBIDDEN"
    await bank.do("wang", "givePoints", **gift)
    assert (await bank.balance("wang"), await bank.balance("li")) == (25, 5)
    assert await bank.refused("wang", "givePoints", **(gift | {"toNumber": 1})) == "INVALID_INPUT"
    assert await bank.refused("wang", "givePoints", **(gift | {"toNumber": 9})) == "NOT_FOUND"
    assert await bank.refused("wang", "givePoints", **(gift | {"points": 16})) == "LIMIT_EXCEEDED"
    assert await bank.refused("wang", "givePoints", **(gift | {"hours": 1})) == "INVALID_INPUT"
    assert await bank.refused("wang", "givePoints", **(gift | {"points": 0})) == "INVALID_INPUT"


async def test_help_is_thanked_for_by_the_hour_at_the_published_rate(bank: CreditPlace) -> None:
    for who in ("wang", "li"):
        await bank.join(who)
    await bank.earn("wang", 9)
    thanks = {"member": bank.members["wang"], "toNumber": 2, "kind": "HELP", "hours": 3}
    await bank.do("wang", "givePoints", **thanks)
    assert (await bank.balance("wang"), await bank.balance("li")) == (3, 6)
    assert await bank.refused("wang", "givePoints", **thanks) == "INSUFFICIENT_BALANCE"  # not so much there


@pytest.mark.case(284, 295)
async def test_an_appeal_is_due_in_working_days_and_decided_by_somebody_else(bank: CreditPlace) -> None:
    await bank.join("wang")
    done = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    entry = await bank.do("north", "recordActivity", **done)
    words = {"activity": entry["id"], "text": "我巡逻了三个小时"}
    assert await bank.refused("li", "raiseAppeal", **words) == "FORBIDDEN"
    raised = await bank.do("wang", "raiseAppeal", **words)
    assert raised["receiveBy"] == str(NATIONAL.after(today(), 3))
    assert raised["decideBy"] == str(NATIONAL.after(today(), 15))
    assert await bank.refused("wang", "raiseAppeal", **words) == "ALREADY_EXISTS"
    assert (await bank.do("north2", "receiveAppeal", appeal=raised["id"]))["state"] == "RECEIVED"
    yes = {"appeal": raised["id"], "uphold": True, "points": 6, "decision": "核实为三小时"}
    assert await bank.refused("wang", "decideAppeal", **yes) == "FORBIDDEN"
    assert await bank.refused("n1", "decideAppeal", **yes) == "NOT_FOUND"
    assert await bank.refused("north", "decideAppeal", **yes) == "FORBIDDEN"  # who recorded the entry
    assert await bank.refused("north2", "decideAppeal", **(yes | {"points": None})) == "INVALID_INPUT"
    assert (await bank.do("north2", "decideAppeal", **yes))["state"] == "UPHELD"
    assert await bank.balance("wang") == 6
    assert await bank.refused("north2", "decideAppeal", **yes) == "INVALID_INPUT"


async def test_a_corrected_entry_can_be_corrected_again_and_a_dismissal_changes_nothing(
    bank: CreditPlace,
) -> None:
    await bank.join("wang")
    done = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    entry = await bank.do("n1", "recordActivity", **done)
    for points in (6, 3):
        raised = await bank.do("wang", "raiseAppeal", activity=entry["id"], text="再核一次")
        yes = {"appeal": raised["id"], "uphold": True, "points": points, "decision": "核实"}
        await bank.do("north", "decideAppeal", **yes)
        assert await bank.balance("wang") == points
    raised = await bank.do("wang", "raiseAppeal", activity=entry["id"], text="再核一次")
    no = {"appeal": raised["id"], "uphold": False, "decision": "已核实两次"}
    assert (await bank.do("north", "decideAppeal", **no))["state"] == "DISMISSED"
    assert await bank.balance("wang") == 3


async def test_a_refused_claim_can_be_upheld_on_appeal(bank: CreditPlace) -> None:
    await bank.join("wang")
    claim = {"member": bank.members["wang"], "measure": bank.measures["patrol"], "doneOn": TODAY}
    made = await bank.do("wang", "claimActivity", **claim, note="巡逻一小时")
    words = {"activity": made["id"], "text": "有人可以作证"}
    assert await bank.refused("wang", "raiseAppeal", **words) == "INVALID_INPUT"  # nothing is decided yet
    await bank.do("north", "decideActivity", activity=made["id"], approve=False, reason="没有记录")
    raised = await bank.do("wang", "raiseAppeal", **words)
    yes = {"appeal": raised["id"], "uphold": True, "points": 2, "decision": "证人已核实"}
    assert await bank.refused("north", "decideAppeal", **yes) == "FORBIDDEN"  # who refused the claim
    await bank.do("north2", "decideAppeal", **yes)
    assert await bank.balance("wang") == 2


async def _two_banks(bank: CreditPlace) -> tuple[Any, Any]:
    """Open a bank for the whole street beside that of north, and agree."""
    other = await bank.do("street", "openCreditBank", grid=bank.place.ids["town"], name="街道爱心银行")
    given = {"bank": bank.bank, "otherBank": other["id"], "cap": 10}
    assert await bank.refused("n1", "proposeAgreement", **given) == "FORBIDDEN"
    proposed = await bank.do("north", "proposeAgreement", **given)
    return other, proposed


async def test_points_move_between_two_banks_up_to_the_cap_and_what_is_due_is_public(
    bank: CreditPlace,
) -> None:
    other, proposed = await _two_banks(bank)
    assert await bank.refused("north2", "acceptAgreement", agreement=proposed["id"]) == "FORBIDDEN"
    await bank.join("wang")
    there = await bank.do("wang", "joinCreditBank", bank=other["id"], termsVersion=1)
    await bank.earn("wang", 15)
    move = {"agreement": proposed["id"], "member": bank.members["wang"], "points": 6}
    assert await bank.refused("wang", "movePoints", **move) == "INVALID_INPUT"  # not in force yet
    await bank.do("street", "acceptAgreement", agreement=proposed["id"])
    assert await bank.refused("li", "movePoints", **move) == "FORBIDDEN"
    await bank.do("wang", "movePoints", **move)
    assert await bank.refused("wang", "movePoints", **move) == "LIMIT_EXCEEDED"  # 12 is beyond the cap
    bank.members["wang_there"] = there["id"]
    bank.place.tokens["wang_there"] = bank.place.tokens["wang"]
    assert (await bank.balance("wang"), await bank.balance("wang_there")) == (9, 6)
    query = "{ creditAgreements { nodes { state due cap } } }"
    (public,) = (await bank.place.data(None, query))["creditAgreements"]["nodes"]
    assert public == {"state": "IN_FORCE", "due": "6", "cap": "10"}
    assert await bank.refused("north", "endAgreement", agreement=proposed["id"]) == "INVALID_INPUT"
    assert await bank.refused("north", "settleAgreement", agreement=proposed["id"]) == "FORBIDDEN"
    settled = await bank.do("street", "settleAgreement", agreement=proposed["id"])
    assert settled["due"] == "0"
    assert (await bank.do("north", "endAgreement", agreement=proposed["id"]))["state"] == "ENDED"
    assert (await bank.balance("wang"), await bank.balance("wang_there")) == (9, 6)


async def test_each_agreement_in_a_list_says_what_is_due_by_itself(bank: CreditPlace) -> None:
    other, first = await _two_banks(bank)
    third = await bank.do("south", "openCreditBank", grid=bank.place.ids["south"])
    given = {"bank": bank.bank, "otherBank": third["id"], "cap": 10}
    second = await bank.do("north", "proposeAgreement", **given)
    for who, one in (("street", first), ("south", second)):
        await bank.do(who, "acceptAgreement", agreement=one["id"])
    await bank.join("wang")
    await bank.do("wang", "joinCreditBank", bank=other["id"], termsVersion=1)
    await bank.earn("wang", 6)
    move = {"agreement": first["id"], "member": bank.members["wang"], "points": 6}
    await bank.do("wang", "movePoints", **move)
    found = (await bank.place.data(None, "{ creditAgreements(last: 5) { nodes { id due } } }"))[
        "creditAgreements"
    ]
    assert {one["id"]: one["due"] for one in found["nodes"]} == {first["id"]: "6", second["id"]: "0"}


async def test_only_the_same_person_takes_points_along(bank: CreditPlace) -> None:
    _, proposed = await _two_banks(bank)
    await bank.do("street", "acceptAgreement", agreement=proposed["id"])
    await bank.join("wang")
    await bank.earn("wang", 3)
    move = {"agreement": proposed["id"], "member": bank.members["wang"], "points": 3}
    assert await bank.refused("wang", "movePoints", **move) == "INVALID_INPUT"


async def test_a_model_place_is_named_above_and_never_too_small(bank: CreditPlace) -> None:
    given = {"grid": bank.place.ids["n1"], "title": "示范小区", "reason": "邻里互助做得好"}
    assert await bank.refused("north", "nameModelPlace", **given) == "FORBIDDEN"
    assert await bank.refused("street", "nameModelPlace", **given) == "INVALID_INPUT"
    _add_households(bank, FEWEST_HOUSEHOLDS)
    named = await bank.do("street", "nameModelPlace", **given)
    query = "{ modelPlaces { nodes { title reason grid { name } } } }"
    (shown,) = (await bank.place.data(None, query))["modelPlaces"]["nodes"]
    assert shown["title"] == "示范小区"
    await bank.do("street", "endModelPlace", modelPlace=named["id"])
    assert (await bank.place.data(None, query))["modelPlaces"]["nodes"] == []


def _add_households(bank: CreditPlace, count: int) -> None:
    parts = split_public_id(bank.place.ids["n1"])
    assert parts is not None
    with bank.place.deployment.database.begin() as connection:
        path = connection.execute(t.grid.select().where(t.grid.c.id == parts[1])).one().path
        usual = {
            "created_at": now(),
            "updated_at": now(),
            "valid_from": now(),
            "grid_id": parts[1],
            "path": path,
        }
        rows = [usual | {"id": uuid7(), "label": f"{number} 室", "kind": "family"} for number in range(count)]
        connection.execute(insert(t.household), rows)
