"""Opened, posted, held, reversed, closed or lapsed, in whatever order: the books agree with a model."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Row, select

from linli.context import Context
from linli.database.together import together
from linli.errors import Refusal
from linli.policy import Actor
from linli_plugins.ledger import accounts, holds, models, posting
from linli_plugins.ledger.expiry import EXPIRE, EXPIRED, Rule, expire
from linli_plugins.ledger.verifying import verify_books
from tests.plugins.ledger_model import Held, Kept, Model, naive
from tests.plugins.ledger_place import ISSUE, Ledger

RULE = Rule(2, date(2024, 2, 1))
NAMES = st.sampled_from([ISSUE, "wang", "zhao", "shop"])
MEMBERS = st.sampled_from(["wang", "zhao", "shop"])
AMOUNTS = st.integers(1, 40)
LIMITS = {ISSUE: (None, None), EXPIRED: (None, None), "shop": (0, 60)}


class Books(RuleBasedStateMachine):
    """One book and its model; days go by between the steps."""

    def __init__(self, place: Ledger) -> None:
        super().__init__()
        self.place = place
        self.day = date(2024, 1, 15)
        self.model = Model({**LIMITS, "wang": (0, None), "zhao": (0, None)})
        self.ids: dict[str, str] = {}
        self.lapsed: set[tuple[str, date]] = set()
        self.book: Row[Any]

    def do(self, work: Callable[[Context], Any]) -> Any:
        """Do something in a transaction of its own; a refusal gives None."""
        deployment, deeds = self.place.place.deployment, self.place.place.service.deeds
        at = datetime(self.day.year, self.day.month, self.day.day, 4, tzinfo=UTC)
        try:
            with deployment.database.begin() as connection:
                ctx = Context(connection, Actor(name="test"), deeds.policy, deeds.vault, at=at)
                done = work(ctx)
                together(connection, ctx.traces)
        except Refusal:
            return None
        return done

    @initialize()
    def a_book_is_opened(self) -> None:
        def opened(ctx: Context) -> Row[Any]:
            made = accounts.open_book(
                ctx, self.place.book.grid_id, "积分", "points", [ISSUE, EXPIRED, "shop"]
            )
            return accounts.book_row(ctx, made.id)

        self.book = self.do(opened)
        for name in (ISSUE, EXPIRED, "shop"):
            self.ids[name] = self.do(partial(accounts.own_account, book_id=self.book.id, kind=name))
        most = models.account.update().where(models.account.c.id == self.ids["shop"])
        self.do(lambda ctx: ctx.connection.execute(most.values(lower_limit=0, upper_limit=60)))
        for name in ("wang", "zhao"):
            self.open(name)
            self.post(60, ISSUE, name)

    @rule(name=MEMBERS)
    def open(self, name: str) -> None:
        """Open somebody's account, the first time or after it was closed."""
        if name == "shop" or (name in self.ids and name not in self.model.closed):
            return
        made = self.do(lambda ctx: accounts.open_account(ctx, self.book, "member", self.owner(ctx, name)))
        self.ids[name] = made.id
        self.model.closed.discard(name)
        self.model.moves[name] = []
        for kept in self.model.journals:
            kept.spent = kept.spent or name in kept.legs  # of the account before; it stays closed

    def owner(self, ctx: Context, name: str) -> accounts.Owner:
        of = select(models.account.c.resident_id).where(models.account.c.id == self.place.ids[name])
        return accounts.Owner(resident_id=ctx.connection.execute(of).scalar_one())

    @rule(amount=AMOUNTS, into=MEMBERS)
    def issue(self, amount: int, into: str) -> None:
        self.post(amount, ISSUE, into)

    @rule(amount=AMOUNTS, out_of=MEMBERS, into=NAMES)
    def post(self, amount: int, out_of: str, into: str) -> None:
        if out_of == into:
            return
        legs, ids = {out_of: -amount, into: amount}, self.ids
        given = posting.transfer(self.book.id, "test", amount, out_of=ids[out_of], into=ids[into])
        done = self.do(lambda ctx: posting.post(ctx, given))
        assert (done is not None) == self.model.may(legs)
        if done:
            self.model.book(Kept(done, legs), self.day)

    @rule(amount=AMOUNTS, name=MEMBERS)
    def hold(self, amount: int, name: str) -> None:
        done = self.do(lambda ctx: holds.hold_back(ctx, self.ids[name], amount))
        assert (done is not None) == self.model.may({name: -amount})
        if done:
            self.model.holds.append(Held(done, name, amount))

    @rule(data=st.data(), back=st.booleans(), to=MEMBERS)
    def close_a_hold(self, data: st.DataObject, back: bool, to: str) -> None:
        """Release it, or capture it into an account."""
        if not self.model.holds:
            return
        one = data.draw(st.sampled_from(self.model.holds))
        if back or to == one.account:
            self.do(lambda ctx: holds.release(ctx, one.id))
            self.model.holds.remove(one)
            return
        legs = {one.account: -one.amount, to: one.amount}
        self.model.holds.remove(one)
        may = self.model.may(legs)
        done = self.do(lambda ctx: holds.capture(ctx, one.id, "redeem", self.ids[to]))
        assert (done is not None) == may
        if done:
            self.model.book(Kept(done, legs, spent=True), self.day)
        else:
            self.model.holds.append(one)

    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        if not self.model.journals:
            return
        one = data.draw(st.sampled_from(self.model.journals))
        legs = {name: -amount for name, amount in one.legs.items()}
        done = self.do(lambda ctx: posting.reverse(ctx, one.id, "test"))
        assert (done is not None) == (not one.spent and self.model.may(legs, restores=True))
        if done:
            one.spent = True
            undoes = None if one.kind == EXPIRE else one.id
            self.model.book(Kept(done, legs, spent=True), self.day, undoes)

    @rule(name=st.sampled_from(["wang", "zhao"]))
    def close(self, name: str) -> None:
        held = any(one.account == name for one in self.model.holds)
        may = not held and not self.model.balances.get(name, 0) and name not in self.model.closed
        done = self.do(partial(self._closed, name))
        assert (done is not None) == may
        if done:
            self.model.closed.add(name)

    def _closed(self, name: str, ctx: Context) -> str:
        accounts.close_account(ctx, self.ids[name])
        return name

    @rule(days=st.integers(0, 60))
    def days_go_by_and_things_lapse(self, days: int) -> None:
        self.day += timedelta(days=days)
        due = {}
        for name in {"wang", "zhao"} - self.model.closed:
            kept = self.model.kept(name)
            amount = naive(self.model.moves[name], RULE, self.day, kept)
            amount = min(amount, self.model.balances.get(name, 0) - kept)
            if amount and (self.ids[name], self.day) not in self.lapsed:
                due[name] = amount
        done = self.do(lambda ctx: expire(ctx, self.book, RULE, self.day))
        assert done.journals == len(due)
        for name, amount in due.items():
            self.lapsed.add((self.ids[name], self.day))
            lapsed = Kept(self.newest(name), {name: -amount, EXPIRED: amount}, EXPIRE)
            self.model.book(lapsed, self.day)

    def newest(self, name: str) -> str:
        e = models.entry.c
        last = select(e.journal_id).where(e.account_id == self.ids[name]).order_by(e.journal_id.desc())
        found: str = self.do(lambda ctx: ctx.connection.execute(last.limit(1)).scalar_one())
        return found

    @invariant()
    def the_balances_are_the_models(self) -> None:
        if not self.ids:
            return
        rows = select(models.account.c.id, models.account.c.balance, models.account.c.held)
        stored = {one.id: one[1:] for one in self.do(lambda ctx: ctx.connection.execute(rows).all())}
        assert {name: stored[one] for name, one in self.ids.items()} == {
            name: (self.model.balances.get(name, 0), self.model.kept(name)) for name in self.ids
        }
        assert sum(self.model.balances.values()) == 0

    def teardown(self) -> None:
        found = self.do(lambda ctx: verify_books(ctx.connection))
        assert [one for one in found if one.fault] == []


async def test_the_books_agree_with_a_model_of_them(book: Ledger) -> None:
    few = settings(max_examples=25, stateful_step_count=40, deadline=None)
    machine: Any = partial(Books, book)
    run_state_machine_as_test(machine, settings=few)
