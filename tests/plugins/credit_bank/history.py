"""Random histories of a credit bank, held against the model after each step.

All histories of a test run in one place; each has a bank of its own.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from linli.clock import today
from linli_plugins.credit_bank.daily import expire_redemptions, finish_leaving
from tests.plugins.credit_bank.model import (
    AN_HOUR,
    FOUR_EYES,
    Activity,
    Appeal,
    Award,
    Member,
    Model,
    Redemption,
)
from tests.plugins.credit_bank.place import NODES, CreditPlace, mutation
from tests.plugins.credit_bank.stored import Picture, stored

Row = TypeVar("Row", Activity, Award, Redemption, Appeal)
WHO = st.sampled_from(("wang", "li", "keeper"))
RECORDERS = st.sampled_from(("n1", "social", "north", "li"))
DECIDERS = st.sampled_from(("north", "north2", "li"))
MEASURES = st.sampled_from(("patrol", "goods", "visit"))
FEW = st.integers(1, 5)
OFFERS = st.sampled_from(("Detergent", "Haircut"))
HANDERS = st.sampled_from(("north", "social", "li"))
LAST = -1
ANY = st.integers(0, 99)
LATER = 31  # days after which what was redeemed is given back and who is leaving has left


@dataclass
class World:
    """A place, the loop on which it runs, and what the histories have done and been refused so far."""

    bank: CreditPlace
    loop: asyncio.AbstractEventLoop
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def deed(self, who: str, verb: str, **data: Any) -> tuple[Any, str | None]:
        """Do a deed; return its node and the code of its refusal."""
        attempt = self.bank.place.deed(who, mutation(verb, NODES[verb]), **data)
        payload = asyncio.run_coroutine_threadsafe(attempt, self.loop).result()
        codes = [one["code"] for one in payload["errors"]]
        (self.refused if codes else self.done)[verb] += 1
        return payload[NODES[verb]], codes[0] if codes else None


class History(RuleBasedStateMachine):
    """One history; what Hypothesis picks are accounts, numbers and places in the model's lists."""

    world: World  # of the subclass that a test makes

    def __init__(self) -> None:
        super().__init__()
        self.model, self.day, self.bank_id = Model(), str(today()), ""
        self.measures: dict[str, str] = {}
        self.offers: dict[str, str] = {}

    @initialize()
    def open(self) -> None:
        bank = self.world.bank
        self.bank_id = self.do(None, "north", "openCreditBank", grid=bank.place.ids["north"])["id"]
        self.measures, self.offers = bank.tables_of(self.bank_id)
        for who in ("wang", "li", "keeper"):
            self.join(who, paper=False)
            self.record("n1" if who != "wang" else "social", who, "goods", 3, goods=False)

    def do(self, refusal: str | None, who: str, verb: str, **data: Any) -> Any:
        """Do what must be refused with this code, or with None must succeed; return the node."""
        node, code = self.world.deed(who, verb, **data)
        assert code == refusal, f"{who} {verb} {data}: {code}, and should be {refusal}"
        return node

    def of(self, who: str) -> Member:
        """The last membership of somebody; the first of all where there is none."""
        found = [one for one in self.model.members if one.who == who]
        return found[-1] if found else self.model.members[0]

    @rule(who=WHO, paper=st.booleans())
    def join(self, who: str, paper: bool) -> None:
        there = [one for one in self.model.members if one.who == who]
        named = self.world.bank.place.ids["shop" if who == "keeper" else who]
        data = {"bank": self.bank_id, "termsVersion": 1, "member": named, "onPaper": paper}
        by, refusal = "north" if paper else who, "ALREADY_EXISTS" if there else None
        node = self.do(refusal, by, "joinCreditBank", **data)
        if not there:
            number = len(self.model.members) + 1
            self.model.members.append(Member(node["id"], number, who))

    @rule(by=RECORDERS, who=WHO, measure=MEASURES, quantity=FEW, goods=st.booleans())
    def record(self, by: str, who: str, measure: str, quantity: int, goods: bool) -> None:
        member, goods = self.of(who), goods and measure != "visit"
        refusal = self.model.no_entry(by, member, measure, quantity, goods)
        if member.state == "left":
            refusal = "NOT_FOUND"
        offer = {"offer": self.offers["Detergent"]} if goods else {}
        node = self.do(refusal, by, "recordActivity", **self.entry(member, measure, quantity), **offer)
        if refusal is None:
            points = self.model.worth(member, measure, quantity)
            state = "recorded" if measure == "visit" or points > FOUR_EYES else "booked"
            made = Activity(node["id"], member, measure, quantity, points, by, state, goods)
            self.model.enter(made)

    @rule(who=WHO, measure=MEASURES, quantity=FEW)
    def claim(self, who: str, measure: str, quantity: int) -> None:
        member = self.of(who)
        if member.who != who:
            return
        refusal = self.model.no_claim(member, measure, quantity, goods=False)
        node = self.do(refusal, who, "claimActivity", **self.entry(member, measure, quantity), note="巡逻")
        if refusal is None:
            points = self.model.worth(member, measure, quantity)
            self.model.enter(Activity(node["id"], member, measure, quantity, points, who, "claimed"))

    def entry(self, member: Member, measure: str, quantity: int) -> dict[str, Any]:
        """The input of what was done today."""
        known = {"member": member.ident, "measure": self.measures[measure]}
        return known | {"quantity": quantity, "doneOn": self.day}

    @precondition(lambda self: self.model.activities)
    @rule(by=DECIDERS, at=ANY, approve=st.booleans(), reason=st.booleans())
    def decide(self, by: str, at: int, approve: bool, reason: bool) -> None:
        one = _waiting(self.model.activities, ("claimed", "recorded"), at)
        refusal = self.model.no_decision(by, one, approve, reason)
        words = {"reason": "没有记录"} if reason else {}
        self.do(refusal, by, "decideActivity", activity=one.ident, approve=approve, **words)
        if refusal is None:
            one.decided = by
            if approve:
                self.model.book(one)
            else:
                one.state = "refused"

    @rule(
        by=DECIDERS, who=st.sets(WHO, min_size=1), measure=MEASURES, quantity=FEW, then=st.none() | DECIDERS
    )
    def prepare(self, by: str, who: set[str], measure: str, quantity: int, then: str | None) -> None:
        lines = [(member, quantity) for member in dict.fromkeys(map(self.of, sorted(who)))]
        refusal = self.model.no_award(by, lines, measure)
        given = {"title": "巡逻", "doneOn": self.day, "measure": self.measures[measure]}
        wanted = [{"member": member.ident, "quantity": number} for member, number in lines]
        node = self.do(refusal, by, "prepareAward", **given, lines=wanted)
        if refusal is None:
            self.model.awards.append(Award(node["id"], measure, by, self.model.lines(lines, measure)))
            if then is not None:
                self.decide_award(then, LAST, approve=True)

    @precondition(lambda self: self.model.awards)
    @rule(by=DECIDERS, at=ANY, approve=st.booleans())
    def decide_award(self, by: str, at: int, approve: bool) -> None:
        one = _waiting(self.model.awards, ("prepared",), at)
        refusal = self.model.no_award_decision(by, one, approve)
        self.do(refusal, by, "decideAward", award=one.ident, approve=approve)
        if refusal is None and approve:
            self.model.award(one)
        elif refusal is None:
            one.state = "discarded"

    @rule(who=WHO, offer=OFFERS, quantity=st.integers(1, 3), then=st.none() | HANDERS)
    def redeem(self, who: str, offer: str, quantity: int, then: str | None) -> None:
        member = self.of(who)
        if member.who != who:
            return
        refusal = self.model.no_redemption(member, offer, quantity)
        wanted = {"member": member.ident, "offer": self.offers[offer], "quantity": quantity}
        node = self.do(refusal, who, "redeemOffer", **wanted)
        if refusal is None:
            points, code = self.model.prices[offer] * quantity, node["secret"]["code"]
            self.model.redeem(Redemption(node["id"], code, member, offer, quantity, points))
            if then is not None:
                self.hand_over(then, LAST, right=1)

    @precondition(lambda self: self.model.redemptions)
    @rule(by=HANDERS, at=ANY, right=st.integers(0, 3))
    def hand_over(self, by: str, at: int, right: int) -> None:
        one = _waiting(self.model.redemptions, ("held",), at)
        code = one.code if right else "WRONG"
        refusal = self.model.no_hand_over(by, one, code)
        self.do(refusal, by, "handOverRedemption", redemption=one.ident, code=code)
        if refusal is None:
            self.model.hand_over(one)

    @precondition(lambda self: self.model.redemptions)
    @rule(staff=st.booleans(), at=ANY)
    def cancel(self, staff: bool, at: int) -> None:
        one = _waiting(self.model.redemptions, ("held",), at)
        by = "north" if staff or one.member.who is None else one.member.who
        self.do(
            None if one.state == "held" else "INVALID_INPUT", by, "cancelRedemption", redemption=one.ident
        )
        if one.state == "held":
            self.model.undo(one, "cancelled")

    @rule(who=WHO, number=st.integers(1, 4), points=st.integers(1, 6), hours=st.booleans())
    def give(self, who: str, number: int, points: int, hours: bool) -> None:
        member = self.of(who)
        if member.who != who:
            return
        worth = points * AN_HOUR if hours else points
        refusal = self.model.no_gift(member, number, worth)
        how = {"kind": "HELP", "hours": points} if hours else {"points": points}
        self.do(refusal, who, "givePoints", member=member.ident, toNumber=number, **how)
        if refusal is None:
            self.model.give(member, number, worth)

    @precondition(lambda self: any(one.member.who for one in self.model.activities))
    @rule(at=ANY)
    def appeal(self, at: int) -> None:
        known = [one for one in self.model.activities if one.member.who]
        one = _waiting(known, ("booked", "refused"), at)
        refusal = self.model.no_appeal(one)
        words = {"activity": one.ident, "text": "漏记"}
        node = self.do(refusal, str(one.member.who), "raiseAppeal", **words)
        if refusal is None:
            self.model.appeals.append(Appeal(node["id"], one))

    @precondition(lambda self: self.model.appeals)
    @rule(by=DECIDERS, at=ANY)
    def receive(self, by: str, at: int) -> None:
        one = _waiting(self.model.appeals, ("raised", "received"), at)
        refusal = None if one.state == "raised" else "INVALID_INPUT"
        self.do(refusal, by, "receiveAppeal", appeal=one.ident)
        if refusal is None:
            one.state, one.received = "received", by

    @precondition(lambda self: self.model.appeals)
    @rule(by=DECIDERS, at=ANY, points=st.none() | st.integers(0, 12))
    def decide_appeal(self, by: str, at: int, points: int | None) -> None:
        one = _waiting(self.model.appeals, ("raised", "received"), at)
        refusal = self.model.no_appeal_decision(by, one, points)
        given = {"uphold": points is not None, "points": points, "decision": "核实"}
        self.do(refusal, by, "decideAppeal", appeal=one.ident, **given)
        if refusal is None:
            one.state = "dismissed" if points is None else "upheld"
            if points is not None:
                self.model.correct(one.activity, points)

    @precondition(lambda self: sum(one.state == "active" for one in self.model.members) > 1)
    @rule(who=WHO)
    def leave(self, who: str) -> None:
        member = self.of(who)
        if member.who != who:
            return
        refusal = None if member.state == "active" else "INVALID_INPUT"
        self.do(refusal, who, "leaveCreditBank", member=member.ident)
        member.state = "leaving"

    @rule(change=st.integers(-2, 4))
    def restock(self, change: int) -> None:
        refusal = "INVALID_INPUT" if (self.model.stock["Detergent"] or 0) + change < 0 else None
        self.do(refusal, "north", "stockOffer", offer=self.offers["Detergent"], change=change)
        if refusal is None:
            self.model.put_back("Detergent", change)

    @rule(days=st.sampled_from((0, LATER - 1, LATER)))
    def night(self, days: int) -> None:
        for job in (expire_redemptions, finish_leaving):
            self.world.bank.operate(job, days)
        if days == LATER:
            self.model.night()

    @invariant()
    def agrees(self) -> None:
        found, due = stored(self.world.bank, self.bank_id), Picture.of(self.model)
        assert found == due, found.unlike(due)


def _waiting(rows: Sequence[Row], states: tuple[str, ...], at: int) -> Row:
    """Pick a row: most often one that waits, where there is one; LAST is the newest of all."""
    wanted = [one for one in rows if one.state in states] if at % 4 and at != LAST else rows
    found = wanted or rows
    return found[at % len(found)]
