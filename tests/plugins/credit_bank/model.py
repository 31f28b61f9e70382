"""What a credit bank must come to, in plain Python: who may do what just now, and what it changes.

Each deed first names the code by which it must be refused, or None; only what is not refused is then done.
`by` is the name of an account: `li` is a resident and a community worker at once, all other staff are nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

DAY_CAP, GIFTS, FOUR_EYES, AN_HOUR = 6, 20, 10, 2  # as in place.MORE
POINTS = {"patrol": 2, "goods": 3, "visit": 5}
CODE = str | None


@dataclass(eq=False)
class Member:
    """A membership; `who` is None when the member has left."""

    ident: str
    number: int
    who: str | None
    state: str = "active"
    balance: int = 0
    given: int = 0

    @property
    def organization(self) -> bool:
        return self.who == "keeper"


@dataclass(eq=False)
class Activity:
    """Something done; `earned` is what stands in the book for it now."""

    ident: str
    member: Member
    measure: str
    quantity: int
    points: int
    by: str | None
    state: str
    goods: bool = False
    decided: str | None = None
    earned: int = 0


@dataclass(eq=False)
class Award:
    """Points for several members."""

    ident: str
    measure: str
    by: str
    lines: dict[Member, int]
    state: str = "prepared"


@dataclass(eq=False)
class Redemption:
    """Something that was redeemed."""

    ident: str
    code: str
    member: Member
    offer: str
    quantity: int
    points: int
    state: str = "held"


@dataclass(eq=False)
class Appeal:
    """An objection to an activity."""

    ident: str
    activity: Activity
    state: str = "raised"
    received: str | None = None


@dataclass
class Model:
    """The bank: all that was ever in it, and where its points and things are."""

    members: list[Member] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    redemptions: list[Redemption] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)
    stock: dict[str, int | None] = field(default_factory=lambda: {"Detergent": 2, "Haircut": None})
    prices: dict[str, int] = field(default_factory=lambda: {"Detergent": 4, "Haircut": 3})
    issued: int = 0
    redeemed: int = 0
    expired: int = 0

    @property
    def held(self) -> int:
        """How many points wait for something to be handed over."""
        return sum(one.points for one in self.redemptions if one.state == "held")

    def left_of_cap(self, member: Member, measure: str) -> int | None:
        """How many points a measure may still give today, None for no end of them."""
        if measure != "patrol":
            return None
        own = (
            one.points
            for one in self.activities
            if (one.member, one.measure) == (member, measure) and one.state != "refused"
        )
        many = (
            one.lines.get(member, 0)
            for one in self.awards
            if one.measure == measure and one.state in ("prepared", "booked")
        )
        return DAY_CAP - sum(own) - sum(many)

    def worth(self, member: Member, measure: str, quantity: int) -> int:
        """What something done now is worth; below 1 where the cap leaves nothing."""
        left = self.left_of_cap(member, measure)
        points = POINTS[measure] * quantity
        return points if left is None else min(points, left)

    # What must be refused, in the order in which the bank asks.

    def no_entry(self, by: str, member: Member, measure: str, quantity: int, goods: bool) -> CODE:
        if member.state != "active":
            return "INVALID_INPUT"
        if by == member.who == "li":
            return "FORBIDDEN"
        return self.no_claim(member, measure, quantity, goods)

    def no_claim(self, member: Member, measure: str, quantity: int, goods: bool) -> CODE:
        if member.state != "active" or (measure == "visit" and member.organization):
            return "INVALID_INPUT"
        if goods and measure != "goods":
            return "INVALID_INPUT"
        return "LIMIT_EXCEEDED" if self.worth(member, measure, quantity) < 1 else None

    def no_decision(self, by: str, one: Activity, approve: bool, reason: bool) -> CODE:
        if one.state not in ("claimed", "recorded"):
            return "INVALID_INPUT"
        if by in (one.member.who, one.by):
            return "FORBIDDEN"
        return "INVALID_INPUT" if not approve and not reason else None

    def no_award(self, by: str, lines: Sequence[tuple[Member, int]], measure: str) -> CODE:
        if any(member.state != "active" for member, _ in lines):
            return "NOT_FOUND"
        for member, _ in sorted(lines, key=lambda one: one[0].ident):
            if by == member.who:
                return "FORBIDDEN"
            if measure == "visit" and member.organization:
                return "INVALID_INPUT"
        return None if self.lines(lines, measure) else "LIMIT_EXCEEDED"

    def no_award_decision(self, by: str, one: Award, approve: bool) -> CODE:
        if one.state != "prepared":
            return "INVALID_INPUT"
        if by == one.by or any(by == member.who for member in one.lines):
            return "FORBIDDEN"
        return "INVALID_INPUT" if approve and not self.booked_lines(one) else None

    def no_redemption(self, member: Member, offer: str, quantity: int) -> CODE:
        stock = self.stock[offer]
        if stock is not None and stock < quantity:
            return "LIMIT_EXCEEDED"
        return "INSUFFICIENT_BALANCE" if member.balance < self.prices[offer] * quantity else None

    def no_hand_over(self, by: str, one: Redemption, code: str) -> CODE:
        if by == one.member.who:
            return "FORBIDDEN"
        return "INVALID_INPUT" if one.state != "held" or code != one.code else None

    def no_gift(self, member: Member, number: int, points: int) -> CODE:
        if member.state != "active" or member.organization:
            return "INVALID_INPUT"
        other = self.numbered(number)
        if other is None:
            return "NOT_FOUND"
        if other is member:
            return "INVALID_INPUT"
        if member.given + points > GIFTS:
            return "LIMIT_EXCEEDED"
        return "INSUFFICIENT_BALANCE" if member.balance < points else None

    def no_appeal(self, one: Activity) -> CODE:
        if one.state in ("claimed", "recorded"):
            return "INVALID_INPUT"
        waits = any(two.activity is one and two.state in ("raised", "received") for two in self.appeals)
        return "ALREADY_EXISTS" if waits else None

    def no_appeal_decision(self, by: str, one: Appeal, points: int | None) -> CODE:
        if one.state not in ("raised", "received"):
            return "INVALID_INPUT"
        if by in (one.activity.member.who, one.activity.by, one.activity.decided):
            return "FORBIDDEN"
        if points is None:
            return None
        if points > FOUR_EYES and one.received in (None, by):
            return "INVALID_INPUT" if one.received is None else "FORBIDDEN"
        short = one.activity.member.balance + points < one.activity.earned
        return "INSUFFICIENT_BALANCE" if short else None

    # What is done.

    def enter(self, one: Activity) -> None:
        self.activities.append(one)
        if one.state == "booked":
            self.book(one)

    def book(self, one: Activity) -> None:
        one.state, one.earned = "booked", one.points
        self._issue(one.member, one.points)
        if one.goods:
            self.put_back("Detergent", one.quantity)

    def correct(self, one: Activity, points: int) -> None:
        self._issue(one.member, points - one.earned)
        one.earned, one.state = points, "booked" if points else "refused"
        one.points = points or one.points

    def lines(self, lines: Sequence[tuple[Member, int]], measure: str) -> dict[Member, int]:
        """What an award gives to whom, as far as the caps leave anything."""
        worth = {member: self.worth(member, measure, quantity) for member, quantity in lines}
        return {member: points for member, points in worth.items() if points > 0}

    def booked_lines(self, one: Award) -> dict[Member, int]:
        """What an award gives to those who are still there."""
        return {member: points for member, points in one.lines.items() if member.state == "active"}

    def award(self, one: Award) -> None:
        one.state = "booked"
        for member, points in self.booked_lines(one).items():
            self._issue(member, points)

    def redeem(self, one: Redemption) -> None:
        self.redemptions.append(one)
        one.member.balance -= one.points
        self.put_back(one.offer, -one.quantity)

    def hand_over(self, one: Redemption) -> None:
        one.state = "handed_over"
        self.redeemed += one.points

    def undo(self, one: Redemption, state: str) -> None:
        one.state = state
        one.member.balance += one.points
        self.put_back(one.offer, one.quantity)

    def give(self, member: Member, number: int, points: int) -> None:
        other = self.numbered(number)
        assert other is not None
        member.balance, member.given = member.balance - points, member.given + points
        other.balance += points

    def put_back(self, offer: str, number: int) -> None:
        stock = self.stock[offer]
        self.stock[offer] = None if stock is None else stock + number

    def night(self) -> None:
        """All that was not fetched goes back; who is leaving and waits for nothing has left."""
        for one in self.redemptions:
            if one.state == "held":
                self.undo(one, "expired")
        waiting = {one.activity.member for one in self.appeals if one.state in ("raised", "received")}
        for member in self.members:
            if member.state == "leaving" and member not in waiting:
                self._forget(member)

    def numbered(self, number: int) -> Member | None:
        """The active member with a number."""
        found = [one for one in self.members if one.number == number and one.state == "active"]
        return found[0] if found else None

    def _issue(self, member: Member, points: int) -> None:
        member.balance += points
        self.issued += points

    def _forget(self, member: Member) -> None:
        self.expired += member.balance
        for one in self.activities:
            if one.member is member and one.by == member.who:
                one.by = None
            if one.member is member and one.state in ("claimed", "recorded"):
                one.state = "withdrawn"
        member.balance, member.state, member.who = 0, "left", None
