"""The way to the provider and back, bound to one browser by a signed cookie of ten minutes."""

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from linli.vault import Vault
from linli_graphql.sign_in.provider import Going

SECONDS: Final = 600
STATE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
# A path of this very server: `//host` and `/\host` are other servers to a browser.
PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%?-][A-Za-z0-9._~!$&'()*+,;=:@%?/-]{0,499})?")


def is_own_path(path: str) -> bool:
    """Whether a browser that is sent to this path stays at this server."""
    return PATH.fullmatch(path) is not None


@dataclass(frozen=True, slots=True)
class Way:
    """One sign-in under way: `back` is the path to which the browser goes in the end."""

    state: str = field(repr=False)
    back: str


class States:
    """Makes the secrets of a sign-in out of its state, so that the cookie holds none of them."""

    def __init__(self, vault: Vault, wall: Callable[[], float] = time.time) -> None:
        self._vault = vault
        self._wall = wall

    def begin(self, back: str) -> tuple[Way, str]:
        """Return a new way and its cookie."""
        way = Way(secrets.token_urlsafe(32), back)
        text = f"{way.state}.{int(self._wall()) + SECONDS}.{base64.urlsafe_b64encode(back.encode()).decode()}"
        return way, f"{text}.{self._vault.lasting('sign-in state', text)}"

    def resume(self, cookie: str | None, state: str) -> Way | None:
        """Return the way that a cookie stands for; None unless it is ours, in time, and of this state."""
        text, _, mac = (cookie or "").rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._vault.lasting("sign-in state", text).encode()):
            return None
        own, ends, back = text.split(".", 2)
        if not hmac.compare_digest(own.encode(), state.encode()) or self._wall() >= int(ends):
            return None
        return Way(own, base64.urlsafe_b64decode(back).decode())

    def going(self, way: Way) -> Going:
        """Return what the browser takes along."""
        digest = hashlib.sha256(self.verifier(way).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return Going(way.state, self.nonce(way), challenge)

    def nonce(self, way: Way) -> str:
        """Return what the ID token of this way must carry."""
        return self._vault.lasting("sign-in nonce", way.state)

    def verifier(self, way: Way) -> str:
        """Return what proves to the provider that the one who began also ends."""
        return self._vault.lasting("sign-in verifier", way.state)

    def proof(self, state: str) -> str:
        """Return under what name a state that was used is remembered."""
        return self._vault.lasting("sign-in proof", state)
