"""Files that are no sound workbook are refused with one sentence, and cost no more than is allowed."""

import random
import subprocess
import zlib
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest

from linli.importing.columns import RESIDENTS
from linli.importing.encodings import Undecidable
from linli.importing.form_rows import WORKBOOK, detect_kind
from linli.importing.workbook import workbook_lines
from linli.messages import LANGUAGES, core_messages
from tests.support.hostile_workbooks import (
    MEGABYTE,
    SEED,
    SHEET,
    Make,
    archive,
    bad_flag,
    bomb,
    compound,
    dense,
    echo,
    entities,
    far_cell,
    large,
    lying_checksum,
    lying_small,
    macro_type,
    macros,
    many_parts,
    no_sheet,
    not_a_zip,
    outside_entity,
    truncated,
    undeclared_entities,
    wide_characters,
    wide_sheet,
    with_sheet,
)
from tests.support.workbooks import part, with_parts, with_size, write_workbook


def sound(file: Path) -> Path:
    return write_workbook(file, [["姓名", "网格编码"], ["王小明", "330482001001"], ["王小红", 7]])


def rows(file: Path) -> list[list[str]]:
    assert detect_kind(file, RESIDENTS) == WORKBOOK
    return [row for _, row, _ in workbook_lines(file, (), lambda _done: None)]


def refusal(file: Path) -> str:
    with pytest.raises(Undecidable) as refused:
        rows(file)
    assert refused.value.row == 0
    messages = core_messages(strict=True)
    for language in LANGUAGES:
        sentence = messages.text(refused.value.key, language, **refused.value.params)
        assert sentence != refused.value.key
        assert "{" not in sentence
    return refused.value.key


REFUSED: list[tuple[Make, str]] = [
    (bomb, "import.workbook_bomb"),
    (many_parts, "import.workbook_bomb"),
    (dense, "import.workbook_bomb"),
    (large, "import.workbook_size"),
    (lying_small, "import.workbook_damaged"),
    (lying_checksum, "import.workbook_damaged"),
    (entities, "import.workbook_damaged"),
    (outside_entity, "import.workbook_damaged"),
    (undeclared_entities, "import.workbook_damaged"),
    (wide_characters, "import.workbook_damaged"),
    (far_cell, "import.workbook_memory"),
    (wide_sheet, "import.workbook_columns"),
    (echo, "import.workbook_memory"),
    (truncated, "import.workbook_damaged"),
    (not_a_zip, "import.workbook_damaged"),
    (no_sheet, "import.workbook_no_sheet"),
    (macros, "import.workbook_macros"),
    (macro_type, "import.workbook_macros"),
    (compound("EncryptionInfo", "EncryptedPackage"), "import.workbook_encrypted"),
    (compound("Workbook"), "import.workbook_kind"),
    (bad_flag, "import.workbook_encrypted"),
    (archive("word/document.xml"), "import.workbook_kind"),
    (archive("xl/workbook.bin"), "import.workbook_kind"),
    (archive("mimetype", "content.xml"), "import.workbook_kind"),
    (archive(), "import.workbook_kind"),
    (archive("xl/workbook.xml"), "import.workbook_damaged"),
]


@pytest.mark.case(145)
@pytest.mark.parametrize(
    ("make", "key"), REFUSED, ids=[f"{n}-{make.__name__}" for n, (make, _) in enumerate(REFUSED)]
)
def test_it_is_refused_with_a_sentence(tmp_path: Path, make: Make, key: str) -> None:
    assert refusal(make(sound(tmp_path / "a.xlsx"))) == key


def test_the_bomb_is_small(tmp_path: Path) -> None:
    assert bomb(sound(tmp_path / "a.xlsx")).stat().st_size < MEGABYTE


def test_what_the_hostile_ones_are_made_of_is_sound(tmp_path: Path) -> None:
    file = with_parts(sound(tmp_path / "a.xlsx"), {})
    assert rows(file) == [["姓名", "网格编码"], ["王小明", "330482001001"], ["王小红", "7"]]


def test_what_a_header_does_not_declare_is_never_unpacked(tmp_path: Path) -> None:
    file = sound(tmp_path / "a.xlsx")
    before, sheet = rows(file), part(file, SHEET)
    with_sheet(file, lambda content: content + b"<" * (3 * MEGABYTE))
    assert refusal(file) == "import.workbook_damaged"
    assert rows(with_size(file, SHEET, len(sheet), zlib.crc32(sheet))) == before


@pytest.mark.parametrize("seed", range(SEED, SEED + 25))
def test_a_workbook_with_broken_bytes_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    file = sound(tmp_path / "a.xlsx")
    content, chance = bytearray(file.read_bytes()), random.Random(seed)
    for _ in range(chance.randint(1, 40)):
        content[chance.randrange(4, len(content))] = chance.randrange(256)
    file.write_bytes(content)
    # Any other exception ends the test; pytest names the seed.
    with suppress(Undecidable):
        rows(file)


@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_bytes_at_random_are_refused(tmp_path: Path, seed: int) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes(random.Random(seed).randbytes(4000))
    with pytest.raises(Undecidable):
        detect_kind(file, RESIDENTS)


class Watched:
    """Processes that were started, and what each was told of its surroundings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.started: list[subprocess.Popen[bytes]] = []
        self.environ: set[str] = set()
        self._start = subprocess.Popen
        monkeypatch.setattr(subprocess, "Popen", self)

    def __call__(self, *arguments: Any, **options: Any) -> "subprocess.Popen[bytes]":
        self.environ |= set(options["env"])
        self.started.append(self._start(*arguments, **options))
        return self.started[-1]


def test_the_keys_of_the_place_stay_in_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that opens a stranger's file is told nothing of the deployment."""
    monkeypatch.setenv("LINLI_SECURITY__KEY_FILE", "x")
    watched = Watched(monkeypatch)
    assert rows(sound(tmp_path / "a.xlsx"))
    assert "PATH" in watched.environ
    assert not [name for name in watched.environ if name.startswith("LINLI_")]


def test_who_stops_reading_half_way_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_workbook(tmp_path / "a.xlsx", [["x" * 30_000, number] for number in range(200)])
    watched = Watched(monkeypatch)
    reading = workbook_lines(file, (), lambda _done: None)
    next(reading)
    assert watched.started[0].poll() is None
    cast("Generator[object]", reading).close()
    assert watched.started[0].returncode is not None
