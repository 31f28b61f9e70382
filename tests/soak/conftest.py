"""What a soak has done is printed, and written to docs/soak.md where the whole of it has run."""

import os

import pytest

from tests.soak.report import Report


def pytest_configure(config: pytest.Config) -> None:
    """Keep a report while `make soak` runs."""
    if "MINUTES" in os.environ and config.option.markexpr == "soak":
        config.pluginmanager.register(Report(), "soak report")
