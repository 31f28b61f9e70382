"""Mutual help and the rota."""

from linli_graphql.declare.fields import Column, ObjectType
from linli_graphql.declare.kinds import choice
from linli_graphql.nodes.shared import (
    BY_AGE,
    closed_field,
    day,
    equal,
    grid_field,
    node_fields,
    refers,
    text,
)
from linli_plugins.neighbor_network.models import help_, shift

from .shared import name_of, network_field, one

KIND = choice(
    "MutualHelpKind",
    "Whether help is wanted or given.",
    [("asked", "Somebody asks for help."), ("offered", "Somebody offers help.")],
)
STATE = choice(
    "MutualHelpState",
    "How far help has come.",
    [
        ("open", "Nobody has taken it up yet."),
        ("taken", "A neighbour has taken it up."),
        ("done", "It was given."),
        ("withdrawn", "It was withdrawn."),
    ],
)
SHIFT_STATE = choice(
    "RotaShiftState",
    "Whether somebody will be there.",
    [
        ("planned", "Planned; not confirmed yet."),
        ("confirmed", "Confirmed."),
        ("cancelled", "Cancelled."),
    ],
)

HELP = ObjectType(
    name="MutualHelp",
    description="Help between neighbours; seen by the two, by the members of the network, and by its staff.",
    table=help_,
    resource="mutual_help",
    node_type="mutual_help",
    fields={
        **node_fields(),
        **closed_field(),
        **grid_field(),
        **network_field(),
        "kind": Column(column="kind", kind=KIND, description="Whether it is wanted or offered."),
        "what": text("what", "What help, and when."),
        "state": Column(column="state", kind=STATE, description="How far it has come."),
        "residentName": name_of("resident_id", "The name of who asks or offers."),
        "answeredByName": name_of("answered_by_id", "The name of who takes it up."),
        "resident": one("Resident", "resident_id", "Who asks or offers, for those who see the record."),
        "answeredBy": one("Resident", "answered_by_id", "Who takes it up, for those who see the record."),
    },
    orderings=BY_AGE,
    filters={
        "kind": equal("kind", KIND, "Only help that is wanted, or only offers."),
        "state": equal("state", STATE, "Only this state."),
        "network": refers("network_id", "network", "Only help in this network."),
    },
)

SHIFT = ObjectType(
    name="RotaShift",
    description="A member's turn to be there for the neighbours.",
    table=shift,
    resource="rota_shift",
    node_type="rota_shift",
    fields={
        **node_fields(),
        **grid_field(),
        **network_field(),
        "day": day("day", "The day."),
        "slot": text("slot", "The time of the day, in the network's own words."),
        "state": Column(column="state", kind=SHIFT_STATE, description="Whether somebody will be there."),
        "residentName": name_of("resident_id", "The name of whose turn it is."),
        "resident": one("Resident", "resident_id", "Whose turn it is, for those who see the record."),
    },
    filters={
        "state": equal("state", SHIFT_STATE, "Only this state."),
        "network": refers("network_id", "network", "Only the rota of this network."),
    },
)
