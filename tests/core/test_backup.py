"""Backups made under load, damaged in every way, and restored: equal, verified, or not at all."""

import io
import random
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Self

import pytest
from sqlalchemy import select

from linli import model as t
from linli.backup import archive, sealing
from linli.backup.archive import examined
from linli.backup.errors import BackupError
from tests.policies.seeds import seeded
from tests.support.backups import (
    NASTY,
    Site,
    contents,
    copied,
    empty_database,
    kind_of,
    new_site,
    note,
    settled_site,
)
from tests.support.postgres import PostgresServer

FRAME = 1024


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many frames and parts in a small backup."""
    monkeypatch.setattr(sealing, "FRAME_BYTES", FRAME)
    monkeypatch.setattr(archive, "PART_BYTES", 10_000)


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Site:
    return settled_site(tmp_path / "site", database_url)


@pytest.fixture(scope="module")
def model_site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A place on SQLite, to be copied."""
    folder = tmp_path_factory.mktemp("model") / "site"
    return settled_site(folder, f"sqlite:///{folder / 'linli.db'}")


@pytest.fixture
def file_site(model_site: Site, tmp_path: Path) -> Site:
    """A place on SQLite, for what does not depend on the database."""
    return copied(model_site, tmp_path / "site")


@pytest.fixture
def empty_beside(file_site: Site, tmp_path: Path) -> Site:
    """An empty place beside that, with the same keys."""
    (tmp_path / "data").mkdir()
    return new_site(tmp_path / "empty", f"sqlite:///{tmp_path / 'data' / 'restored.db'}", file_site.folder)


