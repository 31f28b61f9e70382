"""`linli template`: workbooks to fill in and import."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from linli.commands.shared import fail, say
from linli.exporting.workbook import write_template
from linli.importing.columns import RESIDENTS
from linli.importing.forms import SheetForm
from linli.messages import Language, core_messages, environment_language

templates = typer.Typer(name="template", help="Workbooks to fill in and import.", no_args_is_help=True)


class Lang(StrEnum):
    """The languages of a template."""

    EN = "en"
    ZH_CN = "zh-CN"


FileArgument = Annotated[Path, typer.Argument(dir_okay=False, help="The workbook to write (.xlsx).")]
LangOption = Annotated[Lang | None, typer.Option("--lang", help="Its language; yours if left out.")]


@templates.callback()
def _group() -> None:
    """Keep `linli template residents` a command of a group, though it is the only one."""


@templates.command("residents")
def residents(file: FileArgument, lang: LangOption = None) -> None:
    """Write a template of a register of residents."""
    offer(file, RESIDENTS, lang)


def offer(file: Path, form: SheetForm, lang: Lang | None) -> None:
    """Write the template of a form for the person at the keyboard; a file that exists is left as it is."""
    messages = core_messages()
    spoken = environment_language(os.environ)
    chosen: dict[Lang, Language] = {Lang.EN: "en", Lang.ZH_CN: "zh-CN"}
    texts = messages.speaking(spoken)
    if file.suffix.lower() != ".xlsx":
        fail(texts.text("template.suffix"))
    if file.exists():
        fail(texts.text("template.exists", file=file))
    write_template(file, form, messages.speaking(chosen[lang] if lang else spoken))
    say(texts.text("template.written", file=file))
