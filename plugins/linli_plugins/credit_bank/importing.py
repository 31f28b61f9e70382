"""Awards from files: numbers of members and how much each did, checked as a whole, then entered."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, select

from linli.clock import today
from linli.context import Context
from linli.deployment import Deployment
from linli.errors import NotFound, Refusal
from linli.ids import public_id, split_public_id
from linli.importing.encodings import Undecidable
from linli.importing.faults import Fault, FaultLog, Progress, fault_lines
from linli.importing.form_rows import FormReader, detect_kind
from linli.importing.forms import SheetColumn, SheetForm, words
from linli.messages import Translator
from linli.operating import operate
from linli.policy import Actor

from .measuring import check_measure
from .models import bank, measure
from .service.awards import Award, active_members, members_of, prepare, worths

MOST: Final = 1000  # times, hours or items of one member
FORM: Final = SheetForm(
    words("Award", "集体积分"),
    (
        SheetColumn(
            "number",
            words("member_number", "成员编号"),
            words("The member's number in the bank.", "成员在积分银行的编号。"),
            ("编号", "会员编号", "number"),
            required=True,
            text=False,
            sample=words("0"),
        ),
        SheetColumn(
            "quantity",
            words("quantity", "数量"),
            words("How many times, hours or items; 1 if left out.", "次数、小时数或件数；不填为 1。"),
            ("次数", "小时", "时长", "件数", "hours", "times", "items"),
            text=False,
            sample=words("2"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class AwardFile:
    """A file and what it is for: public id of the bank, code of the measure, what was done and when."""

    file: Path
    bank: str
    measure: str
    title: str
    done_on: date


@dataclass(frozen=True)
class AwardReport:
    """What an import of an award did, or would do; nothing was entered if the file has a fault."""

    people: int = 0
    points: int = 0
    capped: int = 0
    award: str = ""
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0

    def lines(self, texts: Translator) -> Iterator[str]:
        """Return the report as sentences."""
        yield from fault_lines(texts, self.faults, self.fault_count)
        if self.fault_count:
            return
        key = "credit_bank.award_prepared" if self.award else "credit_bank.award_checked"
        yield texts.text(key, people=self.people, points=self.points, capped=self.capped, award=self.award)


def import_award(
    deployment: Deployment,
    actor: Actor,
    given: AwardFile,
    texts: Translator,
    progress: Progress,
    *,
    dry_run: bool = False,
) -> AwardReport:
    """Prepare an award from an Excel or CSV file; somebody approves it afterwards by `decideAward`."""
    log, asked = FaultLog(), dict[int, tuple[int, int]]()
    try:
        kind = detect_kind(given.file, FORM)
        reader = FormReader(given.file, kind, FORM, log, texts.language)
        asked = dict(_rows(reader, given.file, progress))
    except Undecidable as reason:
        log.add(Fault(given.file.name, reason.row, None, reason.key, reason.params))
    if not log.count:
        with deployment.database.begin() as connection:
            work = partial(_entered, given=given, asked=asked, log=log, dry_run=dry_run)
            report = operate(connection, deployment, actor, work)
        if not log.count:
            return report
    return AwardReport(faults=log.faults, fault_count=log.count)


def _rows(reader: FormReader, file: Path, progress: Progress) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield (number of the member, (number of the row, quantity)) of the sound rows."""
    size, seen = file.stat().st_size, set[int]()
    for row, texts in reader.rows(lambda done: progress("check", done, size)):
        number, quantity = _whole(texts["number"], 10**9), _whole(texts.get("quantity") or "1", MOST)
        if number is None:
            reader.fault(row, "number", "credit_bank.bad_number", found=texts["number"][:20])
        elif quantity is None:
            reader.fault(row, "quantity", "credit_bank.bad_quantity", most=MOST)
        elif number in seen:
            reader.fault(row, "number", "credit_bank.number_twice", number=number)
        else:
            seen.add(number)
            yield number, (row, quantity)


def _whole(text: str, most: int) -> int | None:
    sound = text.isascii() and text.isdecimal() and len(text) < 12
    return int(text) if sound and 1 <= int(text) <= most else None


def _entered(
    ctx: Context, *, given: AwardFile, asked: Mapping[int, tuple[int, int]], log: FaultLog, dry_run: bool
) -> AwardReport:
    """Enter the award if every row is of a member whom the measure speaks of."""
    name = given.file.name
    try:
        line = _measure(ctx, given)
    except Refusal as refusal:
        log.add(Fault(name, 0, None, refusal.key, refusal.params))
        return AwardReport()
    found = _members(ctx, line.bank_id, asked, lock=not dry_run)
    for number, (at, _) in asked.items():
        if number not in found:
            log.add(Fault(name, at, None, "credit_bank.no_member", {"number": number}))
            continue
        try:
            check_measure(line, found[number], given.done_on, today())
        except Refusal as refusal:
            log.add(Fault(name, at, None, refusal.key, refusal.params))
    if log.count:
        return AwardReport()
    award, lines = Award(line, given.title, given.done_on), [(row, asked[n][1]) for n, row in found.items()]
    worth = worths(ctx, award, lines)
    points, capped = sum(points for _, points in worth.values()), len(asked) - len(worth)
    if not worth:
        log.add(Fault(name, 0, None, "credit_bank.capped"))
    made = "" if dry_run or not worth else prepare(ctx, award, lines).id
    return AwardReport(len(worth), points, capped, public_id("credit_award", made) if made else "")


def _members(ctx: Context, bank_id: str, numbers: Collection[int], *, lock: bool) -> Mapping[int, Row[Any]]:
    """Return the active members who have one of the numbers, by number; nobody else is locked."""
    rows = ctx.connection.execute(active_members(bank_id)).all()
    named = [row for row in rows if row.number in numbers]
    if lock:
        named = [*members_of(ctx, bank_id, [row.id for row in named])]
    return {row.number: row for row in named}


def _measure(ctx: Context, given: AwardFile) -> Row[Any]:
    parts = split_public_id(given.bank)
    known = select(bank.c.id).where(bank.c.id == (parts or ("", ""))[1], bank.c.valid_to.is_(None))
    if parts is None or parts[0] != "credit_bank" or ctx.connection.execute(known).first() is None:
        raise NotFound("bank")
    wanted = (measure.c.bank_id == parts[1]) & (measure.c.code == given.measure)
    now = (measure.c.since <= given.done_on) & (measure.c.until.is_(None) | (measure.c.until > given.done_on))
    row = ctx.connection.execute(select(measure).where(wanted, now)).one_or_none()
    if row is None:
        raise Refusal(
            "NOT_FOUND", "credit_bank.no_measure", (), {"code": given.measure, "day": str(given.done_on)}
        )
    return row
