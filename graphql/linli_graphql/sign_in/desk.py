"""Where people sign in: by the provider, or by a one-time code; what comes of it is a session."""

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NoReturn

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from linli.access import sessions
from linli.access.codes import CodeTry, Verdict, try_code
from linli.access.sessions import Opened
from linli.config.sign_in import SignInSettings
from linli.database.database import Database
from linli.vault import Vault
from linli_graphql.sign_in.fetching import NotTakenError, ProviderError
from linli_graphql.sign_in.id_token import BadIdTokenError
from linli_graphql.sign_in.provider import Provider
from linli_graphql.sign_in.state import States, Way

AT_ONCE: Final = 20  # exchanges with the provider
SCOPES: Final = {"sub": "openid", "preferred_username": "openid profile"}


class RefusedError(Exception):
    """A sign-in that came to nothing; who tries is never told why."""


@dataclass(frozen=True, slots=True)
class Return:
    """A browser that comes back from the provider.

    Attributes:
        cookie: that of the way on which it was sent there.
        former: the token of its session so far.
        issuer: who sends it back, where the provider says so.
    """

    state: str = field(repr=False)
    code: str | None = field(repr=False)
    cookie: str | None = field(repr=False)
    former: str | None = field(repr=False)
    issuer: str | None = None
    request_id: str | None = None


class SignIn:
    """Signs people in and out; used on one event loop."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        settings: SignInSettings,
        provider: Provider | None = None,
        states: States | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._settings = settings
        self._provider = provider
        self._states = states or States(vault)
        self._exchanges = 0
        self._log = structlog.get_logger("linli.sign_in")

    @property
    def session_seconds(self) -> int:
        """How long a session lasts."""
        return self._settings.session_hours * 3600

    async def begin(self, back: str) -> tuple[str, str]:
        """Return the address at the provider, and the cookie of the way there and back.

        Raises:
            ProviderError: there is no provider, or none that answers.
        """
        if self._provider is None:
            raise ProviderError("none is configured")
        way, cookie = self._states.begin(back)
        scope = SCOPES[self._settings.account_claim]
        return await self._provider.address(self._states.going(way), scope), cookie

    async def finish(self, back: Return) -> tuple[Opened, str]:
        """Return a new session, and the path to which the browser goes now.

        Raises:
            RefusedError: nobody is signed in.
            ProviderError: the provider does not answer.
        """
        proof = self._states.proof(back.state)
        if await self._database.run(partial(sessions.was_used, proof=proof)):
            await self._replayed(proof, back.request_id)
        way = self._states.resume(back.cookie, back.state)
        if self._provider is None or way is None or not back.code:
            raise RefusedError
        if back.issuer is not None and back.issuer != self._provider.issuer:
            raise RefusedError
        claims = await self._claims(self._provider, way, back)
        sign_in = sessions.SignIn(proof, "oidc", self._settings.session_hours, back.former, back.request_id)
        try:
            opened = await self._database.run(partial(self._open, claims=claims, sign_in=sign_in))
        except IntegrityError:  # the same way was ended twice at once
            await self._replayed(proof, back.request_id)
        if opened is None:
            raise RefusedError
        return opened, way.back

    async def by_code(self, name: str, code: str, former: str | None, request_id: str | None) -> Verdict:
        """Judge a one-time code."""
        attempt = CodeTry(name, code, self._settings.session_hours, former, request_id)
        return await self._database.run(lambda connection: try_code(connection, self._vault, attempt))

    async def end(self, token: str, request_id: str | None) -> None:
        """End the session of a token."""
        await self._database.run(partial(sessions.end_session, token=token, request_id=request_id))

    async def _claims(self, provider: Provider, way: Way, back: Return) -> dict[str, Any]:
        if self._exchanges >= AT_ONCE:
            raise ProviderError("busy")
        self._exchanges += 1
        try:
            return await provider.claims(back.code or "", self._states.verifier(way), self._states.nonce(way))
        except NotTakenError:
            raise RefusedError from None
        except ProviderError as error:
            self._log.warning("the provider failed", reason=str(error), request_id=back.request_id)
            raise
        except BadIdTokenError as error:
            why = str(error)
            self._log.warning("an ID token was refused", reason=why, request_id=back.request_id)
            await self._database.run(lambda connection: _refused(connection, back.request_id, why))
            raise RefusedError from None
        finally:
            self._exchanges -= 1

    def _open(
        self, connection: Connection, claims: dict[str, Any], sign_in: sessions.SignIn
    ) -> Opened | None:
        """Open a session for whoever the claims name; the same is answered for all who have none."""
        named = claims.get("preferred_username") if self._settings.account_claim != "sub" else None
        named = named if isinstance(named, str) else None
        account = sessions.account_of_identity(connection, claims["iss"], claims["sub"], named)
        if account is None:
            _refused(connection, sign_in.request_id, "no account")
            return None
        return sessions.open_session(connection, account, sign_in)

    async def _replayed(self, proof: str, request_id: str | None) -> NoReturn:
        await self._database.run(partial(sessions.end_replayed, proof=proof, request_id=request_id))
        raise RefusedError


def _refused(connection: Connection, request_id: str | None, why: str) -> None:
    sessions.note(connection, "sign_in", "refused", None, request_id, way="oidc", why=why)


def sign_in_of(database: Database, vault: Vault, settings: SignInSettings) -> SignIn:
    """Return the desk of a place, with a provider where one is configured."""
    provider = Provider(settings) if settings.issuer is not None else None
    return SignIn(database, vault, settings, provider)
