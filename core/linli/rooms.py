"""Rooms: packages above the core that bring hooks and commands of their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import typer


@dataclass(frozen=True)
class Room:
    """What a room adds: specifications of hooks, names that it keeps, and commands.

    Attributes:
        name: the package's name.
        hookspecs: modules of hook specifications for plugins.
        register: adds the room's commands to `linli`.
    """

    name: str
    hookspecs: tuple[ModuleType, ...]
    register: Callable[[typer.Typer], None]


def all_hookspecs(rooms: Sequence[Room]) -> tuple[ModuleType, ...]:
    """Return the hook specifications of all rooms."""
    return tuple(module for room in rooms for module in room.hookspecs)
