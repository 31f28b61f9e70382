"""The routes of signing in and out. What they refuse, they refuse in the same words for everybody."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from linli_graphql.service.errors import RequestError
from linli_graphql.sign_in.desk import RefusedError, Return, SignIn
from linli_graphql.sign_in.fetching import ProviderError
from linli_graphql.sign_in.state import SECONDS, STATE, is_own_path
from linli_graphql.transport.arrival import Arrival, arrival_of
from linli_graphql.transport.body import ClientGoneError, check_body_headers, read_body
from linli_graphql.transport.failures import Failure
from linli_graphql.transport.media import Media
from linli_graphql.transport.options import AppOptions
from linli_graphql.transport.replies import CLOSE, Headers, Reply

MOST_FIELDS: Final = 16
LONGEST_CODE: Final = 4096


@dataclass(frozen=True)
class SignInRoutes:
    """`/sign-in`, `/sign-in/callback`, `/sign-in/code` and `/sign-out`."""

    desk: SignIn
    options: AppOptions

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/sign-in", _Page(self, "GET", SignInRoutes.begin)),
            Route("/sign-in/callback", _Page(self, "GET", SignInRoutes.finish)),
            Route("/sign-in/code", _Page(self, "POST", SignInRoutes.by_code)),
            Route("/sign-out", _Page(self, "POST", SignInRoutes.end)),
        ]

    async def begin(self, _arrival: Arrival, scope: Scope, _receive: Receive) -> Reply:
        """Send the browser to the provider; `return` is the path to which it comes back in the end."""
        back = _query(scope).get("return", "/")
        if not is_own_path(back):
            raise RequestError.of(400, "BAD_REQUEST", "`return` is a path of this server.")
        address, cookie = await self.desk.begin(back)
        cookies = self.options.cookies
        return _sent_to(address, cookies.header(cookies.state, cookie, SECONDS))

    async def finish(self, arrival: Arrival, scope: Scope, _receive: Receive) -> Reply:
        """Take the browser back from the provider."""
        query, cookies = _query(scope), self.options.cookies
        state, code = query.get("state", ""), query.get("code", "")
        if not STATE.fullmatch(state) or len(code) > LONGEST_CODE:
            raise RefusedError
        back = Return(
            state,
            code,
            cookies.value(arrival, cookies.state),
            cookies.token(arrival),
            query.get("iss"),
            arrival.request_id,
        )
        opened, path = await self.desk.finish(back)
        session = cookies.header(cookies.session, opened.token, self.desk.session_seconds)
        return _sent_to(path, session, cookies.header(cookies.state, "", 0))

    async def by_code(self, arrival: Arrival, _scope: Scope, receive: Receive) -> Reply:
        """Open a session for a name and its one-time code."""
        cookies, credentials = self.options.cookies, self.options.credentials
        credentials.check_meant(arrival)
        check_body_headers(arrival.headers, self.options.limits)
        name, code = _name_and_code(await read_body(receive, self.options.limits))
        verdict = await self.desk.by_code(name, code, cookies.token(arrival), arrival.request_id)
        if verdict.wait:
            error = RequestError.of(429, "THROTTLED", "There were too many tries; wait before the next one.")
            return _refused(error, (b"retry-after", str(verdict.wait).encode()))
        if verdict.opened is None:
            raise RefusedError
        body = orjson.dumps({"expiresAt": verdict.opened.expires})
        cookie = cookies.header(cookies.session, verdict.opened.token, self.desk.session_seconds)
        return Reply(200, Media.JSON, body, (cookie,))

    async def end(self, arrival: Arrival, _scope: Scope, _receive: Receive) -> Reply:
        """End the session of the cookie, if there is one."""
        cookies = self.options.cookies
        self.options.credentials.check_meant(arrival)
        token = cookies.token(arrival)
        if token is not None:
            await self.desk.end(token, arrival.request_id)
        return Reply(200, Media.JSON, b"{}", (cookies.header(cookies.session, "", 0),))


@dataclass(frozen=True)
class _Page:
    """One route as an ASGI application: its method, and every refusal in one place."""

    routes: SignInRoutes
    method: str
    answer: Any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (await self._reply(scope, receive)).send(send)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != self.method:
            error = RequestError.of(405, "METHOD_NOT_ALLOWED", f"Send this by {self.method}.")
            return _refused(error, (b"allow", self.method.encode()))
        try:
            reply: Reply = await self.answer(self.routes, arrival_of(scope), scope, receive)
            return reply
        except RefusedError:
            return _refused(RequestError.of(401, "UNAUTHENTICATED", "Nobody was signed in."))
        except ProviderError:
            message = "The provider of identities does not answer; try again in a moment."
            return _refused(RequestError.of(503, "UNAVAILABLE", message), (b"retry-after", b"10"))
        except ClientGoneError:
            return _refused(RequestError.of(400, "BAD_REQUEST", "The body has no end."))
        except RequestError as error:
            return _refused(error)


def _query(scope: Scope) -> dict[str, str]:
    """Return the parameters of an address.

    Raises:
        RequestError: they cannot be read, or one stands twice.
    """
    try:
        text = scope["query_string"].decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise RequestError.of(400, "BAD_REQUEST", "The query string is not URL-encoded UTF-8.") from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError.of(400, "BAD_REQUEST", "A parameter stands twice in the query string.")
    return found


def _name_and_code(body: bytes) -> tuple[str, str]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    name = value.get("name") if isinstance(value, dict) else None
    code = value.get("code") if isinstance(value, dict) else None
    if not isinstance(name, str) or not isinstance(code, str):
        raise RequestError.of(400, "BAD_REQUEST", "Send an object with `name` and `code`.")
    return name, code


def _sent_to(address: str, *cookies: tuple[bytes, bytes]) -> Reply:
    return Reply(303, Media.JSON, b"{}", ((b"location", address.encode("ascii")), *cookies))


def _refused(error: RequestError, *more: tuple[bytes, bytes]) -> Reply:
    failure = Failure(error.status, error.errors)
    named = {name for name, _ in more}
    headers: Headers = tuple(one for one in failure.headers if one[0] not in named)
    return Reply(failure.status, Media.JSON, failure.body, (CLOSE, *headers, *more), failure.outcome)


def sign_in_routes(options: AppOptions) -> list[BaseRoute]:
    """Return the routes of a place's desk; none without one."""
    return [] if options.sign_in is None else SignInRoutes(options.sign_in, options).routes()
