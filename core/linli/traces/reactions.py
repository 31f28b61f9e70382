"""A plugin's reactions as consumers of events, and what a reaction is given."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, Row, Table

from linli import rollup
from linli.clock import now
from linli.ids import uuid7
from linli.plugins.contributions import Reaction
from linli.plugins.loaded import Plugins
from linli.policy import Actor
from linli.territory import place_row
from linli.traces.events import EventRecord, Place, fact, write_event
from linli.verbs.inputs import NodeRef

NAME_LENGTH = 120


@dataclass(frozen=True)
class ReactionContext:
    """What a reaction works with: the transaction of its delivery, and the plugin in whose name it writes.

    What it writes is committed together with the mark that the event is done: once, or not at all. It
    must not commit, and must not do anything outside the database that it cannot bear to do twice.

    Attributes:
        connection: the transaction, a SQLAlchemy Core connection.
        plugin: the plugin's name.
        settings: the plugin's settings, None where it has none.
        at: the instant of this attempt.
    """

    connection: Connection = field(repr=False)
    plugin: str
    settings: BaseModel | None = field(default=None, repr=False)
    at: datetime = field(default_factory=now)

    @property
    def actor(self) -> Actor:
        """The plugin as the author of events and audit rows; it has no account and holds no role."""
        return Actor(name=f"plugin:{self.plugin}", holdings=())

    def place(self, table: Table, grid_id: str, values: dict[str, Any]) -> str:
        """Insert a new row of a scoped table at a grid and return its id."""
        usual = {"id": uuid7(), "created_at": self.at, "updated_at": self.at, "valid_from": self.at}
        row = {name: value for name, value in usual.items() if name in table.c} | values
        place_row(self.connection, table, grid_id, row)
        return str(row["id"])

    def count(self, grid_id: str, metric: str, amount: int) -> None:
        """Count `amount` more of a metric at a grid and above."""
        rollup.add(self.connection, grid_id, metric, amount)

    def record(
        self, topic: str, ref: NodeRef, place: Place | Row[Any], *, old_path: str | None = None, **data: Any
    ) -> None:
        """Write the fact that something happened; `place` is a scoped row or a grid."""
        happened = fact(self.actor, self.at, topic, ref, place)
        write_event(self.connection, replace(happened, old_path=old_path, data=data))


@dataclass(frozen=True)
class ReactionConsumer:
    """A reaction of an enabled plugin, as the relay and the deliveries see it."""

    plugin: str
    reaction: Reaction
    settings: BaseModel | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if len(self.name) > NAME_LENGTH:
            raise ValueError(f"the consumer's name {self.name} has more than {NAME_LENGTH} characters")

    @property
    def name(self) -> str:
        """Under which deliveries are remembered."""
        return f"reaction:{self.plugin}:{self.reaction.name}"

    def wants(self, event: EventRecord) -> bool:
        """Whether the event is of the reaction's topic."""
        return event.topic == self.reaction.topic

    def handle(self, connection: Connection, event: EventRecord) -> None:
        """Let the plugin react, in the caller's transaction."""
        self.reaction.handle(ReactionContext(connection, self.plugin, self.settings), event)


def reaction_consumers(plugins: Plugins) -> Iterator[ReactionConsumer]:
    """Yield the reactions of the enabled plugins.

    Raises:
        PluginError: a plugin's hook fails.
    """
    for plugin, reactions in plugins.each("linli_reactions"):
        for reaction in reactions:
            yield ReactionConsumer(plugin.name, reaction, plugin.settings)
