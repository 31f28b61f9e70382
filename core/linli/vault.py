"""Personal values at rest: each under its person's key, that key wrapped by the deployment's key.

Destroying a person's key erases every copy of their values, those in backups too.

A stored value is: a byte for the cipher, a nonce of 12 bytes, the ciphertext with its tag. A wrapped key has
the id of the key that wraps it, four bytes, behind the cipher's byte. What stands in front of the nonce is
authenticated too. A blind index is the id of its key and 56 hexadecimal digits of an HMAC-SHA-256.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hmac import HMAC

from linli.keys import ID_BYTES, KEY_BYTES, KeyRing, MasterKey

CipherName = Literal["aes-256-gcm", "sm4-gcm"]
CIPHERS: Final[tuple[CipherName, ...]] = get_args(CipherName)
NONCE_BYTES = 12
TAG_BYTES = 16
BLIND_DIGITS = 64
Keys = Callable[[], KeyRing]


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A new person's key: wrapped, as it is stored, and ready to encrypt."""

    wrapped: bytes
    _key: bytes = field(repr=False)
    _cipher: CipherName = "aes-256-gcm"

    def encrypt(self, value: str) -> bytes:
        """Return a value encrypted under this key."""
        return _sealed(self._cipher, self._key, b"", value.encode())


class Vault:
    """The deployment's keys and what is done with them; what either cipher has sealed can be opened."""

    def __init__(self, keys: bytes | Keys, cipher: CipherName = "aes-256-gcm") -> None:
        """Make a vault of one key of 32 bytes, or of whatever returns the present keys."""
        ring = KeyRing((MasterKey(keys),)) if isinstance(keys, bytes) else None
        self._keys: Keys = (lambda: ring) if ring is not None else keys  # type: ignore[assignment]  # one of the two
        self._cipher = cipher

    @property
    def ring(self) -> KeyRing:
        """The present keys."""
        return self._keys()

    def new_person(self) -> PersonKey:
        """Return a new random person's key, for somebody of whom several values are to be encrypted."""
        key = os.urandom(KEY_BYTES)
        return PersonKey(self._wrapped(key), key, self._cipher)

    def new_person_key(self) -> bytes:
        """Return a new random person's key, wrapped."""
        return self.new_person().wrapped

    def encrypt(self, wrapped: bytes, value: str) -> bytes:
        """Return a value encrypted under a person's wrapped key."""
        return _sealed(self._cipher, self._unwrapped(wrapped), b"", value.encode())

    def decrypt(self, wrapped: bytes, sealed: bytes) -> str:
        """Return the clear text of a value.

        Raises:
            UnknownKeyError: the key file lacks the key that wraps the person's.
            InvalidTag: this is not what was sealed.
        """
        return _opened(self._unwrapped(wrapped), sealed, 1).decode()

    def rewrapped(self, wrapped: bytes) -> bytes:
        """Return a person's key wrapped by the newest key; as it is, where that wraps it already."""
        if wrapped[1 : 1 + ID_BYTES] == self.ring.newest.id:
            return wrapped
        return self._wrapped(self._unwrapped(wrapped))

    def blind(self, name: str, value: str) -> str:
        """Return the index under which equal values of a field are found without being stored."""
        return _blind(self.ring.newest, name, value)

    def blinds(self, name: str, value: str) -> list[str]:
        """Return the indexes of a value under every present key: rows may not be reindexed yet."""
        return [_blind(key, name, value) for key in self.ring.keys]

    def lasting(self, name: str, value: str) -> str:
        """Return the keyed hash of a value for one purpose: the same after keys are rotated."""
        return _hmac(hmac.digest(self.ring.lasting, name.encode(), "sha256"), value).hex()

    def _wrapped(self, key: bytes) -> bytes:
        newest = self.ring.newest
        return _sealed(self._cipher, newest.derived(b"wrap"), newest.id, key)

    def _unwrapped(self, wrapped: bytes) -> bytes:
        head = 1 + ID_BYTES
        return _opened(self.ring.key(wrapped[1:head]).derived(b"wrap"), wrapped, head)


def _blind(key: MasterKey, name: str, value: str) -> str:
    return (key.id.hex() + _hmac(key.derived(b"blind:" + name.encode()), value).hex())[:BLIND_DIGITS]


def _hmac(key: bytes, value: str) -> bytes:
    return hmac.digest(key, value.encode(), "sha256")


def _sealed(cipher: CipherName, key: bytes, ident: bytes, value: bytes) -> bytes:
    head, nonce = bytes([1 + CIPHERS.index(cipher)]) + ident, os.urandom(NONCE_BYTES)
    encryptor = Cipher(_algorithm(cipher, key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(head)
    return head + nonce + encryptor.update(value) + encryptor.finalize() + encryptor.tag


def _opened(key: bytes, sealed: bytes, head: int) -> bytes:
    number, start = sealed[0] - 1, head + NONCE_BYTES
    if not 0 <= number < len(CIPHERS):
        raise InvalidTag
    mode = modes.GCM(sealed[head:start], sealed[-TAG_BYTES:])
    decryptor = Cipher(_algorithm(CIPHERS[number], key), mode).decryptor()
    decryptor.authenticate_additional_data(sealed[:head])
    return decryptor.update(sealed[start:-TAG_BYTES]) + decryptor.finalize()


def _algorithm(cipher: CipherName, key: bytes) -> algorithms.AES256 | algorithms.SM4:
    """Return the cipher under a key of 32 bytes; SM4 takes 16, which HMAC-SM3 derives."""
    if cipher == "aes-256-gcm":
        return algorithms.AES256(key)
    derived = HMAC(key, hashes.SM3())
    derived.update(b"sm4")
    return algorithms.SM4(derived.finalize()[:16])


def mask_phone(value: str) -> str:
    """Return 138****5678 of a number; short ones keep their last two digits."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 11 else f"****{value[-2:]}"


def mask_id_number(value: str) -> str:
    """Return an ID number with only its first three and last two characters."""
    return f"{value[:3]}{'*' * max(len(value) - 5, 4)}{value[-2:]}"
