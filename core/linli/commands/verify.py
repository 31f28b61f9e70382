"""`linli verify`: whether what is stored agrees with itself."""

import typer

from linli.commands.shared import DEFAULT_CONFIG, ConfigOption, deployment, progress, say, translator
from linli.traces.reactions import reaction_consumers
from linli.verify import verify_all


def verify(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Check paths, counts, references, the audit's chain, the deliveries, and what plugins keep."""
    with deployment(config) as opened, progress() as advance:
        consumers = [one.name for one in reaction_consumers(opened.plugins)]
        more = {
            f"{plugin.name}.{check.name}": check.verify
            for plugin, checks in opened.plugins.each("linli_checks")
            for check in checks
        }
        report = verify_all(opened.database, opened.heads, consumers=consumers, more=more, progress=advance)
        for line in report.lines(translator(opened)):
            say(line)
        if not report.sound:
            raise typer.Exit(1)
