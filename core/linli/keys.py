"""The deployment's keys: a file of them, newest first, that running processes read anew when it changes."""

import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

KEY_BYTES = 32
ID_BYTES = 4
RETIRED = "retired"


class BadKeysError(ValueError):
    """A key file that holds no keys, or lines that are none."""


class UnknownKeyError(Exception):
    """A value is sealed under a key that the key file does not hold."""

    def __init__(self, ident: bytes) -> None:
        super().__init__(f"The key file lacks the key {ident.hex()}; put it back to read what it has sealed.")


@dataclass(frozen=True)
class MasterKey:
    """One key of 32 bytes; what is done with it is done under keys derived for each purpose."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """The four bytes by which stored forms name this key; they tell nothing of it."""
        return self.derived(b"id")[:ID_BYTES]

    @property
    def head(self) -> bytes:
        """The key that signs heads of the audit; an auditor may hold it, since it opens nothing else."""
        return self.derived(b"linli audit head")

    @property
    def lasting(self) -> bytes:
        """The key of indexes that no rotation recomputes, such as that of imported rows."""
        return self.derived(b"lasting")

    def derived(self, purpose: bytes) -> bytes:
        """Return the key of 32 bytes for a purpose."""
        return _derived(self.secret, purpose)


@lru_cache(maxsize=256)
def _derived(secret: bytes, purpose: bytes) -> bytes:
    return hmac.digest(secret, purpose, "sha256")


@dataclass(frozen=True)
class RetiredKey:
    """What is left of a key that seals nothing any more: enough to verify old heads and find old imports."""

    id: bytes
    head: bytes = field(repr=False)
    lasting: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyRing:
    """The keys of a deployment, newest first, and what is left of retired ones."""

    keys: tuple[MasterKey, ...]
    retired: tuple[RetiredKey, ...] = ()

    @property
    def newest(self) -> MasterKey:
        """The key under which new values are sealed."""
        return self.keys[0]

    @property
    def heads(self) -> tuple[bytes, ...]:
        """The keys under which heads may be signed; the first one signs."""
        return (*(one.head for one in self.keys), *(one.head for one in self.retired))

    @property
    def lasting(self) -> bytes:
        """The key of lasting indexes: that of the first key that the deployment ever had."""
        return self.retired[-1].lasting if self.retired else self.keys[-1].lasting

    def key(self, ident: bytes) -> MasterKey:
        """Return the key of an id.

        Raises:
            UnknownKeyError: there is none.
        """
        for one in self.keys:
            if one.id == ident:
                return one
        raise UnknownKeyError(ident)

    def rotated(self) -> "KeyRing":
        """Return this ring with a new key in front."""
        return KeyRing((MasterKey(os.urandom(KEY_BYTES)), *self.keys), self.retired)

    def retire(self) -> "KeyRing":
        """Return this ring with all but the newest key retired."""
        left = (RetiredKey(one.id, one.head, one.lasting) for one in self.keys[1:])
        return KeyRing(self.keys[:1], (*left, *self.retired))


def read_keys(text: str) -> KeyRing:
    """Return the keys of a file's text: 64 hexadecimal digits a line, the retired ones behind.

    Raises:
        BadKeysError: there is no key, or a line is none.
    """
    keys: list[MasterKey] = []
    retired: list[RetiredKey] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, *parts = line.split()
        if word == RETIRED and len(parts) == 3:
            retired.append(RetiredKey(_hex(parts[0], ID_BYTES), _hex(parts[1]), _hex(parts[2])))
        elif not parts and not retired:
            keys.append(MasterKey(_hex(word)))
        else:
            raise BadKeysError
    if not keys or len({one.id for one in keys}) < len(keys):
        raise BadKeysError
    return KeyRing(tuple(keys), tuple(retired))


def keys_text(ring: KeyRing) -> str:
    """Return what a key file holds."""
    lines = [one.secret.hex() for one in ring.keys]
    lines += [f"{RETIRED} {one.id.hex()} {one.head.hex()} {one.lasting.hex()}" for one in ring.retired]
    return "".join(f"{line}\n" for line in lines)


def write_keys(file: Path, ring: KeyRing) -> None:
    """Put a ring in the place of the file's, whole or not at all, readable by its owner alone."""
    beside = file.with_name(f".{file.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(keys_text(ring))
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _hex(text: str, length: int = KEY_BYTES) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        raise BadKeysError from None
    if len(found) != length:
        raise BadKeysError
    return found


class KeyFile:
    """A key file as running processes see it: looked at on each use, read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] = ()
        self._ring: KeyRing | None = None

    def ring(self) -> KeyRing:
        """Return the present keys; a file that is gone or broken meanwhile leaves those of before.

        Raises:
            BadKeysError: the file holds no keys, and was never read before.
            OSError: the file cannot be read, and was never read before.
        """
        try:
            status = self.path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
            if self._ring is None or seen != self._seen:
                self._ring, self._seen = read_keys(self.path.read_text(encoding="ascii")), seen
        except (OSError, ValueError):
            if self._ring is None:
                raise
        return self._ring
