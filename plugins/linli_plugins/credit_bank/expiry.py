"""The rules by which a bank's points lapse: published with notice, kept one after the other."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from linli_plugins.ledger.expiry import Rule

Published = Sequence[Mapping[str, Any]]


def first_rule(months: int | None, since: date) -> Published:
    """Return what a bank begins with: the place's rule, or none."""
    return [] if months is None else [{"months": months, "since": since.isoformat()}]


def with_rule(published: Published, months: int | None, since: date) -> Published:
    """Return the rules with one more; one that was to begin later than the new one is given up."""
    kept = [one for one in published if date.fromisoformat(one["since"]) < since]
    return [*kept, {"months": months, "since": since.isoformat()}]


def rule_on(published: Published, day: date) -> Rule | None:
    """Return the rule in force on a day, with those before it; None where there is none."""
    rule: Rule | None = None
    for one in published:
        since = date.fromisoformat(one["since"])
        if since <= day:
            rule = Rule(one["months"], since, rule)
    return rule
