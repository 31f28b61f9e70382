"""Callers: who a token belongs to, kept until the database says that it has changed."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from linli.access.actors import actor_of_token, anonymous
from linli.clock import now
from linli.database.database import Database
from linli.policy import Actor, Decision, Policy
from linli_graphql.service.cache import Lru
from linli_graphql.service.errors import RequestError


@dataclass(frozen=True)
class Caller:
    """An actor with the decisions that were already asked for."""

    actor: Actor
    policy: Policy = field(repr=False)
    decisions: dict[tuple[str, str], Decision] = field(default_factory=dict, repr=False)
    shapes: dict[tuple[str, str], Hashable] = field(default_factory=dict, repr=False)

    def decide(self, resource: str, action: str) -> Decision:
        """Return a decision, made once for as long as the actor is current."""
        key = (resource, action)
        found = self.decisions.get(key)
        if found is None:
            found = self.decisions[key] = self.policy.decide(self.actor, resource, action)
        return found

    def shape(self, permission: tuple[str, str]) -> Hashable:
        """Return what of a decision a plan depends on."""
        found = self.shapes.get(permission)
        if found is None:
            found = self.shapes[permission] = self.decide(*permission).shape
        return found


class Callers:
    """The callers of late, by token; statements compare versions, so a stale one is never believed."""

    def __init__(self, database: Database, policy: Callable[[], Policy], size: int = 10_000) -> None:
        self._database = database
        self._policy = policy
        self._known: Lru[str, Caller] = Lru(size)

    async def of(self, token: str | None) -> Caller:
        """Return the caller of a bearer token; none means the public.

        Raises:
            RequestError: the token is unknown, expired or revoked.
        """
        key = token or ""
        known = self._known.get(key)
        if known is not None and (known.actor.expires is None or known.actor.expires > now()):
            return known
        if token is None:
            actor: Actor | None = await self._database.run(anonymous)
        else:
            actor = await self._database.run(lambda connection: actor_of_token(connection, token))
        if actor is None:
            raise RequestError.of(401, "UNAUTHENTICATED", "The token is unknown, expired or revoked.")
        return self._known.put(key, Caller(actor, self._policy()))

    def account(self, token: str) -> str | None:
        """Return whose a token is, None unless it was found good of late."""
        known = self._known.get(token)
        return None if known is None else known.actor.account_id

    async def current(self, token: str | None) -> Caller:
        """Return the caller with present rights, read now: for answers that no statement compares them with.

        Raises:
            RequestError: the token is unknown, expired or revoked.
        """
        self.forget(token)
        return await self.of(token)

    def forget(self, token: str | None) -> None:
        """Load this caller anew next time."""
        self._known.drop(token or "")
