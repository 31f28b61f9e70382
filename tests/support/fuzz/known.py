"""Findings that are known and not mended yet, each with its reason: answers that show them do not count."""

from collections.abc import Mapping
from typing import Final

# What an answer holds that shows a finding -> why it is not mended yet.
KNOWN: Final[Mapping[str, str]] = {
    "embedded database cannot read so much": "SQLite cannot parse some pages even for one row, and says so",
}
