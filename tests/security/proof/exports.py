"""What commands print and write about a place, all of it in one piece."""

from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from linli.cli import main

COMMANDS: Final = (
    ("verify",),
    ("user", "list"),
    ("plugin", "list"),
    ("policy", "test"),
    ("schema", "export"),
    ("ledger", "export", "{folder}"),
)


def exported(folder: Path) -> bytes:
    """Run the commands on the configuration in a folder; return what they say and write."""
    config, target = folder / "linli.toml", folder / "exported"
    parts = []
    for command in COMMANDS:
        words = [word.format(folder=target) for word in command]
        parts.append(CliRunner().invoke(main, [*words, "-c", str(config)]).output.encode())
    return b"\n".join([*parts, *(file.read_bytes() for file in sorted(target.iterdir()))])
