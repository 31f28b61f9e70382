"""What the operator does at the keyboard or by a timer: like a deed, but nobody's rights are asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from linli.context import Context
from linli.database.together import together
from linli.deeds import Deeds, context
from linli.deployment import Deployment
from linli.policy import Actor, AnchorType, Decision, Explanation, Facts, Policy, Resource
from linli.traces.addresses import KEYBOARD

T = TypeVar("T")
REASON = "nobody's rights are asked at the keyboard"


@dataclass(frozen=True)
class Unasked:
    """A policy that knows the resources and allows nothing: what asks it by mistake is refused."""

    resources: Mapping[str, Resource]
    roles: frozenset[str] = frozenset()

    def anchors(self, role: str) -> frozenset[AnchorType]:  # noqa: ARG002 - the protocol's signature
        """Return no place."""
        return frozenset()

    def decide(self, actor: Actor, resource: str, action: str) -> Decision:  # noqa: ARG002 - the protocol's signature
        """Return no rows."""
        return Decision(resource, action, (), REASON)

    def explain(self, actor: Actor, resource: str, action: str, facts: Facts) -> Explanation:  # noqa: ARG002 - the protocol's signature
        """Return no."""
        return Explanation(allowed=False, reason=REASON)


def deeds_of(deployment: Deployment, policy: Policy) -> Deeds:
    """Return what the verbs of a deployment share, under a policy."""
    settings = [plugin.settings for plugin in deployment.plugins.loaded]
    return Deeds(
        policy,
        deployment.vault,
        deployment.relationship_types,
        {type(one): one for one in settings if one is not None},
        deployment.calendar,
        deployment.consent_purposes,
        deployment.config.security.reveals_per_hour,
    )


def operate(connection: Connection, deployment: Deployment, actor: Actor, work: Callable[[Context], T]) -> T:
    """Do something in the caller's transaction for the operator, who answers for it.

    Counts, events and audit rows are written at its end, as a deed's are.
    """
    deeds = deeds_of(deployment, Unasked(deployment.resources))
    ctx = context(connection, deeds, actor, address=KEYBOARD)
    done = work(ctx)
    together(connection, ctx.traces)
    return done
