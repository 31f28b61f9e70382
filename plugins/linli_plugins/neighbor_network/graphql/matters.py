"""Matters and their trace."""

from linli_graphql.declare.fields import Column, Filter, ObjectType, ToMany
from linli_graphql.declare.kinds import Scalar, choice
from linli_graphql.nodes.shared import (
    BY_AGE,
    closed_field,
    day,
    equal,
    grid_field,
    instant,
    node_fields,
    refers,
    text,
)
from linli_plugins.neighbor_network.models import matter, matter_step

from .shared import name_of, one

STATE = choice(
    "MatterState",
    "How far a matter has come.",
    [
        ("raised", "Raised, or passed on; waits to be accepted where it stands."),
        ("accepted", "Accepted; at the first step."),
        ("in_progress", "At a later step."),
        ("replied", "Replied to; waits for the word of who raised it."),
        ("closed", "Closed."),
        ("returned", "Returned to who raised it."),
    ],
)
ACTION = choice(
    "MatterAction",
    "What was done with a matter.",
    [
        ("raise", "It was raised."),
        ("accept", "It was accepted."),
        ("step", "It came to the next step."),
        ("pass_up", "It was passed to the network above."),
        ("pass_down", "It was passed to a network below."),
        ("reply", "It was replied to."),
        ("close", "It was closed."),
        ("return", "It was returned."),
    ],
)

MATTER = ObjectType(
    name="Matter",
    description="What neighbours want to have dealt with; seen by who raised it and who deals with it.",
    table=matter,
    resource="matter",
    node_type="matter",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        "network": one("Network", "network_id", "The network where it stands now."),
        "title": text("title", "What it is about, in one line."),
        "text": text("text", "What it is about."),
        "topic": text("topic", "Name of its topic, see `networkKinds`."),
        "state": Column(column="state", kind=STATE, description="How far it has come."),
        "step": text("step", "Name of the step at which it is, see `networkKinds`."),
        "due": day("due", "The last working day for what comes next; null if nothing is due."),
        "feedback": text("feedback", "What became of it, in the words of who raised it."),
        "raisedByName": name_of("raised_by_id", "The name of who raised it; null if the person has left."),
        "raisedBy": one("Resident", "raised_by_id", "Who raised it, for those who see the person's record."),
        "trace": ToMany(
            target="MatterStep",
            on=lambda row, to: to.c.matter_id == row.c.id,
            order=lambda rows: (rows.c.number,),
            description="All that was done with it, in order.",
        ),
    },
    orderings=BY_AGE,
    filters={
        "state": equal("state", STATE, "Only this state."),
        "topic": equal("topic", Scalar.STRING, "Only this topic."),
        "network": refers("network_id", "network", "Only matters that stand at this network."),
        "dueBefore": Filter(
            Scalar.DATE, "Only matters that are due before this day.", lambda rows, value: rows.c.due < value
        ),
    },
)

STEP = ObjectType(
    name="MatterStep",
    description="One thing that was done with a matter.",
    table=matter_step,
    resource="matter_step",
    fields={
        "number": Column(column="number", kind=Scalar.INT, description="Its number in the trace, from 1."),
        "action": Column(column="action", kind=ACTION, description="What was done."),
        "step": text("step", "The step at which the matter was then."),
        "fromNetwork": one("Network", "from_network_id", "The network that passed it on."),
        "toNetwork": one("Network", "to_network_id", "The network to which it came."),
        "account": one("Account", "account_id", "Who did it, for those who see accounts."),
        "at": instant("at", "When."),
        "due": day("due", "The day that was set for what comes next."),
        "note": text("note", "The note, the reply, the feedback or the reason."),
    },
)
