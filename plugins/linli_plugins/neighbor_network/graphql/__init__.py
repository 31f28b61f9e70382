"""What the plugin adds to the schema."""

from linli_graphql.declare.fields import Connection
from linli_graphql.declare.registry import Extension, PluginSchema
from linli_graphql.nodes.grid import below
from linli_plugins.neighbor_network.settings import NeighborNetworkSettings

from .help import HELP, SHIFT
from .kinds import KIND, kinds_root
from .matters import MATTER, STEP
from .networks import CONTACT, MEMBER, NETWORK, SPACE
from .shared import of_resident

__all__ = ["PluginSchema", "schema"]

EXTENSIONS = (
    Extension(
        "Grid",
        {
            "networks": Connection(
                target="Network", on=below, subtree=True, description="Networks here and below."
            )
        },
    ),
    Extension(
        "Resident",
        {
            "networkMemberships": of_resident(
                "NetworkMember", "resident_id", "Networks that the person is in."
            ),
            "raisedMatters": of_resident("Matter", "raised_by_id", "Matters that the person has raised."),
        },
    ),
)
ROOTS = {
    "networks": Connection(target="Network", description="Networks of neighbours."),
    "neighborSpaces": Connection(target="NeighborSpace", description="Spaces that networks have made."),
    "matters": Connection(target="Matter", description="Matters that the caller may see."),
    "mutualHelp": Connection(
        target="MutualHelp", description="Help asked for and offered, as far as the caller may see it."
    ),
    "rotaShifts": Connection(target="RotaShift", description="Shifts that the caller may see."),
}


def schema(settings: NeighborNetworkSettings) -> PluginSchema:
    """Return the types and fields; the settings fill `networkKinds` and change nothing else."""
    types = (NETWORK, CONTACT, MEMBER, SPACE, MATTER, STEP, HELP, SHIFT, KIND)
    return PluginSchema(types, EXTENSIONS, {**ROOTS, "networkKinds": kinds_root(settings)})
