"""A place where people sign in, and a browser that does."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import httpx
from sqlalchemy import Connection, select

from linli import model as t
from linli.access import codes, sessions
from linli.config.sign_in import SignInSettings
from linli.database.database import open_database
from linli.traces.hub import EventHub
from linli.vault import Vault
from linli_graphql.sign_in.desk import SignIn
from linli_graphql.sign_in.provider import Provider
from linli_graphql.transport.app import AppOptions, build_app
from linli_graphql.transport.cookies import Cookies
from tests.graphql.serving import KEY, Place, Served, new_service
from tests.support.provider import CLIENT, ISSUER, SigningProvider, agree

HERE = "http://localhost"
VIEWER = "{ viewer { name } }"
MEANT = {"X-Linli-Request": "1"}
OPTIONS = AppOptions(cookies=Cookies(secure=False))


def settings(issuer: str | None = ISSUER, **more: Any) -> SignInSettings:
    return SignInSettings(issuer=issuer, client_id=CLIENT, client_secret="s e:c%ret", public_url=HERE, **more)


@dataclass(frozen=True)
class Entrance:
    """A place being served, with its desk."""

    served: Served
    issuer: str

    def browser(self, scheme: str = "http", address: str = "127.0.0.1") -> "Browser":
        transport = httpx.ASGITransport(app=self.served.app, client=(address, 5000))
        client = httpx.AsyncClient(transport=transport, base_url=f"{scheme}://localhost")
        return Browser(client, self.served)

    async def link(self, who: str, subject: str) -> None:
        account = self.served.place.accounts[who]
        await self.run(partial(sessions.link, account_id=account, issuer=self.issuer, subject=subject))

    async def code(self, who: str) -> str:
        account = self.served.place.accounts[who]
        return str(await self.run(partial(codes.make_code, vault=Vault(KEY), account_id=account)))

    async def run(self, work: Any) -> Any:
        return await self.served.database.run(work)

    async def audited(self) -> list[tuple[str, str]]:
        """What was written down, oldest first: actions and outcomes."""

        def read(connection: Connection) -> list[tuple[str, str]]:
            columns = (t.audit.c.action, t.audit.c.outcome)
            ours = select(*columns).where(t.audit.c.action.startswith("sign_"))
            return [(row.action, row.outcome) for row in connection.execute(ours.order_by(t.audit.c.id))]

        return list(await self.run(read))

    async def reasons(self) -> list[str]:
        """Why sign-ins by the provider were refused, as the audit keeps it."""
        ours = select(t.audit.c.detail).where(t.audit.c.action == "sign_in")
        details = await self.run(lambda connection: connection.execute(ours).scalars().all())
        return [str(one["why"]) for one in details if "why" in one]

    async def sessions(self) -> list[Any]:
        """The sessions that are open."""
        statement = select(t.token).where(t.token.c.kind == "session", t.token.c.revoked_at.is_(None))
        return list(await self.run(lambda connection: connection.execute(statement).all()))


@dataclass(frozen=True)
class Browser:
    """A browser: it keeps cookies, and follows no redirect by itself."""

    client: httpx.AsyncClient
    served: Served

    async def ask(self, query: str = VIEWER, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send an operation as a page of the place does."""
        return await self.client.post("/graphql", json={"query": query}, headers=MEANT | dict(headers or {}))

    async def name(self) -> str | None:
        """Who the place takes this browser for."""
        viewer = (await self.ask()).json()["data"]["viewer"]
        return viewer and str(viewer["name"])

    async def leave(self, back: str = "/") -> str:
        """Begin to sign in; return the address at the provider."""
        answer = await self.client.get("/sign-in", params={"return": back})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def sign_in(self, subject: str) -> httpx.Response:
        """Sign in at the real provider and come back."""
        return await self.client.get(agree(await self.leave(), subject))

    async def sign_in_at(self, provider: SigningProvider) -> httpx.Response:
        """Sign in at a provider of this test and come back."""
        return await self.client.get(provider.come_back(await self.leave()))

    async def try_code(self, name: str, code: str) -> httpx.Response:
        return await self.client.post("/sign-in/code", json={"name": name, "code": code}, headers=MEANT)

    async def sign_out(self) -> httpx.Response:
        return await self.client.post("/sign-out", headers=MEANT)

    @property
    def token(self) -> str:
        """The token in the session's cookie."""
        return self.client.cookies["linli"]


@asynccontextmanager
async def entrance(
    place: Place,
    provider: SigningProvider | None = None,
    options: AppOptions = OPTIONS,
    found: SignInSettings | None = None,
) -> AsyncIterator[Entrance]:
    """Serve a place whose provider is a test's own, or the real one that `found` names."""
    found = found or settings()
    database = open_database(place.url)
    service, hub = new_service(database), EventHub()
    reached = Provider(found, provider.client) if provider is not None else Provider(found)
    desk = SignIn(database, Vault(KEY), found, reached)
    app = build_app(service, hub, replace(options, sign_in=desk))
    await database.open()
    try:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
            yield Entrance(Served(place, database, service, hub, app, client), str(found.issuer))
    finally:
        hub.close()
        await database.close()
