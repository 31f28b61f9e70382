"""Why an actor may or may not: the lines that allow, the line that takes away, or what is absent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from linli.access.scope import arm_covers
from linli.policy import Actor, Explanation, Facts, Holding, Resource
from linli_policies.arms import arms_of
from linli_policies.lines import Right
from linli_policies.tables import Rule, Tables


@dataclass(frozen=True, slots=True)
class Judged:
    """One role at one place: the lines that reach the row, and those that take it away again."""

    rule: Rule
    allows: tuple[Right, ...]
    denies: tuple[Right, ...]


def explained(tables: Tables, actor: Actor, name: str, action: str, facts: Facts) -> Explanation:
    """Judge one row line by line; agrees with the decision, which judges by arms."""
    resource = tables.resources.get(name)
    if resource is None or action not in resource.actions:
        return Explanation(False, unknown(name, action))
    if not actor.in_scope(name, action):
        return Explanation(False, out_of_scope(actor, name, action))
    judged = [
        _judge(rule, resource, holding, actor, facts) for holding, rule in held(tables, actor, name, action)
    ]
    allowing = _texts(line for one in judged if not one.denies for line in one.allows)
    if allowing:
        return Explanation(True, f"Allowed by {'; '.join(allowing)}.", allowing)
    denying = _texts(line for one in judged if one.allows for line in one.denies)
    if denying:
        return Explanation(False, f"Taken away by {'; '.join(denying)}.", denying)
    if elsewhere := misplaced(tables, actor, name, action):
        return Explanation(False, elsewhere)
    if judged:
        lines = _texts(line for one in judged for line in one.rule.allows)
        return Explanation(False, f"The row lies outside the reach of {'; '.join(lines)}.", lines)
    return Explanation(False, absent(actor, name, action))


def held(tables: Tables, actor: Actor, name: str, action: str) -> Iterator[tuple[Holding, Rule]]:
    """Yield what the actor holds that has lines for this resource and action."""
    for holding in actor.holdings:
        rule = tables.rules.get((holding.role, name, action))
        if rule is not None:
            yield holding, rule


def absent(actor: Actor, name: str, action: str) -> str:
    """Return the sentence for a right that no line gives."""
    roles = ", ".join(dict.fromkeys(holding.role for holding in actor.holdings)) or "an actor without a role"
    return f"No line lets {roles} {action} {name}."


def misplaced(tables: Tables, actor: Actor, name: str, action: str) -> str | None:
    """Return the sentence for a role with lines that is held at a kind of place where it carries nothing."""
    for holding, rule in held(tables, actor, name, action):
        if holding.anchor is not None and not rule.fits(holding.anchor):
            kinds = ", ".join(sorted(rule.anchors))
            return f"{holding.role} carries rights at {kinds}, not at {holding.anchor.type}."
    return None


def unreached(tables: Tables, actor: Actor, name: str, action: str) -> str:
    """Return the sentence for lines that carry nothing from where their roles are held."""
    if elsewhere := misplaced(tables, actor, name, action):
        return elsewhere
    rules = (rule for _, rule in held(tables, actor, name, action))
    lines = _texts(line for rule in rules for line in (*rule.allows, *rule.denies))
    if not lines:
        return absent(actor, name, action)
    return f"Nothing is in reach from where the role is held: {'; '.join(lines)}."


def unknown(name: str, action: str) -> str:
    """Return the sentence for a question that no line can answer."""
    return f"There is no permission {name}:{action}."


def out_of_scope(actor: Actor, name: str, action: str) -> str:
    """Return the sentence for a permission that the token's scopes leave out."""
    kept = ", ".join(sorted(actor.scopes or ())) or "nothing"
    return f"The token is for {kept}, and not for {name}:{action}."


def _judge(rule: Rule, resource: Resource, holding: Holding, actor: Actor, facts: Facts) -> Judged:
    def reaching(lines: Iterable[Right]) -> tuple[Right, ...]:
        return tuple(
            line
            for line in lines
            if any(arm_covers(arm, facts) for arm in arms_of(resource, line.reach, holding.anchor, actor))
        )

    if not rule.fits(holding.anchor):
        return Judged(rule, (), ())
    return Judged(rule, reaching(rule.allows), reaching(rule.denies))


def _texts(lines: Iterable[Right]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(line) for line in lines))
