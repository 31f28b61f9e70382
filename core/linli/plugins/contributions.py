"""What plugins hand to the core through hooks, where no other module owns the type."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel
from sqlalchemy import Connection

if TYPE_CHECKING:
    from linli.demo.filling import Demo
    from linli.traces.events import EventRecord
    from linli.traces.reactions import ReactionContext
    from linli.verify.findings import Finding


@dataclass(frozen=True, slots=True)
class Reaction:
    """A plugin's answer to events of one topic, called once for each event, again if it fails.

    `name` is unique in its plugin and never changes: deliveries are remembered under it. `handle` takes
    the reaction's context and the event record. What it writes through the context's connection is there
    once or not at all; anything else that it does must bear being done twice for one event.
    """

    topic: str
    name: str
    handle: Callable[["ReactionContext", "EventRecord"], None]


@dataclass(frozen=True, slots=True)
class RelationshipType:
    """A typed tie between two nodes, such as `neighbor_helps`; `terms` is the shape of what is agreed."""

    name: str
    title_en: str
    title_zh: str
    subject_types: tuple[str, ...]
    object_types: tuple[str, ...]
    terms: type[BaseModel] | None = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure shown for a grid and all below it: the name of a counted `metric`."""

    name: str
    title_en: str
    title_zh: str
    metric: str


@dataclass(frozen=True, slots=True)
class Check:
    """A part of `linli verify`: what must hold between a plugin's own rows.

    `name` is unique in its plugin, whose locale files hold the check's title under `<plugin>.check.<name>`
    and the sentences of its findings. `verify` gets a connection that sees one moment, and only reads.
    """

    name: str
    verify: Callable[[Connection], Sequence["Finding"]]


@dataclass(frozen=True, slots=True)
class Filling:
    """A part of the demo: `fill` does its deeds once the place and its people are there.

    `name` is unique in its plugin.
    """

    name: str
    fill: Callable[["Demo"], None]
