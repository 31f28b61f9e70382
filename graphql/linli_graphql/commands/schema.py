"""`linli schema`: the contract that front-end teams code against."""

from pathlib import Path
from typing import Annotated

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, fail, say
from linli_graphql.composition import schema_text

schema = typer.Typer(name="schema", help="The GraphQL schema.", no_args_is_help=True)


@schema.command("export")
def export(
    config: ConfigOption = DEFAULT_CONFIG,
    language: Annotated[str, typer.Option(help="en or zh-CN: the language of the descriptions.")] = "en",
    output: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is up to date.")] = False,
) -> None:
    """Write the schema's SDL."""
    with deployment(config, migrated=False) as opened:
        text = schema_text(opened, language)
    if output is None:
        print(text, end="")  # noqa: T201 - the SDL is the command's result
    elif not check:
        output.write_text(text, encoding="utf-8")
    elif not output.exists() or output.read_text(encoding="utf-8") != text:
        fail(f"{output} is not what the code says; run `linli schema export --output {output}`.")
    else:
        say(f"{output} ✓")
