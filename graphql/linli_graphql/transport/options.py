"""What an application is told when it is put together; nothing here is read from the environment."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from linli_graphql.transport.cookies import Cookies, Credentials
from linli_graphql.transport.origins import Origins

if TYPE_CHECKING:
    from linli_graphql.sign_in.desk import SignIn

Hook = Callable[[], Awaitable[None] | None]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one client may take; bytes, numbers and seconds; no requests a second is any number."""

    body_bytes: int = 256 * 1024
    body_seconds: float = 15
    answer_seconds: float = 30
    message_bytes: int = 64 * 1024
    init_seconds: float = 10
    send_seconds: float = 30
    ping_seconds: float = 12
    operations_per_socket: int = 20
    requests_per_second: int = 0
    request_burst: int = 400
    subscriptions: int = 50
    streams: int = 500
    streams_per_address: int = 50


@dataclass(frozen=True, kw_only=True)
class AppOptions:
    """How a deployment is served.

    Attributes:
        console: whether GraphiQL is served at `/graphiql`.
        hosts: names that the Host header may carry, without port; empty allows every well-formed one.
        origins: origins, such as `https://a.example`, whose pages may speak to it beside the server's own.
        documents: trusted documents by their SHA-256 in hexadecimal.
        introspection: whether callers without a token may introspect the schema.
        metrics_token: bearer token of `/metrics`; without one only this machine may ask.
        access_log: whether each request is logged: never its body, its query string or its token.
        ready: whether the deployment may serve, such as "no migration is pending"; called on a thread.
        cookies: the names of our cookies, by whether they are bound to https.
        sign_in: how people sign in; without it there are no routes to.
        start: called before the first request, on the event loop that serves; it opens the database.
        stop: called after the last request; it closes the database.
    """

    console: bool = False
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    documents: Mapping[str, str] = field(default_factory=dict, repr=False)
    introspection: bool = True
    metrics_token: str | None = field(default=None, repr=False)
    access_log: bool = False
    cookies: Cookies = field(default_factory=lambda: Cookies(secure=True))
    sign_in: "SignIn | None" = None
    ready: Callable[[], bool] = lambda: True
    start: Hook | None = None
    stop: Hook | None = None
    limits: Limits = Limits()

    @property
    def credentials(self) -> Credentials:
        """How callers prove who they are."""
        return Credentials(self.cookies, Origins(self.origins))
