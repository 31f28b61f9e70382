"""`linli verify`: whether what is stored agrees with itself."""

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, progress, say, translator
from linli.traces.reactions import reaction_consumers
from linli.verify import verify_all


def verify(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check paths, counts, references, the audit's chain and the deliveries."""
    with deployment(config) as opened, progress() as advance:
        consumers = [one.name for one in reaction_consumers(opened.plugins)]
        report = verify_all(opened.database, opened.heads, consumers=consumers, progress=advance)
        for line in report.lines(translator(opened)):
            say(line)
        if not report.sound:
            raise typer.Exit(1)
