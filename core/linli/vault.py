"""Personal values at rest: each under its person's key, that key wrapped by the deployment's key.

Destroying a person's key erases every copy of their values, those in backups too.
"""

import hmac
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


@dataclass(frozen=True)
class Vault:
    """The deployment's key of 32 bytes, and what is done with it. AES-256-GCM, HMAC-SHA-256."""

    key: bytes = field(repr=False)
    _purposes: dict[bytes, bytes] = field(default_factory=dict, init=False, repr=False, compare=False)

    def new_person_key(self) -> bytes:
        """Return a new random person's key, wrapped."""
        return self._seal(self._purpose(b"wrap"), AESGCM.generate_key(256))

    def encrypt(self, wrapped: bytes, value: str) -> bytes:
        """Return a value encrypted under a person's wrapped key."""
        return self._seal(self._unwrap(wrapped), value.encode())

    def decrypt(self, wrapped: bytes, sealed: bytes) -> str:
        """Return the clear text of a value."""
        return self._open(self._unwrap(wrapped), sealed).decode()

    def blind(self, field_name: str, value: str) -> str:
        """Return the index under which equal values of a field are found without being stored."""
        return hmac.digest(self._purpose(b"blind:" + field_name.encode()), value.encode(), "sha256").hex()

    def _purpose(self, name: bytes) -> bytes:
        found = self._purposes.get(name)
        if found is None:
            found = self._purposes[name] = hmac.digest(self.key, name, "sha256")
        return found

    def _unwrap(self, wrapped: bytes) -> bytes:
        return self._open(self._purpose(b"wrap"), wrapped)

    @staticmethod
    def _seal(key: bytes, value: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, value, None)

    @staticmethod
    def _open(key: bytes, sealed: bytes) -> bytes:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


def mask_phone(value: str) -> str:
    """Return 138****5678 of a number; short ones keep their last two digits."""
    return f"{value[:3]}****{value[-4:]}" if len(value) >= 11 else f"****{value[-2:]}"


def mask_id_number(value: str) -> str:
    """Return an ID number with only its first three and last two characters."""
    return f"{value[:3]}{'*' * max(len(value) - 5, 4)}{value[-2:]}"
