"""Whoever changes, removes or cuts the audit is found, by Linli and by a script that knows nothing of it."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update

from linli import model as t
from linli.clock import now
from linli.traces.audit import audit_hash
from linli.traces.chain import GENESIS, head_key, link_hash
from linli.traces.heads import HeadFile, SignedHeads, read_heads, write_head
from linli.traces.sealer import current_head, seal_pending
from linli.verify import export_audit, snapshot, verify_audit
from linli.verify.audit import audited
from tests.core.deployed import Deployed
from tests.house.source import ROOT

KEY = head_key(b"k" * 32)
SCRIPT = ROOT / "scripts" / "verify_audit.py"
SEALED = 9
Tamper = Callable[[Deployed], object]


@dataclass(frozen=True)
class Verdict:
    """What both verifiers say."""

    keys: list[str]
    status: int
    printed: str


def seal(place: Deployed, file: HeadFile) -> None:
    place.work(seal_pending)
    head = place.work(current_head)
    assert head is not None
    write_head(file.path, head, file.key)


def settle(place: Deployed, folder: Path) -> HeadFile:
    """Nine sealed rows with two signed heads, and two rows that are not sealed yet."""
    file = HeadFile(folder / "head.json", KEY)
    for number in (4, SEALED - 4):
        place.audit(number, fields=["name", "电话"], amount=2.0)
        seal(place, file)
    place.audit(2)
    return file


def judge(place: Deployed, file: HeadFile, folder: Path) -> Verdict:
    heads = read_heads(file)
    dump, key = folder / "audit.jsonl", folder / "head.key"
    with snapshot(place.database) as connection:
        findings = verify_audit(connection, heads)
        with dump.open("w", encoding="utf-8") as opened:
            export_audit(connection, opened)
    key.write_text(KEY.hex())
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, dump, "--heads", file.log, "--heads", file.path, "--head-key", key],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=60,
    )
    keys = [finding.key.removeprefix("verify.") for finding in findings if finding.fault]
    return Verdict(keys, done.returncode, done.stdout + done.stderr)


def sealed_id(place: Deployed, number: int) -> str:
    return {row.number: str(row.audit_id) for row in place.rows(t.seal)}[number]


def change(place: Deployed) -> None:
    changed = update(t.audit).where(t.audit.c.id == sealed_id(place, 5))
    assert place.tamper(t.audit, changed.values(actor_name="nobody")) == 1


def change_detail(place: Deployed) -> None:
    changed = update(t.audit).where(t.audit.c.id == sealed_id(place, 5))
    assert place.tamper(t.audit, changed.values(detail={"fields": ["name", "电话"], "amount": 3})) == 1


def change_with_hash(place: Deployed) -> None:
    row = next(row for row in place.rows(t.audit) if row.id == sealed_id(place, 5))
    values = audited(row) | {"actor_name": "nobody"}
    changed = update(t.audit).where(t.audit.c.id == row.id)
    assert place.tamper(t.audit, changed.values(actor_name="nobody", hash=audit_hash(values))) == 1


def change_unsealed(place: Deployed) -> None:
    newest = select(func.max(t.audit.c.at)).scalar_subquery()
    unsealed = t.audit.c.id.not_in(select(t.seal.c.audit_id)) & (t.audit.c.at <= newest)
    assert place.tamper(t.audit, update(t.audit).where(unsealed).values(reason="x")) == 2


def remove(place: Deployed) -> None:
    assert place.tamper(t.audit, delete(t.audit).where(t.audit.c.id == sealed_id(place, 5))) == 1


def remove_with_seal(place: Deployed) -> None:
    remove(place)
    assert place.tamper(t.seal, delete(t.seal).where(t.seal.c.number == 5)) == 1


def cut(place: Deployed) -> None:
    for number in range(SEALED, 6, -1):
        gone = sealed_id(place, number)
        place.tamper(t.audit, delete(t.audit).where(t.audit.c.id == gone))
        place.tamper(t.seal, delete(t.seal).where(t.seal.c.number == number))


def cut_and_go_on(place: Deployed) -> None:
    cut(place)
    place.audit(5)
    place.work(seal_pending)


def wipe(place: Deployed) -> None:
    place.tamper(t.seal, delete(t.seal))
    place.tamper(t.audit, delete(t.audit))


def make_anew(place: Deployed) -> None:
    """Remove a row and chain the rest again, as one who knows how it is done."""
    rows = [row.audit_id for row in sorted(place.rows(t.seal), key=lambda row: row.number)]
    remove(place)
    place.tamper(t.seal, delete(t.seal))
    hashes, previous = {row.id: row.hash for row in place.rows(t.audit)}, GENESIS
    for number, row_id in enumerate((one for one in rows if one in hashes), 1):
        link = link_hash(number, row_id, hashes[row_id], previous)
        values = {"number": number, "audit_id": row_id, "previous": previous, "link": link, "at": now()}
        place.tamper(t.seal, insert(t.seal).values(values))
        previous = link


def break_link(place: Deployed) -> None:
    place.tamper(t.seal, update(t.seal).where(t.seal.c.number == 5).values(previous="0" * 64))


CASES: list[tuple[Tamper, list[str]]] = [
    (change, ["audit_changed"]),
    (change_detail, ["audit_changed"]),
    (change_with_hash, ["audit_relinked"]),
    (change_unsealed, ["audit_changed_unsealed", "audit_changed_unsealed"]),
    (remove, ["audit_missing"]),
    (remove_with_seal, ["audit_gap"]),
    (cut, ["audit_truncated"]),
    (cut_and_go_on, ["audit_head_differs"]),
    (wipe, ["audit_truncated"]),
    (make_anew, ["audit_truncated"]),
    (break_link, ["audit_broken", "audit_relinked"]),
]


async def test_an_untouched_audit_is_in_order_and_its_unsealed_tail_is_named(
    place: Deployed, tmp_path: Path
) -> None:
    file = settle(place, tmp_path)
    verdict = judge(place, file, tmp_path)
    assert (verdict.keys, verdict.status) == ([], 0), verdict.printed
    assert f"{SEALED} sealed, 2 not sealed yet." in verdict.printed
    with snapshot(place.database) as connection:
        (note,) = verify_audit(connection, read_heads(file))
    assert (note.key, note.fault, note.params) == ("verify.audit_unsealed", False, {"count": 2})


@pytest.mark.parametrize(("tamper", "keys"), CASES, ids=lambda one: getattr(one, "__name__", ""))
async def test_tampering_is_found_by_both(
    place: Deployed, tmp_path: Path, tamper: Tamper, keys: list[str]
) -> None:
    file = settle(place, tmp_path)
    tamper(place)
    verdict = judge(place, file, tmp_path)
    assert verdict.keys[: len(keys)] == keys
    assert verdict.status == 1, verdict.printed
    assert f"{len(verdict.keys)} finding(s)." in verdict.printed


async def test_a_chain_made_anew_and_sealed_on_is_found_by_the_heads_alone(
    place: Deployed, tmp_path: Path
) -> None:
    file = settle(place, tmp_path)
    make_anew(place)
    place.work(seal_pending)
    verdict = judge(place, file, tmp_path)
    assert verdict.keys == ["audit_head_differs"], "the head of number 9"
    assert verdict.status == 1
    with snapshot(place.database) as connection:
        unaware = verify_audit(connection, SignedHeads())
    assert [finding.key for finding in unaware if finding.fault] == []


async def test_without_heads_an_old_chain_is_a_fault_and_a_young_one_is_noted(
    place: Deployed, tmp_path: Path
) -> None:
    settle(place, tmp_path)

    def no_head() -> list[bool]:
        with snapshot(place.database) as connection:
            found = verify_audit(connection, SignedHeads())
        return [finding.fault for finding in found if finding.key == "verify.no_head"]

    assert no_head() == [False]
    place.tamper(t.seal, update(t.seal).values(at=now().replace(year=2020)))
    assert no_head() == [True]


async def test_damaged_heads_are_found_by_both(place: Deployed, tmp_path: Path) -> None:
    file = settle(place, tmp_path)
    file.log.write_text(file.log.read_text().replace('"number":9', '"number":8'))
    verdict = judge(place, file, tmp_path)
    assert verdict.keys == ["head_unreadable"]
    assert verdict.status == 1
    assert "wrong signature" in verdict.printed


async def test_an_entry_with_line_breaks_and_json_in_it_stays_one_line(
    sqlite_place: Deployed, tmp_path: Path
) -> None:
    sqlite_place.audit(1, said='"}\n{"seal":null,"audit":null}\u2028\u0085')
    file = HeadFile(tmp_path / "head.json", KEY)
    seal(sqlite_place, file)
    assert judge(sqlite_place, file, tmp_path).status == 0
    assert (tmp_path / "audit.jsonl").read_bytes().count(b"\n") == 1


@pytest.mark.parametrize("content", [None, b"\xff", b"nonsense\n", b"[]\n", b'{"seal":1,"audit":2}\n'])
def test_the_script_says_what_it_cannot_read(tmp_path: Path, content: bytes | None) -> None:
    dump = tmp_path / "audit.jsonl"
    if content is not None:
        dump.write_bytes(content)
    done = subprocess.run([sys.executable, "-I", SCRIPT, dump], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The files cannot be read: ")


def test_the_script_imports_nothing_of_linli() -> None:
    assert "import linli" not in SCRIPT.read_text()
    assert "from linli" not in SCRIPT.read_text()
