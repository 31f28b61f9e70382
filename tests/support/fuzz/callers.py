"""Who asks in the world of random documents: every role, several places of one role, mixtures of roles."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from linli.access.actors import token_hash
from linli.clock import now, today
from linli.policy import AnchorType
from tests.policies.worlds import Row
from tests.support.fuzz.world import RichWorld

ANCHOR_COLUMNS: Final = {
    AnchorType.GRID: "anchor_grid_id",
    AnchorType.PARTY_BRANCH: "anchor_branch_id",
    AnchorType.ORGANIZATION: "anchor_organization_id",
}
ANCHOR_TABLES: Final = {
    AnchorType.GRID: "grid",
    AnchorType.PARTY_BRANCH: "party_branch",
    AnchorType.ORGANIZATION: "organization",
}


def add_callers(world: RichWorld, roles: Mapping[str, Sequence[AnchorType]]) -> None:
    """Add an account with a token for every role, for several places of one role, and for mixtures."""
    people = iter(world.random.sample([one for one in world.rows["resident"] if not one["valid_to"]], 12))
    for role, kinds in sorted(roles.items()):
        person = next(people)["id"] if role == "resident" else None
        held = [] if role == "resident" else [(role, world.random.choice(list(kinds)))]
        _caller(world, role, person, held)
    _caller(world, "worker of three", None, [("grid_worker", AnchorType.GRID)] * 3)
    _caller(world, "secretary of two", next(people)["id"], [("party_secretary", AnchorType.PARTY_BRANCH)] * 2)
    _caller(world, "manager of two", None, [("organization_manager", AnchorType.ORGANIZATION)] * 2)
    several = [
        (role, world.random.choice(list(kinds))) for role, kinds in roles.items() if role != "resident"
    ]
    _caller(world, "of many roles", next(people)["id"], world.random.sample(several, 4))
    _caller(world, "leader of two", next(people)["id"], [("building_leader", AnchorType.GRID)] * 2)
    for name in ("closed one", "nobody"):
        _account(world, name, next(people)["id"], "closed")
    _wishes(world)


def _caller(world: RichWorld, name: str, person: str | None, held: Sequence[tuple[str, AnchorType]]) -> None:
    account = _account(world, name, person, "active")
    world.tokens[name] = f"linli_{name}"
    token = {
        "account_id": account["id"],
        "hash": token_hash(world.tokens[name]),
        "label": "fuzz",
        "kind": "service",
    }
    world.add("token", **token, expires_at=now() + timedelta(days=2))
    taken = set()
    for role, kind in held:
        place = _anchor(world, name, kind)
        if place["id"] not in taken:
            taken.add(place["id"])
            _assignment(world, account["id"], role, kind, place)


def _anchor(world: RichWorld, name: str, kind: AnchorType) -> Row:
    """A place of a kind; who is mighty holds the role high up, so that answers are deep."""
    rows = world.rows[ANCHOR_TABLES[kind]]
    if name in ("city_admin", "district_admin", "auditor", "social_worker"):
        return rows[0]
    if name in ("street_admin", "community_worker"):
        return max(rows[:6], key=lambda one: one["level"] == "town")
    return world.random.choice(rows)


def _assignment(world: RichWorld, account: str, role: str, kind: AnchorType, place: Row) -> None:
    grid_id = place["id"] if kind is AnchorType.GRID else place["grid_id"]
    held = {"account_id": account, "role": role, "anchor_type": kind.value, ANCHOR_COLUMNS[kind]: place["id"]}
    times = {"since": world.day(), "until": world.any(None, today() + timedelta(days=3000))}
    granted = world.pick("account")["id"]
    stands = {"grid_id": grid_id, "path": place["path"]}
    world.add("assignment", **stands, **held, **times, granted_by_id=granted)


def _account(world: RichWorld, name: str, person: str | None, state: str) -> Row:
    return world.add("account", name=name, display_name=f"{name} 名", resident_id=person, state=state)


def _wishes(world: RichWorld) -> None:
    """Consents and requests of people, some of those who have accounts among them."""
    own = [one["resident_id"] for one in world.rows["account"] if one["resident_id"]]
    others = [one["id"] for one in world.random.sample(world.rows["resident"], 14)]
    for person in dict.fromkeys([*own, *others]):
        account = world.pick("account")["id"]
        given = {"resident_id": person, "given_by_id": account, "guardian_id": world.some("resident", 0.2)}
        world.add(
            "consent",
            **world.place(),
            **given,
            purpose=world.any("core__news", "motto__thanks"),
            terms=1,
            on_paper=world.any(True, False),
            valid_to=world.closed(),
        )
        looked = {"account_id": account, "at": world.instant(), "fields": ["phone"]}
        world.add("data_access", **world.place(), **looked, resident_id=person, purpose=world.any("a", "b"))
        decided = world.any(None, world.instant())
        world.add(
            "data_request",
            **world.place(),
            resident_id=person,
            asked_by_id=account,
            kind=world.any("correction", "erasure"),
            field=world.any(None, "phone"),
            wish=world.called(),
            state=world.any("accepted", "refused") if decided else "open",
            decide_by=world.day(),
            decided_at=decided,
            decision=world.any(None, "好") if decided else None,
            event_id=world.any(None, world.pick("event")["id"]),
        )