@pytest.fixture
def empty(site: Site, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """An empty place beside, with the same keys."""

    def server() -> PostgresServer:
        found: PostgresServer = request.getfixturevalue("postgres_server")
        return found

    with empty_database(kind_of(site.url), tmp_path / "data", server) as url:
        yield new_site(tmp_path / "empty", url, site.folder)


def made(site: Site, file: Path) -> Path:
    done = site.run("backup", file)
    assert done.exit_code == 0, done.output
    return file


def is_untouched(empty: Site) -> bool:
    """Whether nothing has come into a place, neither rows nor heads nor files."""
    if contents(empty.folder) != {"linli.toml", "linli.key", "backup.key"}:
        return False
    if kind_of(empty.url) == "sqlite":
        return not contents(Path(empty.url.removeprefix("sqlite:///")).parent) - {"restored.db"}
    count = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
    return empty.work(lambda connection: int(connection.exec_driver_sql(count).scalar_one())) == 0


class Writer:
    """Writes audit entries all the time, and knows which were acknowledged."""

    def __init__(self, site: Site) -> None:
        self.acknowledged: list[str] = []
        self._site = site
        self._stop = Event()
        self._thread = Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        while len(self.acknowledged) < 5:
            self._stop.wait(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            self.acknowledged.append(self._site.work(note))


def test_what_was_acknowledged_before_a_backup_is_in_it_and_all_is_equal(
    site: Site, empty: Site, tmp_path: Path
) -> None:
    with Writer(site) as writer:
        due = set(writer.acknowledged)
        file = made(site, tmp_path / "place.backup")
        before = len(due)
        while len(writer.acknowledged) <= before:  # the writer was alive to the end
            pass
    assert file.stat().st_mode & 0o777 == 0o600
    done = empty.run("restore", file)
    assert done.exit_code == 0, done.output
    for part in ("Restored: each of", "(RPO)", "(RTO", "Audit: in order", "Counts: in order"):
        assert part in done.output
    rows = empty.work(lambda connection: connection.execute(select(t.audit)).all())
    assert due <= {row.id for row in rows}
    assert [row.detail for row in rows if row.detail.get("a")] == [NASTY] * 3
    assert "place.restore" in {row.action for row in rows}
    assert empty.run("verify").exit_code == 0
    empty.work(note)  # its sequences and triggers work on
    assert empty.run("verify", "audit").exit_code == 0


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    file_site: Site, empty_beside: Site, tmp_path: Path
) -> None:
    file = made(file_site, tmp_path / "place.backup")
    sound, dice = file.read_bytes(), seeded("backups")
    assert len(sound) > 3 * FRAME
    for number, spoilt in enumerate(_spoilt(sound, dice)):
        file.write_bytes(spoilt)
        key = (file_site.folder / "backup.key").read_text().strip()
        with pytest.raises(BackupError):
            examined(file, bytes.fromhex(key))
        if number < 4:
            done = empty_beside.run("restore", file)
            assert (done.exit_code, is_untouched(empty_beside)) == (1, True), done.output
            assert len(done.output.strip().splitlines()) == 1
    file.write_bytes(sound)
    (empty_beside.folder / "backup.key").write_text(f"{'00' * 32}\n")
    done = empty_beside.run("restore", file)
    assert (done.exit_code, is_untouched(empty_beside)) == (1, True), done.output


def _spoilt(sound: bytes, dice: random.Random) -> Iterator[bytes]:
    """One byte less, one more, one bit flipped, whole frames gone, exchanged or doubled."""
    yield sound[:-1]
    yield sound + b"\0"
    yield _flipped(sound, dice.randrange(len(sound)), dice)
    frames = list(_frames(sound))
    head = sound[: sealing.HEAD_BYTES]
    yield head + b"".join(frames[:-1])
    yield head + b"".join([frames[1], frames[0], *frames[2:]])
    yield head + b"".join([frames[0], *frames])
    yield head + b"".join(frames[1:])
    yield head
    yield b""
    yield sound[: dice.randrange(1, sealing.HEAD_BYTES)]
    for place in (*range(sealing.HEAD_BYTES + 4), *(dice.randrange(len(sound)) for _ in range(40))):
        yield _flipped(sound, place, dice)
    for _ in range(20):
        yield sound[: dice.randrange(len(sound))]


def test_each_frame_is_bound_to_its_place_and_its_file() -> None:
    """Beneath compression and tar, which would notice some of it too."""
    clear, key, dice = seeded("frames").randbytes(5 * FRAME + 7), b"k" * 32, seeded("frames, spoilt")
    sound, other = _sealed(clear, key), _sealed(clear, key)
    assert sealing.SealedReader(io.BytesIO(sound), key).readall() == clear
    frames, others = list(_frames(sound)), list(_frames(other))
    foreign = sound[: sealing.HEAD_BYTES] + b"".join([*frames[:2], others[2], *frames[3:]])
    for spoilt in (*_spoilt(sound, dice), foreign):
        with pytest.raises(BackupError):
            sealing.SealedReader(io.BytesIO(spoilt), key).readall()


def _sealed(clear: bytes, key: bytes) -> bytes:
    file = io.BytesIO()
    writer = sealing.SealedWriter(file, key)
    writer.write(clear)
    writer.close()
    return file.getvalue()


def _flipped(sound: bytes, place: int, dice: random.Random) -> bytes:
    return sound[:place] + bytes([sound[place] ^ 1 << dice.randrange(8)]) + sound[place + 1 :]


def _frames(sound: bytes) -> Iterator[bytes]:
    place = sealing.HEAD_BYTES
    while place < len(sound):
        size = int.from_bytes(sound[place : place + 4], "big") + 4
        yield sound[place : place + size]
        place += size


def test_a_backup_is_restored_into_an_empty_place_of_its_kind_only(site: Site, tmp_path: Path) -> None:
    file = made(site, tmp_path / "place.backup")
    rows = site.work(lambda connection: connection.execute(select(t.audit)).all())
    done = site.run("restore", file)
    assert (done.exit_code, "is not empty" in done.output) == (1, True)
    assert site.work(lambda connection: connection.execute(select(t.audit)).all()) == rows
    other = (
        "postgresql://nobody@/nothing" if kind_of(site.url) == "sqlite" else f"sqlite:///{tmp_path}/other.db"
    )
    done = new_site(tmp_path / "other", other, site.folder).run("restore", file)
    assert (done.exit_code, "the configuration names" in done.output) == (1, True)


def test_tables_of_a_plugin_that_is_switched_off_are_not_lost(
    site: Site, empty: Site, tmp_path: Path
) -> None:
    """On SQLite they are in the file; on PostgreSQL the plugin must be there to make them."""
    for one in (site, empty):
        text = one.config.read_text(encoding="utf-8")
        one.config.write_text(text.replace('["ledger"]', "[]"), encoding="utf-8")
    file = made(site, tmp_path / "place.backup")
    done = empty.run("restore", file)
    if kind_of(site.url) == "sqlite":
        assert done.exit_code == 0, done.output
        assert (
            empty.work(lambda connection: connection.exec_driver_sql("SELECT 1 FROM ledger__book").all())
            == []
        )
        return
    assert (done.exit_code, is_untouched(empty), "enabled here: ledger" in done.output) == (1, True, True)


def test_a_backup_shows_nothing_and_holds_no_key(file_site: Site, tmp_path: Path) -> None:
    file = made(file_site, tmp_path / "place.backup")
    sealed, clear = file.read_bytes(), b""
    for _, data in archive.entries(file, bytes.fromhex((file_site.folder / "backup.key").read_text())):
        clear += data
    assert b"os:test" in clear
    assert b"os:test" not in sealed
    for name in ("linli.key", "backup.key"):
        key = (file_site.folder / name).read_text().strip()
        assert key.encode() not in clear
        assert bytes.fromhex(key) not in clear
    assert contents(tmp_path) >= {"place.backup", "site"}
    assert not [name for name in contents(tmp_path) if name.startswith(".")]


def test_a_backup_that_cannot_be_made_leaves_nothing(file_site: Site, tmp_path: Path) -> None:
    file = made(file_site, tmp_path / "place.backup")
    sound = file.read_bytes()
    done = file_site.run("backup", file)
    assert (done.exit_code, "exists" in done.output, file.read_bytes()) == (1, True, sound)
    done = file_site.run("backup", tmp_path / "nowhere" / "place.backup")
    assert (done.exit_code, "cannot be written" in done.output) == (1, True)
    (file_site.folder / "backup.key").chmod(0o644)
    done = file_site.run("backup", tmp_path / "other.backup")
    assert (done.exit_code, "backup.key_file" in done.output) == (78, True)
    assert contents(tmp_path) & {"other.backup", "nowhere"} == set()


def test_entries_signed_after_the_backup_are_told_as_lost(
    file_site: Site, tmp_path: Path, empty_beside: Site
) -> None:
    file = made(file_site, tmp_path / "place.backup")
    file_site.work(lambda connection: [note(connection) for _ in range(4)])
    file_site.seal()
    for name in ("audit-head.json", "audit-head.json.log"):
        (empty_beside.folder / name).write_bytes((file_site.folder / name).read_bytes())
    done = empty_beside.run("restore", file)
    assert done.exit_code == 0, done.output
    assert "5 audit entries were signed here after the backup" in done.output  # and that it was made
    kept = [name for name in contents(empty_beside.folder) if ".before-restore-" in name]
    assert len(kept) == 2
