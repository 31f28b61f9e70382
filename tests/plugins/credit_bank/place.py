"""A small place with a credit bank in `north`: its tables, members, and staff of all kinds.

Beside the people of `motto_place`: li, a resident of n1 who is also its second grid worker; north2, another
community worker of north; street, who runs the street; social, a social worker of north; shop, an
organisation of n1 that `keeper` runs.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Table, select, update

from linli import model as t
from linli.access.actors import create_token
from linli.clock import today
from linli.commands.users import insert_account, insert_role
from linli.ids import public_id, split_public_id
from linli.operating import operate
from linli.policy import Actor
from linli_plugins.credit_bank import models
from linli_plugins.ledger.models import account
from tests.plugins.motto_place import CREATE_RESIDENT, Place, settled, write_config

MORE = """
[calendar]
holidays = []
[plugins.credit_bank]
notice_days = 7
four_eyes_above = 10
gifts_a_month = 20
[[plugins.credit_bank.measures]]
code = "patrol"
activity = "safety_patrol"
title_zh = "平安巡逻"
title_en = "Patrol"
basis = "hour"
points = 2
cap_day = 6
cap_month = 20
[[plugins.credit_bank.measures]]
code = "goods"
activity = "goods_given"
title_zh = "捐赠物品"
title_en = "Goods given"
basis = "item"
points = 3
[[plugins.credit_bank.measures]]
code = "visit"
activity = "care"
title_zh = "探访独居老人"
title_en = "Visits"
points = 5
second_approver = true
audience = "residents"
[[plugins.credit_bank.measures]]
code = "weekend"
activity = "volunteering"
title_zh = "周末志愿服务"
title_en = "Weekends"
points = 2
rule = "weekday >= 6 ? points * 2 * quantity : points * quantity"
[[plugins.credit_bank.offers]]
kind = "goods"
title_zh = "洗衣液"
title_en = "Detergent"
points = 4
valuation = "市价 20 元，每 5 元 1 积分。"
stock = 2
[[plugins.credit_bank.offers]]
kind = "service"
title_zh = "理发一次"
title_en = "Haircut"
points = 3
valuation = "市价 15 元，每 5 元 1 积分。"
"""
STAFF = {
    "north2": ("community_worker", "north"),
    "street": ("street_admin", "town"),
    "social": ("social_worker", "north"),
    "auditor": ("auditor", "city"),
}
CREATE_ORGANIZATION = """mutation ($input: CreateOrganizationInput!) {
    createOrganization(input: $input) { organization { id } errors { code path message } } }"""
GRANT = """mutation ($input: AssignRoleInput!) {
    assignRole(input: $input) { assignment { id } errors { code path message } } }"""
FIELDS = {
    "creditBank": "id version name termsVersion",
    "creditMember": "id version number state account { balance }",
    "creditMeasure": "id version number since until",
    "creditActivity": "id version state computed points decision",
    "checkIn": "id version secret { code }",
    "creditAward": "id version state people points",
    "creditOffer": "id version stock until",
    "creditRedemption": "id version state points expiresOn secret { code }",
    "creditAppeal": "id version state receiveBy decideBy decision",
    "creditAgreement": "id version state due",
    "modelPlace": "id version title",
}


def mutation(name: str, node: str) -> str:
    """Return the mutation of a verb that asks for its node with the usual fields."""
    kind, shown = f"{name[0].upper()}{name[1:]}Input!", f"{node} {{ {FIELDS[node]} }}"
    return (
        f"mutation ($input: {kind}) {{ {name}(input: $input) {{ {shown} errors {{ code message path }} }} }}"
    )


NODES = {
    **dict.fromkeys(("openCreditBank", "updateCreditBank", "closeCreditBank"), "creditBank"),
    **dict.fromkeys(("joinCreditBank", "leaveCreditBank", "givePoints", "movePoints"), "creditMember"),
    **dict.fromkeys(("publishMeasure", "withdrawMeasure"), "creditMeasure"),
    **dict.fromkeys(("recordActivity", "claimActivity", "decideActivity", "checkIn"), "creditActivity"),
    **dict.fromkeys(("openCheckIn", "closeCheckIn"), "checkIn"),
    **dict.fromkeys(("prepareAward", "decideAward"), "creditAward"),
    **dict.fromkeys(("publishOffer", "stockOffer", "withdrawOffer"), "creditOffer"),
    **dict.fromkeys(("redeemOffer", "handOverRedemption", "cancelRedemption"), "creditRedemption"),
    **dict.fromkeys(("raiseAppeal", "receiveAppeal", "decideAppeal"), "creditAppeal"),
    **dict.fromkeys(
        ("proposeAgreement", "acceptAgreement", "endAgreement", "settleAgreement"), "creditAgreement"
    ),
    **dict.fromkeys(("nameModelPlace", "endModelPlace"), "modelPlace"),
}


@dataclass
class CreditPlace:
    """The place, its bank, and the public ids of measures, offers and members by name."""

    place: Place
    bank: str = ""
    measures: dict[str, str] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    async def do(self, who: str, verb: str, **data: Any) -> Any:
        """Do a deed that must succeed and return its node."""
        return await self.place.done(who, mutation(verb, NODES[verb]), **data)

    async def refused(self, who: str, verb: str, **data: Any) -> str:
        """Do a deed that must be refused, show that no row of the bank was written, and return the code."""
        before = self.everything()
        code, _ = await self.place.refusal(who, mutation(verb, NODES[verb]), **data)
        assert self.everything() == before
        return code

    def everything(self) -> list[Row[Any]]:
        """Return every row of the bank and the accounts of its book."""
        with self.place.deployment.database.begin() as connection:
            tables: tuple[Table, ...] = (*models.TABLES, account)
            return [
                row
                for table in tables
                for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]

    async def join(self, who: str, **more: Any) -> str:
        """Let somebody join and return the membership's id."""
        joined = await self.do(who, "joinCreditBank", bank=self.bank, termsVersion=1, **more)
        self.members[who] = joined["id"]
        return str(joined["id"])

    async def earn(self, who: str, points: int) -> None:
        """Let a member have points, at odds with no cap: even numbers by goods, in threes."""
        times, rest = divmod(points, 3)
        assert rest == 0
        for _ in range(times):
            await self.do(
                "n1",
                "recordActivity",
                member=self.members[who],
                measure=self.measures["goods"],
                doneOn=str(today()),
            )

    async def balance(self, who: str) -> int:
        """Return what a member can spend, as the member sees it."""
        query = "query ($id: ID!) { node(id: $id) { ... on CreditMember { account { balance held } } } }"
        data = await self.place.data(who, query, id=self.members[who])
        own = data["node"]["account"]
        return int(own["balance"]) - int(own["held"])

    def tables_of(self, bank: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return the public ids of a bank's measures by code, and of its offers by English title."""
        m, o = models.measure, models.offer
        with self.place.deployment.database.begin() as connection:
            measures = connection.execute(select(m.c.code, m.c.id).where(m.c.bank_id == _uuid(bank)))
            offers = connection.execute(select(o.c.title_en, o.c.id).where(o.c.bank_id == _uuid(bank)))
            return (
                {row.code: public_id("credit_measure", row.id) for row in measures},
                {row.title_en: public_id("credit_offer", row.id) for row in offers},
            )

    def appoint(self, who: str, role: str, grid: str) -> None:
        """Give somebody's account a further role at a grid."""
        a = t.account
        with self.place.deployment.database.begin() as connection:
            found = connection.execute(select(a.c.id).where(a.c.name == who)).scalar_one()
            insert_role(connection, found, role, _grid(connection, self.place, grid))
            connection.execute(update(a).where(a.c.id == found).values(version=a.c.version + 1))

    def operate(self, job: Any, days: int = 0) -> int:
        """Run a nightly job as if it were some days later."""
        deployment, day = self.place.deployment, today() + timedelta(days=days)
        with deployment.database.begin() as connection:
            return int(operate(connection, deployment, Actor(name="os:test"), lambda ctx: job(ctx, day)))


@asynccontextmanager
async def credit_place(folder: Path, url: str, more: str = MORE) -> AsyncIterator[CreditPlace]:
    """Settle a place in an empty database and open the bank; `more` stands in its configuration."""
    async with settled(write_config(folder, url, "credit_bank", more=more)) as place:
        await _people(place)
        found = CreditPlace(place)
        opened = await found.do("north", "openCreditBank", grid=place.ids["north"])
        found.bank = opened["id"]
        found.measures, found.offers = found.tables_of(found.bank)
        yield found


async def _people(place: Place) -> None:
    made = await place.done("city", CREATE_RESIDENT, grid=place.ids["n1"], name="李三")
    place.ids["li"] = made["id"]
    shop = {"grid": place.ids["n1"], "name": "便民小店", "kind": "SHOP"}
    place.ids["shop"] = (await place.done("north", CREATE_ORGANIZATION, **shop))["id"]
    with place.deployment.database.begin() as connection:
        li = insert_account(connection, "li", "李三", _uuid(made["id"]))
        insert_role(connection, li, "grid_worker", _grid(connection, place, "n1"))
        place.tokens["li"] = create_token(connection, li, "test", 10)
        for name, (role, grid) in STAFF.items():
            staff = insert_account(connection, name, name)
            insert_role(connection, staff, role, _grid(connection, place, grid))
            place.tokens[name] = create_token(connection, staff, "test", 10)
        keeper = insert_account(connection, "keeper", "keeper")
        place.tokens["keeper"] = create_token(connection, keeper, "test", 10)
    grant = {
        "account": public_id("account", keeper),
        "role": "organization_manager",
        "anchor": place.ids["shop"],
    }
    await place.done("street", GRANT, **grant)


def _grid(connection: Connection, place: Place, name: str) -> Row[Any]:
    return connection.execute(select(t.grid).where(t.grid.c.id == _uuid(place.ids[name]))).one()


def _uuid(public: str) -> str:
    parts = split_public_id(public)
    assert parts is not None
    return parts[1]
