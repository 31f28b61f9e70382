"""Personal values at rest: each under its person's key, that key wrapped by the deployment's key.

Destroying a person's key erases every copy of their values, those in backups too.
"""

import hmac
import os
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A new person's key: wrapped, as it is stored, and ready to encrypt."""

    wrapped: bytes
    _cipher: AESGCM = field(repr=False)

    def encrypt(self, value: str) -> bytes:
        """Return a value encrypted under this key."""
        return _sealed(self._cipher, value.encode())


@dataclass(frozen=True)
class Vault:
    """The deployment's key of 32 bytes, and what is done with it. AES-256-GCM, HMAC-SHA-256."""

    key: bytes = field(repr=False)
    _purposes: dict[bytes, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def new_person(self) -> PersonKey:
        """Return a new random person's key, for somebody of whom several values are to be encrypted."""
        key = AESGCM.generate_key(256)
        return PersonKey(_sealed(self._wrapping, key), AESGCM(key))

    def new_person_key(self) -> bytes:
        """Return a new random person's key, wrapped."""
        return self.new_person().wrapped

    def encrypt(self, wrapped: bytes, value: str) -> bytes:
        """Return a value encrypted under a person's wrapped key."""
        return _sealed(self._unwrapped(wrapped), value.encode())

    def decrypt(self, wrapped: bytes, sealed: bytes) -> str:
        """Return the clear text of a value."""
        return _opened(self._unwrapped(wrapped), sealed).decode()

    def blind(self, field_name: str, value: str) -> str:
        """Return the index under which equal values of a field are found without being stored."""
        return hmac.digest(self._purpose(b"blind:" + field_name.encode()), value.encode(), "sha256").hex()

    def mac(self, purpose: str, value: str) -> str:
        """Return the keyed hash of a value for one purpose, in hexadecimal digits."""
        return hmac.digest(self._purpose(b"mac:" + purpose.encode()), value.encode(), "sha256").hex()

    def _purpose(self, name: bytes) -> bytes:
        found = self._purposes.get(name)
        if found is None:
            found = self._purposes[name] = hmac.digest(self.key, name, "sha256")
        return found

    @cached_property
    def _wrapping(self) -> AESGCM:
        return AESGCM(self._purpose(b"wrap"))

    def _unwrapped(self, wrapped: bytes) -> AESGCM:
        return AESGCM(_opened(self._wrapping, wrapped))


def _sealed(cipher: AESGCM, value: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, value, None)


def _opened(cipher: AESGCM, sealed: bytes) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


def mask_phone(value: str) -> str:
    """Return 138****5678 of a number; short ones keep their last two digits."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 11 else f"****{value[-2:]}"


def mask_id_number(value: str) -> str:
    """Return an ID number with only its first three and last two characters."""
    return f"{value[:3]}{'*' * max(len(value) - 5, 4)}{value[-2:]}"
