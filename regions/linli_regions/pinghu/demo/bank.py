"""The demo's credit bank: a dozen members, what they did, an award, redemptions, a gift, an appeal."""

from typing import Any

from sqlalchemy import Select, select

from linli.clock import today
from linli.demo.filling import Demo
from linli.ids import public_id, split_public_id
from linli_plugins.credit_bank import models

from .people import People

MEMBERS = 12
PATROLS = 6
DONE = (("volunteering", 2), ("tidy_stairs", 1), ("neighbor_help", 3), ("goods_given", 4))
APPROVED = (("visit", 1), ("social_work_course", 1))
OWN = (("neighbor_space", 3), ("volunteering", 4), ("culture", 1))


def fill_bank(demo: Demo, people: People) -> None:
    """Open the community's bank and let it be used."""
    bank = demo.do("community_worker", "openCreditBank", grid=demo.grid_id(demo.community))
    own = demo.do("resident", "joinCreditBank", bank=bank, termsVersion=1)
    others = [
        demo.do("community_worker", "joinCreditBank", bank=bank, member=one, termsVersion=1, onPaper=True)
        for one in [*people.neighbors, *people.others][: MEMBERS - 1]
    ]
    m, o = models.measure.c, models.offer.c
    measures = _by_name(demo, select(m.code, m.id), "credit_measure")
    offers = _by_name(demo, select(o.title_en, o.id), "credit_offer")
    _earn(demo, measures, own, others)
    patrols = [{"member": one, "quantity": 2} for one in [own, *others[: PATROLS - 1]]]
    _award(demo, measures["safety_patrol"], patrols)
    _spend(demo, offers, own)


def _earn(demo: Demo, measures: dict[str, str], own: str, others: list[str]) -> None:
    """What was done: recorded by the grid worker, some approved by a second person, some claimed."""
    for number, member in enumerate(others):
        code, quantity = DONE[number % len(DONE)]
        _record(demo, member, measures[code], quantity)
    for number, (code, quantity) in enumerate(APPROVED):
        recorded = _record(demo, others[number], measures[code], quantity)
        demo.do("colleague", "decideActivity", activity=recorded, approve=True)
    _record(demo, others[-1], measures["visit"], 1)  # waits to be approved
    *_, last = [_record(demo, own, measures[code], quantity) for code, quantity in OWN]
    done = {"doneOn": str(today()), "note": "清扫三楼楼道"}
    demo.do("resident", "claimActivity", member=own, measure=measures["tidy_stairs"], **done)
    words = "活动前一天还布置了场地，没有计入，请核实。"
    appeal = demo.do("resident", "raiseAppeal", activity=last, text=words)
    demo.do("colleague", "receiveAppeal", appeal=appeal)


def _record(demo: Demo, member: str, measure: str, quantity: int) -> str:
    done = {"doneOn": str(today()), "quantity": quantity}
    return demo.do("grid_worker", "recordActivity", member=member, measure=measure, **done)


def _award(demo: Demo, measure: str, lines: list[dict[str, Any]]) -> None:
    given = {"title": "平安巡防", "doneOn": str(today()), "lines": lines}
    prepared = demo.do("community_worker", "prepareAward", measure=measure, **given)
    demo.do("colleague", "decideAward", award=prepared, approve=True)


def _spend(demo: Demo, offers: dict[str, str], own: str) -> None:
    """One thing fetched, another kept for the member, and a gift to the member with number 2."""
    fetched = demo.do("resident", "redeemOffer", member=own, offer=offers["Haircut"])
    demo.do("community_worker", "handOverRedemption", redemption=fetched, code=_code(demo, fetched))
    demo.do("resident", "redeemOffer", member=own, offer=offers["Bottle of detergent"])
    demo.do("resident", "givePoints", member=own, toNumber=2, points=2)


def _code(demo: Demo, redemption: str) -> str:
    """The code that the member shows at the counter."""
    parts, r = split_public_id(redemption), models.redemption.c
    with demo.database.begin() as connection:
        shown = select(r.code).where(r.id == (parts[1] if parts else None))
        return str(connection.execute(shown).scalar_one())


def _by_name(demo: Demo, statement: Select[Any], kind: str) -> dict[str, str]:
    with demo.database.begin() as connection:
        return {name: public_id(kind, ident) for name, ident in connection.execute(statement)}
