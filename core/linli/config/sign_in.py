"""The table [sign_in]: the provider that knows who people are, and how long proofs last."""

from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from linli.config.section import Section, distinct

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def is_safe_url(url: str) -> bool:
    """Whether what is sent to a URL stays between the two: https, or http within this machine."""
    try:
        parts = urlsplit(url)
        known = parts.port != 0
    except ValueError:  # a port or an address that cannot be
        return False
    scheme = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return known and scheme and bool(parts.hostname) and parts.username is None


def _web_address(url: str) -> str:
    parts = urlsplit(url) if url.isascii() and url.isprintable() and " " not in url else None
    if parts is None or not is_safe_url(url) or parts.query or parts.fragment:
        raise PydanticCustomError("linli.config.web_address", "not an https address")
    return url


WebAddress = Annotated[str, Field(max_length=255), AfterValidator(_web_address)]
# None of them is `none` or a secret shared with the provider: those are what forged tokens come with.
Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"
]


class SignInSettings(Section):
    """Without an issuer people sign in by codes alone, which `linli user code` makes.

    Attributes:
        public_url: where browsers reach this server; the provider sends them to `/sign-in/callback` below.
        account_claim: `sub` lets those in who are linked by `linli user link`; `preferred_username` lets
            the provider name an account at the first sign-in, after which the two are linked.
        session_hours: how long a session lasts.
        token_days: the longest that a token of a service may last.
    """

    issuer: WebAddress | None = None
    client_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    client_secret: Annotated[str, Field(min_length=1, max_length=1000)] | None = Field(None, repr=False)
    public_url: WebAddress | None = None
    account_claim: Literal["sub", "preferred_username"] = "sub"
    algorithms: Annotated[tuple[Algorithm, ...], AfterValidator(distinct)] = (
        "RS256",
        "ES256",
        "PS256",
        "Ed25519",
        "EdDSA",
    )
    session_hours: int = Field(default=8, ge=1, le=24)
    token_days: int = Field(default=365, ge=1, le=365)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.issuer is not None and (self.client_id is None or self.public_url is None):
            raise PydanticCustomError("linli.config.sign_in_half", "half of a provider")
        return self
