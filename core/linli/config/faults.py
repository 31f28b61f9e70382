"""Faults of configuration and plugins: one sentence each, and all of them at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
EX_CONFIG: Final = 78  # sysexits.h: configuration error


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend: `message` is the whole sentence and names the place; `line` counts from 1.

    `file` and `line` are None where the fault stands in an environment variable or in no file.
    """

    file: Path | None
    line: int | None
    key: str
    message: str


class ConfigError(Exception):
    """The start is refused; `faults` says all that is to be mended, `str()` gives one line for each."""

    exit_code: Final = EX_CONFIG

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(fault.message for fault in self.faults))


class PluginError(ConfigError):
    """The start is refused because of a plugin."""


class FaultList:
    """Gathers the faults of steps that do not depend on each other."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def attempt(self, step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what `step` returns, or None after keeping its faults."""
        try:
            return step(*args, **kwargs)
        except ConfigError as error:
            self.faults.extend(one for one in error.faults if one not in self.faults)
            return None

    def add(self, fault: Fault) -> None:
        """Keep one fault."""
        self.faults.append(fault)

    def raise_any(self, error: type[ConfigError]) -> None:
        """Raise the faults found so far, if there are any."""
        if self.faults:
            raise error(self.faults)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` was probably meant to be."""
    close = get_close_matches(name.lower().replace("-", "_"), sorted(known), n=1, cutoff=0.6)
    return close[0] if close else None
