"""Root fields that Python answers everywhere; here once more, in the words of their descriptions."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from linli.access.facts import facts_of
from linli.clock import PLACE_ZONE, today
from linli.errors import NotFound, Refusal
from linli.ids import split_public_id
from linli.plugins.personal import ConsentPurpose
from linli.policy import Actor, Policy
from linli.privacy.declared import read_fields
from linli.privacy.statistics import access_figures
from linli.verbs.regrid import impact
from linli_graphql.declare.registry import Registry
from linli_plugins.credit_bank.rules import check_rule
from tests.policies.worlds import Row
from tests.support.fuzz.judge import Judge
from tests.support.fuzz.tables import Tables

LETTERS = "abcdefgh"
FEWEST = 5
ROLE: Final = ("name", "title", "duties", "convenes")
# Fields that tell of rows on which the caller may act, by their type: (type of node, action).
TELLS: Final = {
    "CreditRuleTrial": ("credit_measure", "publish"),
    "CreditFigures": ("credit_bank", "statistics"),
    "GridImpact": ("grid", "statistics"),
}
# Two kinds of network, with all that a kind can have.
NETWORKS: Final = """
[[plugins.neighbor_network.kinds]]
name = "council"
title = { zh-CN = "议事会", en = "Council" }
levels = ["community"]
accept_days = 3
core_household = false
functions = [{ name = "advice", title = { zh-CN = "建议", en = "Advice" } }]
elements = [{ name = "bench", title = { zh-CN = "长椅", en = "Bench" } }]
topics = []
procedure = [
  { name = "look", title = { zh-CN = "查看", en = "Look" }, days = 2 },
  { name = "do", title = { zh-CN = "办理", en = "Do" }, days = 9 },
]
[[plugins.neighbor_network.kinds.roles]]
name = "chair"
title = { zh-CN = "主持", en = "Chair" }
duties = { zh-CN = "召集", en = "Convenes" }
convenes = true
[[plugins.neighbor_network.kinds.roles]]
name = "member"
title = { zh-CN = "成员", en = "Member" }
convenes = false
[[plugins.neighbor_network.kinds]]
name = "group"
title = { zh-CN = "小组", en = "Group" }
tier = 2
above = "council"
levels = ["grid", "micro_grid"]
accept_days = 5
core_household = true
roles = [{ name = "member", title = { zh-CN = "成员", en = "Member" }, convenes = false }]
functions = []
elements = []
topics = [{ name = "noise", title = { zh-CN = "噪声", en = "Noise" } }]
procedure = [{ name = "do", title = { zh-CN = "办理", en = "Do" }, days = 4 }]
"""
# Rules, and the same in Python: (the line, the activity, how many the member did before it in the month).
RULES: Final[Mapping[str, Callable[[Row, Row, int], int] | None]] = {
    "points": lambda line, _activity, _times: int(line["points"]),
    "points * quantity + weekday": lambda line, activity, _times: (
        line["points"] * activity["quantity"] + activity["done_on"].isoweekday()
    ),
    "times_this_month > 0 ? 1 : quantity": lambda _line, activity, times: (
        1 if times else activity["quantity"]
    ),
    "organization ? 7 : 0": lambda _line, activity, _times: 7 if activity["organization_id"] else 0,
    "points +": None,
    "strangers * 2": None,
}


@dataclass
class Tools:
    """Answers for one caller."""

    registry: Registry
    tables: Tables
    policy: Policy
    judge: Judge
    consents: Sequence[ConsentPurpose] = ()

    def answer(self, name: str, arguments: dict[str, Any]) -> Any:
        """Return what a root field says."""
        match name:
            case "explainAccess":
                return self._explain(**arguments)
            case "previewGridChange":
                return self._impact(**arguments)
            case "creditRuleTrial":
                return self._trial(**arguments)
            case "creditFigures":
                return self._figures(**arguments)
            case "networkKinds":
                return network_kinds()
            case "processingRegister":
                with self.tables.engine.connect() as connection:
                    return [one.told("en") for one in read_fields(connection)]
            case "accessStatistics":
                return self._access() if self.policy.decide(*self._statistics).arms else []
            case "consentPurposes":
                return [_purpose(one) for one in self.consents]
            case "letters":
                count = arguments.get("count") or 2
                return [{"letter": one, "number": at} for at, one in enumerate(LETTERS[:count])]
            case _:
                raise TypeError(f"tell the reference how to answer {name!r}")

    @property
    def _statistics(self) -> tuple[Actor, str, str]:
        return self.judge.actor, "grid", "statistics"

    def _access(self) -> list[dict[str, Any]]:
        with self.tables.engine.connect() as connection:
            return [asdict(one) for one in access_figures(connection)]

    def _explain(self, permission: str, node: str | None = None) -> Any:
        policy, actor = self.policy, self.judge.actor
        resource, _, action = permission.partition(":")
        parts = split_public_id(node) if node else None
        if parts is None:
            decision = policy.decide(actor, resource, action)
            return {"allowed": bool(decision.arms), "reason": decision.reason, "lines": []}
        with self.tables.engine.connect() as connection:
            told = policy.explain(actor, resource, action, facts_of(connection, policy, actor, parts))
        return {"allowed": told.allowed, "reason": told.reason, "lines": list(told.lines)}

    def _impact(self, grids: list[str], to: str | None = None) -> Any:
        parts = [split_public_id(one) for one in [*grids, *([to] if to else ())]]
        ids = [one[1] for one in parts if one is not None and one[0] == "grid"]
        rows = [self.tables.world.by_id("grid", one) for one in ids]
        may = [row is not None and self.judge.may("grid", "statistics", row) for row in rows]
        if len(ids) < len(parts) or not all(may):
            return None
        with self.tables.engine.connect() as connection:
            try:
                touched = impact(connection, ids[: len(grids)], ids[len(grids)] if to else None)
            except NotFound:
                return None
        return {name: getattr(touched, name) for name in self.registry.types["GridImpact"].fields}

    def _row(self, ident: str, node_type: str, action: str) -> Row | None:
        """A row of a type on which the caller may act."""
        parts, one = split_public_id(ident), self.registry.node(node_type)
        row = self.tables.row(one, parts[1]) if one and parts and parts[0] == node_type else None
        return row if row and self.judge.may(node_type, action, row) else None

    def _rows(self, table: str) -> list[Row]:
        return self.tables.world.rows[f"credit_bank__{table}"]

    def _trial(self, measure: str, rule: str) -> Any:
        line = self._row(measure, "credit_measure", "publish")
        if line is None:
            return None
        points = RULES.get(rule)
        if points is None:
            try:
                check_rule(rule, "rule")
            except Refusal as refusal:
                return {"fault": f"{refusal.key}: {refusal.params}"}
            raise TypeError(f"tell the reference what {rule!r} gives")
        of_line = {row["id"] for row in self._rows("measure") if _same(row, line, "bank_id", "code")}
        month = today().replace(day=1) - timedelta(days=1)
        done = [row for row in self._booked("activity", month) if row["measure_id"] in of_line]
        told = {"activities": len(done), "given": 0, "wouldGive": 0, "differing": 0}
        before: list[str] = []
        for row in sorted(done, key=lambda one: (one["done_on"], one["id"])):
            gives = points(line, row, before.count(row["member_id"]))
            before.append(row["member_id"])
            told["given"] += row["computed"]
            told["wouldGive"] += gives
            told["differing"] += gives != row["computed"]
        return {**told, "fault": None}

    def _booked(self, table: str, month: date) -> list[Row]:
        return [r for r in self._rows(table) if r["state"] == "booked" and _within(r["done_on"], month)]

    def _figures(self, bank: str, month: Any) -> Any:
        row, day = self._row(bank, "credit_bank", "statistics"), date.fromisoformat(str(month))
        if row is None:
            return None
        members = [
            one for one in self._rows("member") if one["bank_id"] == row["id"] and one["valid_to"] is None
        ]
        awards = {one["id"] for one in self._booked("award", day) if one["bank_id"] == row["id"]}
        earned = [one for one in self._booked("activity", day) if one["bank_id"] == row["id"]]
        earned += [one for one in self._rows("award_line") if one["award_id"] in awards]
        redeemed = [
            one
            for one in self._rows("redemption")
            if one["bank_id"] == row["id"] and one["state"] == "handed_over"
            if _within(_day(one["updated_at"]), day)
        ]
        doers, takers = ({one["member_id"] for one in rows} for rows in (earned, redeemed))
        return {
            "members": _told(len(members), len(members)),
            "activeMembers": _told(len(doers), len(doers)),
            "activities": _told(len(doers), len(earned)),
            "earned": _told(len(doers), sum(one["points"] for one in earned)),
            "redemptions": _told(len(takers), len(redeemed)),
            "redeemed": _told(len(takers), sum(one["points"] for one in redeemed)),
        }


def _purpose(one: ConsentPurpose) -> dict[str, Any]:
    told = {"title": one.title.text("en"), "text": one.text.text("en")}
    return told | {"name": one.name, "version": one.version, "optional": one.optional}


def network_kinds() -> list[dict[str, Any]]:
    """Return the kinds of `NETWORKS` as English callers read them."""
    kinds = tomllib.loads(NETWORKS)["plugins"]["neighbor_network"]["kinds"]
    return [
        {
            "name": one["name"],
            "title": one["title"]["en"],
            "tier": one.get("tier", 1),
            "above": one.get("above"),
            "levels": one["levels"],
            "hasCoreHousehold": one["core_household"],
            "acceptDays": one["accept_days"],
            "roles": [{name: _english(role).get(name) for name in ROLE} for role in one["roles"]],
            **{
                name: [_english(term) for term in one[name]]
                for name in ("functions", "elements", "topics", "procedure")
            },
        }
        for one in kinds
    ]


def _english(term: Mapping[str, Any]) -> dict[str, Any]:
    return {name: one["en"] if isinstance(one, dict) else one for name, one in term.items()}


def _same(one: Row, other: Row, *names: str) -> bool:
    return all(one[name] == other[name] for name in names)


def _within(day: date, month: date) -> bool:
    return (day.year, day.month) == (month.year, month.month)


def _day(at: datetime) -> date:
    return at.astimezone(PLACE_ZONE).date()


def _told(people: int, figure: int) -> int | None:
    """A figure, withheld where it tells of one to four people."""
    return None if 0 < people < FEWEST else figure
