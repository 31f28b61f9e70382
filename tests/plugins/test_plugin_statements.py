"""How many statements usual operations of the plugins cost: one for each planned read, as in the core."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from linli.clock import today
from tests.graphql.test_statement_counts import Cost, counted
from tests.plugins.credit_bank.place import CreditPlace, credit_place, mutation
from tests.plugins.motto_place import Place
from tests.plugins.neighbor_network.place import RAISE, lanes, neighbors, raised

READ, DEED = Cost(1, 0), Cost(1, 1)
MINE = """{ viewer { resident { creditMemberships { nodes { number state account { balance }
  activities { nodes { state points measure { titleZh } } }
  redemptions { nodes { state secret { code } offer { titleZh } } } } } } } }"""
CLAIMS = """{ creditActivities(where: {state: CLAIMED}) { totalCount nodes { note doneOn
  member { number resident { name } } measure { titleZh points } } pageInfo { hasNextPage } } }"""
BANKS = """{ creditBanks { nodes { name book { unit } measures { nodes { titleZh points } }
  offers { nodes { titleZh stock } } agreements { nodes { due } } } } }"""
NETWORKS = """{ networks { nodes { name contact { convenorName coreHousehold } parent { name }
  members { totalCount } spaces { nodes { name elements } } } } }"""
MATTERS = """{ matters { nodes { title state raisedByName network { name }
  trace { number action account { name } fromNetwork { name } toNetwork { name } } } } }"""
KINDS = "{ networkKinds { name title } }"
FIGURES = """query ($bank: ID!, $month: Date!) { creditFigures(bank: $bank, month: $month) { members } }"""
# These are answered in Python, so the caller is loaded anew, in a transaction; figures take one more.
KINDS_COST, FIGURES_COST = Cost(0, 1), Cost(0, 2)
Asked = tuple[str, str, Mapping[str, Any]]


async def _costs(place: Place, asked: Mapping[str, Asked]) -> dict[str, Cost]:
    """Return what each operation costs where its plan and its caller are known."""
    costs = {}
    async with counted(place.deployment) as counter:
        for name, (who, query, variables) in asked.items():
            await place.data(who, query, **variables)
            counter.statements = counter.transactions = 0
            data = await place.data(who, query, **variables)
            assert None not in data.values(), (name, data)
            assert not any(one.get("errors") for one in data.values() if isinstance(one, dict)), data
            costs[name] = Cost(counter.statements, counter.transactions)
    return costs


async def _bank(bank: CreditPlace) -> dict[str, Asked]:
    await bank.join("wang")
    await bank.earn("wang", 9)
    done = {"measure": bank.measures["goods"], "doneOn": str(today()), "note": "两袋米"}
    await bank.do("wang", "claimActivity", member=bank.members["wang"], **done)
    redeemed = {"member": bank.members["wang"], "offer": bank.offers["Haircut"]}
    return {
        "own memberships": ("wang", MINE, {}),
        "claims to be decided": ("north", CLAIMS, {}),
        "banks": ("wang", BANKS, {}),
        "figures": ("north", FIGURES, {"bank": bank.bank, "month": str(today())}),
        "a redemption": ("wang", mutation("redeemOffer", "creditRedemption"), {"input": redeemed}),
    }


async def test_usual_operations_of_the_credit_bank(tmp_path: Path, database_url: str) -> None:
    async with credit_place(tmp_path, database_url) as bank:
        costs = await _costs(bank.place, await _bank(bank))
    reads = dict.fromkeys(("own memberships", "claims to be decided", "banks"), READ)
    assert costs == {**reads, "figures": FIGURES_COST, "a redemption": DEED}


async def test_usual_operations_of_the_networks(tmp_path: Path, database_url: str) -> None:
    async with neighbors(tmp_path, database_url) as place:
        await lanes(place)
        await raised(place)
        given = {"network": place.ids["东坊"], "title": "路灯不亮", "text": "三号楼前的路灯坏了。"}
        asked: dict[str, Asked] = {
            "networks": ("wang", NETWORKS, {}),
            "matters": ("north", MATTERS, {}),
            "kinds": ("wang", KINDS, {}),
            "a matter is raised": ("wang", RAISE, {"input": given}),
        }
        costs = await _costs(place, asked)
    reads = dict.fromkeys(("networks", "matters"), READ)
    assert costs == {**reads, "kinds": KINDS_COST, "a matter is raised": DEED}
