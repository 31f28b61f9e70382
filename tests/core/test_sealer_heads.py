"""Signed heads on disk: whole or not at all, never going back, of one key."""

from pathlib import Path

import pytest

from linli.clock import now
from linli.traces.chain import GENESIS, Head, head_key
from linli.traces.heads import HeadFile, HeadWentBackError, SignedHeads, read_heads, write_head

KEY = head_key(b"k" * 32)


def head(number: int, link: str = "a" * 64) -> Head:
    return Head(number, link, now())


@pytest.fixture
def file(tmp_path: Path) -> HeadFile:
    return HeadFile(tmp_path / "folder" / "head.json", KEY)


def numbers(file: HeadFile) -> list[int]:
    return [one.number for one in read_heads(file).heads]


def test_heads_are_read_as_they_were_signed(file: HeadFile) -> None:
    assert read_heads(file) == SignedHeads()
    written = [head(1), head(5, "b" * 64)]
    for one in written:
        write_head(file.path, one, KEY)
    assert read_heads(file) == SignedHeads(tuple(written))
    assert file.path.read_text().count("\n") == 1
    assert file.log.read_text().count("\n") == 2


def test_a_head_that_is_not_new_is_not_logged_again(file: HeadFile) -> None:
    for _ in range(3):
        write_head(file.path, head(1), KEY)
    assert file.log.read_text().count("\n") == 1


@pytest.mark.parametrize("back", [head(4), head(5, GENESIS)], ids=["shorter", "other"])
def test_a_chain_that_went_back_is_refused_and_the_signed_head_stays(file: HeadFile, back: Head) -> None:
    write_head(file.path, head(5), KEY)
    before = file.path.read_bytes(), file.log.read_bytes()
    with pytest.raises(HeadWentBackError, match=f"number {back.number}, but .* number 5"):
        write_head(file.path, back, KEY)
    assert (file.path.read_bytes(), file.log.read_bytes()) == before


def test_the_log_remembers_when_the_newest_head_is_removed(file: HeadFile) -> None:
    write_head(file.path, head(5), KEY)
    file.path.unlink()
    assert numbers(file) == [5]
    with pytest.raises(HeadWentBackError):
        write_head(file.path, head(4), KEY)


def test_a_line_that_a_crash_left_unfinished_is_dropped(file: HeadFile) -> None:
    write_head(file.path, head(1), KEY)
    with file.log.open("a") as log:
        log.write('{"number":2,"li')
    assert read_heads(file).unreadable == 1
    write_head(file.path, head(3), KEY)
    assert numbers(file) == [1, 3]
    assert read_heads(file).unreadable == 0


@pytest.mark.parametrize("line", ["", "null", "[]", "{}", '{"number":1,"link":"a","at":"x","signature":"é"}'])
def test_what_is_no_head_is_counted(file: HeadFile, line: str) -> None:
    write_head(file.path, head(1), KEY)
    with file.log.open("a", encoding="utf-8") as log:
        log.write(line + "\n")
    assert (numbers(file), read_heads(file).unreadable) == ([1], 1)


def test_heads_of_another_key_do_not_count(file: HeadFile) -> None:
    write_head(file.path, head(1), head_key(b"x" * 32))
    assert read_heads(file) == SignedHeads((), 2)


def test_a_head_changed_by_hand_does_not_count(file: HeadFile) -> None:
    write_head(file.path, head(7), KEY)
    file.path.write_text(file.path.read_text().replace('"number":7', '"number":3'))
    assert (numbers(file), read_heads(file).unreadable) == ([7], 1)


def test_nothing_but_the_two_files_is_left(file: HeadFile) -> None:
    for number in range(1, 4):
        write_head(file.path, head(number), KEY)
    assert sorted(file.path.parent.iterdir()) == sorted([file.path, file.log])


def test_the_key_shows_in_no_repr(file: HeadFile) -> None:
    assert KEY.hex() not in repr(file)
    assert repr(KEY) not in repr(file)
