"""Who asks: their rights at places in the middle of the world, so that others' rows come before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from linli.access.actors import token_hash
from linli.clock import now, today
from linli.policy import AnchorType
from tests.policies.worlds import Row
from tests.security.proof.world import CanaryWorld, at

GRID: Final = AnchorType.GRID
COLUMNS: Final = {
    AnchorType.GRID: "anchor_grid_id",
    AnchorType.PARTY_BRANCH: "anchor_branch_id",
    AnchorType.ORGANIZATION: "anchor_organization_id",
}
Held = tuple[str, AnchorType, Row]


@dataclass(frozen=True)
class Persona:
    """One who asks; `token` is None for the public."""

    name: str
    token: str | None
    account: str | None
    suspended: bool = False


def add_personas(world: CanaryWorld) -> list[Persona]:
    """Settle them, say where rows of plugins stand, and return them."""
    home, other_city = world.of_level("city")
    street = world.below(home, "town")[2]
    community, sibling = world.below(street, "community")
    grid, next_grid = world.below(community, "grid")
    micro = world.below(grid, "micro_grid")[1]
    far = world.below(other_city, "micro_grid")[9]
    neighbour, stranger = (_people(world, one)[1] for one in (micro, far))
    _moved_away(world, stranger, micro)
    branch, team = (_at(world, table, community) for table in ("party_branch", "organization"))
    held: dict[str, tuple[Sequence[Held], Row | None]] = {
        "resident": ([], neighbour),
        "resident who moved": ([], stranger),
        "building leader": ([("building_leader", GRID, micro)], _people(world, micro)[0]),
        "micro-grid leader": ([("micro_grid_leader", GRID, micro)], None),
        "worker of two sibling grids": ([("grid_worker", GRID, one) for one in (grid, next_grid)], None),
        "community worker": ([("community_worker", GRID, community)], None),
        "social worker": ([("social_worker", GRID, sibling)], None),
        "street admin": ([("street_admin", GRID, street)], None),
        "city admin of the other city": ([("city_admin", GRID, other_city)], None),
        "party secretary": ([("party_secretary", AnchorType.PARTY_BRANCH, branch)], None),
        "organisation manager": ([("organization_manager", AnchorType.ORGANIZATION, team)], None),
        "auditor": ([("auditor", GRID, home)], None),
        "two roles at two places": (
            [("micro_grid_leader", GRID, micro), ("grid_worker", GRID, world.below(other_city, "grid")[3])],
            None,
        ),
        "suspended": ([("community_worker", GRID, community)], None),
        # The last: only this one may do deeds here, to accounts.
        "platform operator": ([("platform_operator", GRID, home)], None),
    }
    found = [Persona("anonymous", None, None)]
    found += [_persona(world, name, roles, person) for name, (roles, person) in held.items()]
    _wishes(world)
    ends = [world.of_level("micro_grid")[index] for index in (0, -1)]
    world.spots = [micro, *ends, grid, far, next_grid, sibling, community, street, other_city, home]
    return found


def _wishes(world: CanaryWorld) -> None:
    """What people of every micro-grid, and all who have accounts, agree to and ask for, and who looked."""
    first = [_people(world, grid)[0]["id"] for grid in world.of_level("micro_grid")]
    own = [one["resident_id"] for one in world.rows["account"] if one["resident_id"]]
    homes = {one["id"]: {"grid_id": one["grid_id"], "path": one["path"]} for one in world.rows["resident"]}
    for person in dict.fromkeys([*own, *first]):
        account = world.pick("account")["id"]
        theirs = {**homes[person], "resident_id": person}
        world.add("consent", **theirs, purpose="purpose", given_by_id=account, terms=1, on_paper=True)
        wish = {"kind": "correction", "field": "name", "wish": "words", "state": "open"}
        world.add("data_request", **theirs, **wish, asked_by_id=account, decide_by=today())
        look = {"at": now(), "account_id": account, "fields": ["phone"]}
        world.add("data_access", **theirs, **look, purpose="purpose")


def _people(world: CanaryWorld, grid: Row) -> list[Row]:
    return [row for row in world.rows["resident"] if row["grid_id"] == grid["id"]]


def _at(world: CanaryWorld, table: str, grid: Row) -> Row:
    return next(row for row in world.rows[table] if row["grid_id"] == grid["id"])


def _moved_away(world: CanaryWorld, person: Row, before: Row) -> None:
    """They lived there once; what is known of it stays where it was."""
    stay = {"resident_id": person["id"], "kind": "lives", "since": today() - timedelta(days=900)}
    world.add("residence", **at(before), **stay, until=today() - timedelta(days=30))


def _persona(world: CanaryWorld, name: str, roles: Sequence[Held], person: Row | None) -> Persona:
    suspended = name == "suspended"
    account = world.add(
        "account",
        name="name",
        display_name="name",
        resident_id=person["id"] if person else None,
        state="closed" if suspended else "active",
    )
    for role, kind, place in roles:
        grid_id = place["id"] if kind is GRID else place["grid_id"]
        stands = {"grid_id": grid_id, "path": place["path"]}
        held = {"role": role, "anchor_type": kind.value, COLUMNS[kind]: place["id"], "since": today()}
        world.add("assignment", **stands, **held, account_id=account["id"], granted_by_id=account["id"])
    token = "linli_" + name.replace(" ", "_")
    world.tokens[account["name"]] = token
    signs = {"account_id": account["id"], "hash": token_hash(token), "label": "proof", "kind": "service"}
    world.add("token", **signs, expires_at=now() + timedelta(days=2))
    return Persona(name, token, account["id"], suspended)
