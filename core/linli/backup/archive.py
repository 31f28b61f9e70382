"""The inside of a backup: a tar, compressed, of streams in parts, with the manifest as its last entry."""

import gzip
import hashlib
import io
import tarfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pydantic import ValidationError

from linli.backup.errors import BackupError
from linli.backup.manifest import Manifest
from linli.backup.sealing import SealedReader, SealedWriter

PART_BYTES: Final = 4 * 1024 * 1024
MANIFEST: Final = "manifest.json"
LEVEL: Final = 3  # of gzip: halves the time of the default for a tenth more bytes


class ArchiveWriter:
    """Writes streams of unknown length in parts: `tables/core_grid` becomes 000000, 000001 and so on."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar

    def stream(self, name: str, pieces: Iterable[bytes]) -> str:
        """Write a stream and return its SHA-256 in hexadecimal."""
        digest, kept, number = hashlib.sha256(), bytearray(), 0
        for piece in pieces:
            digest.update(piece)
            kept += piece
            if len(kept) >= PART_BYTES:
                self._add(f"{name}/{number:06d}", bytes(kept))
                kept.clear()
                number += 1
        if kept or not number:
            self._add(f"{name}/{number:06d}", bytes(kept))
        return digest.hexdigest()

    def manifest(self, manifest: Manifest) -> None:
        """Write the last entry."""
        self._add(MANIFEST, manifest.model_dump_json().encode())

    def _add(self, name: str, data: bytes) -> None:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        self._tar.addfile(entry, io.BytesIO(data))


@contextmanager
def writing(file: IO[bytes], key: bytes) -> Iterator[ArchiveWriter]:
    """Open an archive for writing; without an exception it is whole at the end."""
    sealed = SealedWriter(file, key)
    with (
        gzip.GzipFile(fileobj=sealed, mode="wb", compresslevel=LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        yield ArchiveWriter(tar)
    sealed.close()


def entries(path: Path, key: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the names and bytes of all entries; the last frame has been proved when it ends.

    Raises:
        BackupError: the file is no backup, is damaged or cut, or was sealed with another key.
    """
    try:
        with path.open("rb") as file:
            sealed = io.BufferedReader(SealedReader(file, key))
            with gzip.GzipFile(fileobj=sealed, mode="rb") as packed:
                with tarfile.open(fileobj=packed, mode="r|") as tar:
                    for entry in tar:
                        content = tar.extractfile(entry)
                        yield entry.name, content.read() if content else b""
                while packed.read(PART_BYTES):
                    pass  # what lies behind the tar's end must be sound too
            if sealed.read(1):
                raise BackupError("backup.damaged", frame=0)
    except OSError as error:
        raise BackupError("backup.unreadable", file=path, reason=error.strerror or str(error)) from error
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BackupError("backup.damaged", frame=0) from error


def examined(path: Path, key: bytes) -> Manifest:
    """Read a whole backup without keeping it, and return its manifest.

    Raises:
        BackupError: it is not whole, or not of this format.
    """
    ((name, text),) = deque(entries(path, key), maxlen=1) or [("", b"")]
    if name != MANIFEST:
        raise BackupError("backup.no_manifest")
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise BackupError("backup.other_format") from error
