"""A plugin as strangers bring it, which notes every event that reaches it: once each, if all is well."""

from pathlib import Path
from typing import Final

from tests.support.distributions import Site

NAME: Final = "tally"
TOPICS: Final = ("resident.created", "resident.updated", "resident.closed", "household.created")
NOTED: Final = "tally.noted"
METRIC: Final = "tally"
CODE: Final = f"""
def note(context, event):
    context.record("{NOTED}", event.subject, event, source=event.id)
    context.count(event.grid_id, "{METRIC}", 1)


@hookimpl
def linli_reactions():
    return [Reaction(topic, topic.replace(".", "_"), note) for topic in {TOPICS!r}]
"""


def install_tally(folder: Path) -> Path:
    """Install the plugin into a folder that a server has on its path; return the folder."""
    Site(folder).plugin(NAME, CODE)
    return folder
