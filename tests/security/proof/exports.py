"""What commands print and write about a place, all of it in one piece."""

import os
from pathlib import Path
from typing import Final
from unittest.mock import patch

from typer.testing import CliRunner

from linli.commands.contributed import add_contributed
from linli.commands.main import application

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
    with patch.dict(os.environ):
        for name in [one for one in os.environ if one.startswith("LINLI_")]:
            del os.environ[name]  # such as the seed, which is no setting
        for command in COMMANDS:
            words = [*(word.format(folder=target) for word in command), "-c", str(config)]
            app = application()
            add_contributed(app, words)
            done = CliRunner().invoke(app, words)
            assert not isinstance(done.exception, Exception), (words, done.exception)
            parts.append(done.output.encode())
    return b"\n".join([*parts, *(file.read_bytes() for file in sorted(target.iterdir()))])
