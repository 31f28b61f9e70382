"""ID tokens: whether one was signed by the provider, for this place, for this sign-in, and now."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.util import urlsafe_b64decode

LEEWAY: Final = 60  # seconds by which the two clocks may differ
LONGEST: Final = 16 * 1024
LONGEST_SUBJECT: Final = 255


class BadIdTokenError(Exception):
    """An ID token that proves nothing; its text says why and holds nothing of it."""


class UnknownKeyError(BadIdTokenError):
    """It names a key that the provider had not published when its keys were last read."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say to be believed."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    algorithms: tuple[str, ...]


def believed(token: object, keys: Mapping[str, Any], expected: Expected, now: float) -> dict[str, Any]:
    """Return the claims of an ID token; `keys` is the provider's key set and `now` seconds since 1970.

    Raises:
        BadIdTokenError: it proves nothing.
    """
    if not isinstance(token, str) or len(token) > LONGEST or not token.isascii():
        raise BadIdTokenError("no token, or too long a one")
    claims = _payload(token, _keys_for(_header(token, expected.algorithms), keys), expected.algorithms)
    _check_parties(claims, expected)
    _check_times(claims, now)
    return claims


def _header(token: str, algorithms: Sequence[str]) -> dict[str, Any]:
    """Return the header of a token, of which nothing but the name of the key is taken over."""
    try:
        header = orjson.loads(urlsafe_b64decode(token.partition(".")[0].encode()))
    except ValueError:
        raise BadIdTokenError("no header") from None
    if not isinstance(header, dict) or header.get("alg") not in algorithms:
        raise BadIdTokenError("an algorithm that this place does not take")
    if str(header.get("typ", "JWT")).upper() != "JWT" or "crit" in header or "b64" in header:
        raise BadIdTokenError("a header that asks for more than is understood")
    return header


def _keys_for(header: Mapping[str, Any], keys: Mapping[str, Any]) -> KeySet:
    """Return the one published key that a header names: never a shared secret, never one for encryption."""
    published = keys.get("keys")
    fitting = [
        key
        for key in (published if isinstance(published, list) else ())
        if isinstance(key, dict)
        and key.get("kty") in ("RSA", "EC", "OKP")
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    ]
    if len(fitting) != 1:
        raise UnknownKeyError("no key of this name" if not fitting else "several keys that might be meant")
    try:
        return KeySet.import_key_set({"keys": fitting})
    except (JoseError, ValueError, TypeError, KeyError):
        raise BadIdTokenError("a key that is none") from None


def _payload(token: str, keys: KeySet, algorithms: Sequence[str]) -> dict[str, Any]:
    try:
        signed = jws.deserialize_compact(token, keys.keys[0], algorithms=list(algorithms))
        claims = orjson.loads(signed.payload)
    except (JoseError, ValueError, TypeError, KeyError):
        raise BadIdTokenError("a signature that does not hold") from None
    if not isinstance(claims, dict):
        raise BadIdTokenError("no claims")
    return claims


def _check_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise BadIdTokenError("another issuer")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if expected.client_id not in named:
        raise BadIdTokenError("another audience")
    if claims.get("azp", expected.client_id) != expected.client_id or (
        len(named) > 1 and "azp" not in claims
    ):
        raise BadIdTokenError("another party")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise BadIdTokenError("another sign-in's nonce")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise BadIdTokenError("no subject")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    if not _seconds(claims, "exp") > now - LEEWAY:
        raise BadIdTokenError("its time is over")
    if not _seconds(claims, "iat") <= now + LEEWAY:
        raise BadIdTokenError("it comes from times to come")
    if "nbf" in claims and not _seconds(claims, "nbf") <= now + LEEWAY:
        raise BadIdTokenError("its time has not begun")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise BadIdTokenError(f"no {name}")
    return float(found)
