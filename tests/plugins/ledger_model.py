"""The ledger in plain Python, a point at a time: what the real one must agree with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from linli_plugins.ledger.expiry import Move, Rule


def naive(moves: Sequence[Move], rule: Rule, day: date, held: int = 0) -> int:
    """What lapses on a day, counted point by point; the oldest that are held do not."""
    points: list[tuple[date, str]] = []
    taken: dict[str, list[tuple[date, str]]] = {}
    for move in moves:
        if move.amount < 0:
            taken[move.id] = []
            for _ in range(min(-move.amount, len(points))):
                own = [one for one in points if one[1] == move.undoes]
                chosen = min(own or points, key=lambda one: one[0])
                points.remove(chosen)
                taken[move.id].append(chosen)
        elif move.undoes in taken:
            points += taken.pop(move.undoes)
        else:
            points += [(move.day, move.id)] * move.amount
    points.sort(key=lambda one: one[0])
    ends = [rule.lapses(earned) for earned, _ in points[held:]]
    return len([end for end in ends if end is not None and end <= day])


@dataclass
class Kept:
    """A journal of the model: what it did to whom."""

    id: str
    legs: dict[str, int]
    kind: str = ""
    spent: bool = False  # reversed already, or never to be reversed


@dataclass
class Held:
    """A hold of the model."""

    id: str
    account: str
    amount: int


@dataclass
class Model:
    """Balances, limits, journals and holds by name."""

    limits: dict[str, tuple[int | None, int | None]]
    balances: dict[str, int] = field(default_factory=dict)
    moves: dict[str, list[Move]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    journals: list[Kept] = field(default_factory=list)
    holds: list[Held] = field(default_factory=list)

    def may(self, legs: dict[str, int], *, restores: bool = False) -> bool:
        """Whether a journal of these legs is to be had."""
        return all(self._fits(name, amount, restores=restores) for name, amount in legs.items())

    def _fits(self, name: str, amount: int, *, restores: bool) -> bool:
        low, high = self.limits[name]
        due = self.balances.get(name, 0) + amount
        short = amount < 0 and low is not None and due - self.kept(name) < low
        over = amount > 0 and high is not None and due > high and not restores
        return name not in self.closed and not short and not over

    def kept(self, name: str) -> int:
        """Return what open holds keep of an account."""
        return sum(one.amount for one in self.holds if one.account == name)

    def book(self, kept: Kept, day: date, undoes: str | None = None) -> None:
        """Take a journal in; `undoes` is the one that it takes back."""
        for name, amount in kept.legs.items():
            self.balances[name] = self.balances.get(name, 0) + amount
            self.moves.setdefault(name, []).append(Move(kept.id, day, amount, undoes))
        self.journals.append(kept)
