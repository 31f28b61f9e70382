"""`linli ledger`: for the operator at the keyboard."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, operator, say, translator
from linli.traces.heads import HeadFile, read_heads
from linli.verify import export_audit, snapshot
from linli.verify.findings import Finding

from .reading import export_books
from .rebuilding import rebuild

app = typer.Typer(name="ledger", help="Books.", no_args_is_help=True)


@app.command("export")
def export(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="The folder that the files are put in.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write books.jsonl, audit.jsonl and heads.jsonl, as of one moment, for scripts/verify_books.py."""
    with deployment(config) as opened:
        folder.mkdir(parents=True, exist_ok=True)
        # Before the snapshot: a head signed later would name a link that the snapshot cannot see.
        heads = _head_lines(opened.heads)
        (folder / "heads.jsonl").write_text(heads, encoding="utf-8")
        with snapshot(opened.database) as connection:
            with (folder / "books.jsonl").open("w", encoding="utf-8") as file:
                lines = export_books(connection, file)
            with (folder / "audit.jsonl").open("w", encoding="utf-8") as file:
                told = export_audit(connection, file)
        say(translator(opened).text("ledger.exported", lines=lines, told=told))


@app.command("rebuild")
def rebuild_balances(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Set every balance to the sum of its entries, if these and the holds are as they were written."""
    with deployment(config) as opened:
        texts = translator(opened)
        heads = read_heads(opened.heads)
        with opened.database.begin() as connection:
            found = rebuild(connection, operator(), heads)
        for one in found:
            if isinstance(one, Finding):
                say(one.sentence(texts))
            else:
                say(texts.text("ledger.rebuilt", **asdict(one)))
        if any(isinstance(one, Finding) for one in found):
            fail(texts.text("ledger.not_rebuilt"))
        say(texts.text("ledger.rebuilt_count", count=len(found)))


def _head_lines(file: HeadFile) -> str:
    texts = (place.read_text(encoding="utf-8") for place in (file.log, file.path) if place.is_file())
    return "".join(texts)
