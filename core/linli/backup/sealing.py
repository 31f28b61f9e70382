"""A stream sealed in frames: AES-256-GCM, each frame bound to its number, and the last one marked as such.

A flipped bit, frames left out, doubled or exchanged, a cut at any byte, something added, and another key
are all refused where they are met. The frames of a file have a key of their own.
"""

import hmac
import io
import os
from collections.abc import Iterator
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from linli.backup.errors import BackupError

MAGIC: Final = b"LINLI-BACKUP-1\n"
SALT_BYTES: Final = 16
FRAME_BYTES: Final = 1024 * 1024
TAG_BYTES: Final = 16
LENGTH_BYTES: Final = 4
HEAD_BYTES: Final = len(MAGIC) + SALT_BYTES


class SealedWriter(io.RawIOBase):
    """Seals what is written to it; `close` writes the last frame and leaves the file open."""

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        super().__init__()
        self._file = file
        self._head = MAGIC + os.urandom(SALT_BYTES)
        self._cipher = _cipher(key, self._head)
        self._number = 0
        self._kept = bytearray()
        file.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes are all that is written here
        self._kept += data
        while len(self._kept) > FRAME_BYTES:
            self._seal(bytes(self._kept[:FRAME_BYTES]), last=False)
            del self._kept[:FRAME_BYTES]
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._kept), last=True)
            super().close()

    def _seal(self, clear: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), clear, self._head)
        self._file.write(len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)
        self._number += 1


class SealedReader(io.RawIOBase):
    """Reads what a `SealedWriter` wrote; nothing of a frame is given away before it has been proved.

    Raises, while it reads:
        BackupError: the file is no backup, is damaged or cut, or was sealed with another key.
    """

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        super().__init__()
        head = file.read(HEAD_BYTES)
        if len(head) != HEAD_BYTES or not head.startswith(MAGIC):
            raise BackupError("backup.no_backup")
        self._frames = _frames(file, _cipher(key, head), head)
        self._kept = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # as io calls it
        while not self._kept:
            frame = next(self._frames, None)
            if frame is None:
                return 0
            self._kept = frame
        taken = self._kept[: len(buffer)]
        buffer[: len(taken)] = taken
        self._kept = self._kept[len(taken) :]
        return len(taken)


def _frames(file: IO[bytes], cipher: AESGCM, head: bytes) -> Iterator[bytes]:
    number, length = 0, file.read(LENGTH_BYTES)
    while length:
        size = int.from_bytes(length, "big")
        if len(length) != LENGTH_BYTES or not TAG_BYTES <= size <= FRAME_BYTES + TAG_BYTES:
            raise BackupError("backup.damaged", frame=number + 1)
        sealed, length = file.read(size), file.read(LENGTH_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, last=not length), sealed, head)
        except InvalidTag as error:
            key = "backup.damaged" if number else "backup.damaged_or_key"
            raise BackupError(key, frame=number + 1) from error
        number += 1
    if number == 0:
        raise BackupError("backup.damaged", frame=1)


def _cipher(key: bytes, head: bytes) -> AESGCM:
    return AESGCM(hmac.digest(key, b"linli backup" + head, "sha256"))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")
