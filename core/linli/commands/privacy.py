"""`linli privacy`: the register, a person's own data, erasure, and what periods bring to an end."""

import csv
import json
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, select

from linli import model as t
from linli.clock import today
from linli.commands.shared import (
    DEFAULT_CONFIG,
    ConfigOption,
    deployment,
    fail,
    operator,
    progress,
    say,
    translator,
)
from linli.commands.templates import LangOption
from linli.context import Context
from linli.deployment import Deployment
from linli.errors import NotFound
from linli.ids import public_id, split_public_id
from linli.operating import operate
from linli.privacy.declared import read_fields
from linli.privacy.erased_list import erased_ids
from linli.privacy.erasure import ERASED, end_presence, erase_person
from linli.privacy.own_data import own_data, write_zip
from linli.privacy.retention import periods, run_daily
from linli.privacy.statistics import access_figures
from linli.traces.audit import AuditEntry, write_audit
from linli.verbs.inputs import NodeRef

privacy = typer.Typer(name="privacy", help="People's rights to their data.", no_args_is_help=True)

ResidentArgument = Annotated[str, typer.Argument(metavar="RESIDENT_ID", help="Public id of the resident.")]


class Form(StrEnum):
    """How the register is written."""

    TEXT = "text"
    CSV = "csv"
    JSON = "json"


@privacy.command("register")
def register(
    form: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.TEXT,
    lang: LangOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the register of processing: every personal field, why it is kept and for how long."""
    with deployment(config) as opened, opened.database.begin() as connection:
        language = lang.value if lang else translator(opened).language
        lines = [one.told("zh-CN" if language == "zh-CN" else "en") for one in read_fields(connection)]
    if form is Form.JSON:
        typer.echo(json.dumps(lines, ensure_ascii=False, indent=1))
    elif form is Form.CSV:
        writer = csv.DictWriter(sys.stdout, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
    else:
        for line in lines:
            say(f"{line['field']}  [{line['sensitivity']}]\n  {line['purpose']}\n  {line['retention']}")


@privacy.command("export")
def export(
    resident: ResidentArgument,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The zip to write; it must not be there.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write everything that is stored about a person into a zip of JSON and CSV, for the person."""
    with deployment(config) as opened, opened.database.begin() as connection:
        uuid = _uuid(opened, resident)
        try:
            data = own_data(connection, opened.vault, uuid)
        except NotFound:
            fail(translator(opened).text("command.no_resident", id=resident))
        if file.exists():
            fail(translator(opened).text("command.file_exists", file=file))
        write_zip(data, file)
        _audited(connection, "privacy.export", uuid)
        say(translator(opened).text("command.own_data_written", file=file, id=resident))


@privacy.command("erase")
def erase(resident: ResidentArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Erase a person who has asked for it in writing; it cannot be undone."""
    with deployment(config) as opened:
        uuid = _uuid(opened, resident)
        with opened.database.begin() as connection:
            changed = operate(connection, opened, operator(), lambda ctx: _erase(ctx, opened, resident, uuid))
            _audited(connection, "privacy.erase", uuid)
        _list_erased(opened)
        say(translator(opened).text("command.erased", id=resident, count=changed))


@privacy.command("daily")
def daily(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """End what has been kept for its period, and write erased persons to the list; run it once a night."""
    with deployment(config) as opened, progress() as advance:

        def do(work: object) -> int:
            with opened.database.begin() as connection:
                done: int = operate(connection, opened, operator(), work)  # type: ignore[arg-type]  # see run_daily
                return done

        with opened.database.begin() as connection:
            dues = operate(connection, opened, operator(), periods)
        ended: dict[str, int] = {}
        for number, (due, count) in enumerate(run_daily(today(), do, dues), 1):
            advance("retention", number, len(dues))
            if count:
                ended[due.name] = count
                say(translator(opened).text("command.retention", count=count, what=due.name))
        if not ended:
            say(translator(opened).text("command.retention_none"))
        with opened.database.begin() as connection:
            entry = AuditEntry(operator(), "privacy.daily", "done", "resident", detail={"ended": ended})
            write_audit(connection, entry)
        _list_erased(opened)


@privacy.command("statistics")
def statistics(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Tell how often personal values were looked at in clear text, by month, role and purpose."""
    with deployment(config) as opened, opened.database.begin() as connection:
        for one in access_figures(connection):
            few = "<5" if one.looks is None else str(one.looks)
            say(f"{one.month}  {one.role}  {one.purpose}  {few}")


def _erase(ctx: Context, opened: Deployment, named: str, uuid: str) -> int:
    row = ctx.connection.execute(select(t.resident).where(t.resident.c.id == uuid)).one_or_none()
    if row is None:
        fail(translator(opened).text("command.no_resident", id=named))
    if row.closed_reason == ERASED:
        fail(translator(opened).text("command.already_erased", id=named))
    end_presence(ctx.connection, uuid, ctx.at)
    changed = erase_person(ctx.connection, uuid, ctx.at)
    ctx.record("resident.closed", NodeRef("resident", uuid), row, reason=ERASED)
    return changed


def _list_erased(opened: Deployment) -> None:
    with opened.database.begin() as connection:
        added = opened.erased.add(erased_ids(connection))
    if added:
        file = os.fspath(opened.erased.path)
        say(translator(opened).text("command.erased_listed", count=added, file=file))


def _uuid(opened: Deployment, resident: str) -> str:
    parts = split_public_id(resident)
    if parts is None or parts[0] != "resident":
        fail(translator(opened).text("command.no_resident", id=resident))
    return parts[1]


def _audited(connection: Connection, action: str, uuid: str) -> None:
    named = public_id("resident", uuid)
    entry = AuditEntry(operator(), action, "done", "resident", "resident", uuid, detail={"resident": named})
    write_audit(connection, entry)
