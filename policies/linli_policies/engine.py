"""The policy engine: one decision from compiled lines, the same for one row and for many."""

from collections.abc import Mapping, Sequence
from importlib.resources import files

from linli.policy import Actor, AnchorType, Arm, Decision, Explanation, Facts, Resource
from linli_policies.arms import merged
from linli_policies.checks import anchors_of, faults
from linli_policies.explanation import explained, held, out_of_scope, unknown, unreached
from linli_policies.lines import Lines, PolicyFaultsError, PolicySource, parse
from linli_policies.tables import Tables, compiled


def default_source() -> PolicySource:
    """The default lines, as they are shipped."""
    text = files("linli_policies").joinpath("default.csv").read_text(encoding="utf-8")
    return PolicySource("default.csv", text)


def read_lines(resources: Mapping[str, Resource], extra: Sequence[PolicySource] = ()) -> Lines:
    """Read the default lines and those of the plugins.

    Raises `PolicyFaultsError` with every fault of every file.
    """
    parsed = parse((default_source(), *extra))
    if found := faults(parsed, resources):
        raise PolicyFaultsError(found)
    return parsed.lines


def load_policy(resources: Mapping[str, Resource], extra: Sequence[PolicySource] = ()) -> "CasbinPolicy":
    """Return the policy of the default lines and of `extra`, such as each plugin's policy.csv.

    `resources` are those that core and plugins declare; sensitive fields and the granting of roles
    are added. Raises `PolicyFaultsError` with every fault of every file.
    """
    return CasbinPolicy(read_lines(resources, extra), resources)


class CasbinPolicy:
    """Policy lines in force. Every method may be called on any thread while another reloads."""

    def __init__(self, lines: Lines, resources: Mapping[str, Resource]) -> None:
        self._declared = dict(resources)
        self._tables = compiled(lines, self._declared)

    @property
    def lines(self) -> Lines:
        """The lines in force."""
        return self._tables.lines

    @property
    def resources(self) -> Mapping[str, Resource]:
        """Every resource by name: those declared, their fields, and `role.<name>` for each role."""
        return self._tables.resources

    @property
    def roles(self) -> frozenset[str]:
        """Every role that some line names."""
        return self._tables.roles

    def anchors(self, role: str) -> frozenset[AnchorType]:
        """Return the kinds of place where a role can be held; elsewhere it carries nothing."""
        return anchors_of(self._tables.lines, role)

    def reload(self, lines: Lines) -> None:
        """Put other lines in force at once; where they are faulty it raises and the old ones stay."""
        self._tables = compiled(lines, self._declared)

    def decide(self, actor: Actor, resource: str, action: str) -> Decision:
        """Return which rows of `resource` the actor may `action`; any doubt is no rows."""
        try:
            return _decision(self._tables, actor, resource, action)
        except Exception as error:  # noqa: BLE001 - whatever fails in here must end as a refusal
            return Decision(resource, action, (), _failed(error))

    def explain(self, actor: Actor, resource: str, action: str, facts: Facts) -> Explanation:
        """Return whether the actor may `action` the row that `facts` describe, and why."""
        try:
            return explained(self._tables, actor, resource, action, facts)
        except Exception as error:  # noqa: BLE001 - whatever fails in here must end as a refusal
            return Explanation(False, _failed(error))


def _decision(tables: Tables, actor: Actor, name: str, action: str) -> Decision:
    resource = tables.resources.get(name)
    if resource is None or action not in resource.actions:
        return Decision(name, action, (), unknown(name, action))
    if not actor.in_scope(name, action):
        return Decision(name, action, (), out_of_scope(actor, name, action))
    arms: list[Arm] = []
    reasons: dict[str, None] = {}
    for holding, rule in held(tables, actor, name, action):
        if opened := rule.arms(resource, holding.anchor, actor):
            arms.extend(opened)
            reasons[rule.reason] = None
    if arms:
        return Decision(name, action, merged(arms), "; ".join(reasons))
    return Decision(name, action, (), unreached(tables, actor, name, action))


def _failed(error: Exception) -> str:
    return f"The policy engine failed with {type(error).__name__}, so nothing is allowed."
