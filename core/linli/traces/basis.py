"""What allowed a deed, as the audit keeps it: what was asked, and the roles that answered, where held."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row

from linli.access.scope import covers
from linli.ids import public_id
from linli.policy import Actor, Decision, Facts, Holding, Policy


@dataclass(frozen=True, slots=True)
class Question:
    """What a policy was asked and allowed; `facts` are what is known of the row, None for nothing."""

    resource: str
    action: str
    facts: Facts | None = None


def question_of(resource: str, action: str, row: Row[Any]) -> Question:
    """Return the question that a loaded row was the answer to."""
    known = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    if "path" not in known:
        return Question(resource, action)
    return Question(resource, action, Facts(path=known["path"], grid_id=known.get("grid_id")))


def basis_of(policy: Policy, actor: Actor, questions: Sequence[Question]) -> str:
    """Return one clause a question: `grid:update by city_admin at grid_<id> (its lines)`."""
    return "; ".join(dict.fromkeys(_clause(policy, actor, one) for one in questions))


def _clause(policy: Policy, actor: Actor, question: Question) -> str:
    answers = list(_answers(policy, actor, question))
    exact = [one for one in answers if question.facts is not None and covers(one[1], question.facts)]
    told = [f"{_held(holding)} ({decision.reason})" for holding, decision in exact or answers]
    return f"{question.resource}:{question.action} by {', '.join(told)}"


def _answers(policy: Policy, actor: Actor, question: Question) -> Iterator[tuple[Holding, Decision]]:
    for holding in actor.holdings:
        alone = replace(actor, holdings=(holding,))
        decision = policy.decide(alone, question.resource, question.action)
        if decision.arms:
            yield holding, decision


def _held(holding: Holding) -> str:
    anchor = holding.anchor
    return holding.role if anchor is None else f"{holding.role} at {public_id(anchor.type, anchor.id)}"
