"""The cookie of a session, and when it is believed: never because a browser sent it along by itself."""

import re
from dataclasses import dataclass
from typing import Final

from linli_graphql.service.errors import RequestError
from linli_graphql.transport.arrival import Arrival
from linli_graphql.transport.origins import Origins

TOKEN: Final = re.compile(r"linli_[A-Za-z0-9_-]{43}")
VALUE: Final = re.compile(r"[A-Za-z0-9_.=-]{1,2000}")
LONGEST: Final = 16 * 1024
MARK: Final = b"x-linli-request"


@dataclass(frozen=True, slots=True)
class Cookies:
    """The names of our cookies; `secure` ones go over https alone and cannot be set by a neighbour host."""

    secure: bool

    @property
    def session(self) -> str:
        """The name of the cookie that holds a session's token."""
        return "__Host-linli" if self.secure else "linli"

    @property
    def state(self) -> str:
        """The name of the cookie of a sign-in that is under way."""
        return f"{self.session}-state"

    def header(self, name: str, value: str, seconds: int) -> tuple[bytes, bytes]:
        """Return the header that sets a cookie; with no seconds it is taken away."""
        secure = "; Secure" if self.secure else ""
        text = f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        return b"set-cookie", text.encode("ascii")

    def token(self, arrival: Arrival) -> str | None:
        """Return the token in a session's cookie, whoever made the browser send it."""
        found = self.value(arrival, self.session)
        return found if found is not None and TOKEN.fullmatch(found) else None

    def value(self, arrival: Arrival, name: str) -> str | None:
        """Return the value of a cookie; None where there is none, or more than one of its name."""
        header = arrival.headers.get(b"cookie", b"")
        if len(header) > LONGEST:
            return None
        pairs = (one.strip().partition("=") for one in re.split("[;,]", header.decode("latin-1")))
        found = [value for key, _, value in pairs if key == name]
        return found[0] if len(found) == 1 and VALUE.fullmatch(found[0]) else None


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: by a bearer token, or by a session's cookie where the page is known to have meant it."""

    cookies: Cookies
    origins: Origins

    def of_get(self, arrival: Arrival) -> str | None:
        """Return the token of a request by GET, which any link can cause: a cookie is none.

        Raises:
            RequestError: the Authorization header is not a bearer token.
        """
        return arrival.token

    def of_post(self, arrival: Arrival) -> str | None:
        """Return the token of a request by POST.

        Raises:
            RequestError: 401, the Authorization header is not a bearer token; 403, there is a cookie
                and nothing shows that one of our own pages sent it.
        """
        token = arrival.token
        if token is not None:
            return token
        token = self.cookies.token(arrival)
        if token is not None:
            self.check_meant(arrival)
        return token

    def of_socket(self, arrival: Arrival) -> str | None:
        """Return the token of a socket's cookie; only pages send one, and pages name their origin."""
        if b"origin" not in arrival.headers or not self.origins.welcome(arrival):
            return None
        return self.cookies.token(arrival)

    def check_meant(self, arrival: Arrival) -> None:
        """Refuse a request that a foreign page may have made the browser send.

        Raises:
            RequestError: 403.
        """
        if MARK not in arrival.headers or not self.origins.welcome(arrival):
            message = "With a cookie, send the header X-Linli-Request, from a page of this server's origin."
            raise RequestError.of(403, "CROSS_SITE", message)
