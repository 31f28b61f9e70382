"""Settles the world: cells and side territories, bodies, homes, people, their ties, and traces."""

import random
from datetime import date
from decimal import Decimal
from typing import Final

from tests.policies.worlds import Row
from tests.support.fuzz.world import RichWorld

# Paths of which one is the beginning of another: /1/2/ and /1/20/ and /1/200/.
KEYS: Final = (1, 2, 20, 200, 10, 100, 3, 30, 21, 12, 101, 31, 4, 40, 13, 201, 300, 130, 5, 50, 500)
LEVELS: Final = ("city", "county", "town", "community", "grid", "micro_grid")
SIDES: Final = ("estate", "building", "lane")
COUNTED: Final = ("motto", "neighbor_network__network", "neighbor_network__matter")
AREAS: Final = (Decimal("88.50"), Decimal(100), Decimal("0.10"), Decimal("61.25"))
OPEN_WIDE: Final = {"a": 1.5, "名": [1, None, True], "long": {"s": 'x"y', "t": "\\"}}


def rich_world(generator: random.Random) -> RichWorld:
    """Make a world of one city."""
    world = RichWorld(generator)
    _territory(world)
    _bodies(world)
    _homes(world)
    _people(world)
    _ties(world)
    _projects(world)
    _traces(world)
    return world


def _territory(world: RichWorld) -> None:
    keys = [*KEYS, *world.random.sample(range(600, 999), 20)]
    for index, key in enumerate(keys[:34]):
        above = [one for one in world.rows.get("grid", ()) if one["spine"] and one["level"] != "micro_grid"]
        parent = world.random.choice(above[-8:]) if above else None
        level = LEVELS[LEVELS.index(parent["level"]) + 1] if parent else "city"
        side = index > 12 and level in ("grid", "micro_grid") and world.random.random() < 0.4
        _grid(world, key, world.any(*SIDES) if side else level, parent, spine=not side)
    sides = [one for one in world.rows["grid"] if not one["spine"]]
    spine = [one for one in world.rows["grid"] if one["spine"]]
    for side_grid in sides:
        for covered in world.random.sample(spine, 2):
            ends = {"side_grid_id": side_grid["id"], "spine_grid_id": covered["id"]}
            world.rows.setdefault("coverage", []).append(ends)
    for closed in (one for one in world.rows["grid"] if one["valid_to"]):
        for heir in world.random.sample(spine, 2):
            ends = {"predecessor_id": closed["id"], "successor_id": heir["id"], "kind": "merge"}
            world.rows.setdefault("succession", []).append({**ends, "at": world.instant()})


def _grid(world: RichWorld, key: int, level: str, parent: Row | None, *, spine: bool) -> None:
    coded = world.random.random() < 0.7
    world.add(
        "grid",
        key=key,
        code=f"33048{key:04}" if coded else None,
        code_scheme=world.any("nbs", "place", "gb2260"),
        name=world.called(),
        official_name=world.any(None, "official"),
        level=level,
        spine=spine,
        filler=parent is not None and world.random.random() < 0.15,
        virtual=world.random.random() < 0.2,
        quasi=world.random.random() < 0.2,
        parent_id=parent["id"] if parent else None,
        path=f"{parent['path'] if parent else '/'}{key}/",
        valid_to=world.instant() if key in (31, 13, 5, 300) else None,
    )


def _bodies(world: RichWorld) -> None:
    for key in world.random.sample(KEYS, 13):
        parent = world.pick("party_branch") if "party_branch" in world.rows else None
        parent = parent if world.random.random() < 0.8 else None
        branch = world.add(
            "party_branch",
            **world.place(),
            key=key,
            name=world.called(),
            kind=world.any("committee", "branch", "group", "general_branch"),
            relation=world.any("leads", "coordinates"),
            parent_id=parent["id"] if parent else None,
            tree_path=f"{parent['tree_path'] if parent else '/'}{key}/",
            valid_to=world.closed(),
        )
        covered = world.random.sample(world.rows["grid"], 2)
        links = [{"branch_id": branch["id"], "covered_grid_id": one["id"]} for one in covered]
        world.rows.setdefault("branch_coverage", []).extend(links)
    for index in range(16):
        world.add(
            "organization",
            **world.place(),
            name=world.called(),
            official_name=world.any(None, "名称"),
            kind=world.any("shop", "volunteer_team", "residents_committee"),
            legal_form=world.any(None, "company"),
            registration=world.any("registered", "filed", "none"),
            roles=world.any(None, [], ["resident_unit"], OPEN_WIDE),
            credit_code=f"9133{index:014}" if index % 3 else None,
            parent_id=world.some("organization") if index else None,
            valid_to=world.closed(),
        )
    for branch in world.rows["party_branch"]:
        host = {"branch_id": branch["id"], "organization_id": world.pick("organization")["id"]}
        world.rows.setdefault("branch_host", []).append(host)


def _homes(world: RichWorld) -> None:
    for index in range(20):
        world.add(
            "dwelling",
            **world.place(),
            estate=world.any(None, "阳光苑"),
            building=str(index % 4),
            unit=world.any(None, "1", "2"),
            room=str(100 + index),
            floor_area=world.any(None, *AREAS),
            valid_to=world.closed(),
        )
    for index in range(24):
        world.add(
            "household",
            **world.place(),
            label=f"{index % 5}-{index}",
            kind=world.any("family", "collective"),
            dwelling_id=world.some("dwelling"),
            valid_to=world.closed(),
        )


def _people(world: RichWorld) -> None:
    for index in range(48):
        world.add(
            "resident",
            **world.place(),
            name=world.called("", "小"),
            birth_date=world.any(None, date(1950, 2, 28), date(2015, 12, 31)),
            household_id=world.some("household", 0.8),
            phone_masked=world.any(None, "138****5678", "199****0000"),
            phone_cipher=world.any(None, b"\x00\xff"),
            id_number_masked=world.any(None, "330***********1234"),
            closed_reason=world.any(None, "moved_away"),
            import_key=f"row {index}" if index % 2 else None,
            valid_to=world.closed(),
        )
    for home in world.rows["household"]:
        home["head_id"] = world.some("resident", 0.7)
    for person in world.rows["resident"]:
        for kind in world.random.sample(("lives", "works_here", "origin_here", "registered_here"), 2):
            tie = {"resident_id": person["id"], "kind": kind, "since": world.day(), "until": world.until()}
            world.add("residence", **world.place(), **tie)
    for _ in range(36):
        ends = {"dwelling_id": world.pick("dwelling")["id"], "resident_id": world.pick("resident")["id"]}
        kind = world.any("owner", "tenant", "lives")
        world.add("occupancy", **world.place(), **ends, kind=kind, since=world.day(), until=world.until())


def _ties(world: RichWorld) -> None:
    for index in range(64):
        person, branch = world.some("resident", 0.8), world.some("party_branch")
        kind = world.any("delegate", "member", "reported_in", "instructor", "part_time_member")
        world.add(
            "membership",
            **world.place(),
            resident_id=person,
            member_organization_id=None if person else world.pick("organization")["id"],
            organization_id=None if branch else world.pick("organization")["id"],
            branch_id=branch,
            kind=kind,
            position=world.any(None, "书记"),
            group_name=world.any(None, f"group {index % 3}"),
            represents=world.any(None, "商户"),
            since=world.day(),
            until=world.until(),
        )
    for _ in range(26):
        world.add(
            "post",
            **world.place(),
            resident_id=world.pick("resident")["id"],
            organization_id=world.some("organization"),
            kind=world.any("grid_worker", "core_household", "grid_leader"),
            full_time=world.any(True, False),
            source=world.any(None, "表.xlsx"),
            since=world.day(),
            until=world.until(),
        )


def _projects(world: RichWorld) -> None:
    for _ in range(18):
        project = world.add(
            "project",
            **world.place(),
            name=world.called(),
            state=world.any("draft", "open", "claimed", "running", "accepted"),
            category=world.any(None, "环境", "elderly"),
            description=world.any(None, "多行\n说明"),
            budget_fen=world.any(None, 0, 1_000_000, 9_007_199_254_740_993),
            organization_id=world.some("organization", 0.7),
            starts_on=world.any(None, world.day()),
            ends_on=world.any(None, world.day()),
            accepted_at=world.any(None, world.instant()),
            acceptance_note=world.any(None, "好"),
            valid_to=world.closed(),
        )
        for served in world.random.sample(world.rows["grid"], 2):
            link = {"project_id": project["id"], "served_grid_id": served["id"]}
            world.rows.setdefault("project_grid", []).append(link)
    for _ in range(36):
        someone = world.some("resident", 0.5)
        party = {
            "organization_id": None if someone else world.pick("organization")["id"],
            "resident_id": someone,
        }
        role = world.any("initiator", "funder", "contractor", "beneficiary")
        stays = {"role": role, "since": world.day(), "until": world.until()}
        world.add("project_party", **world.place(), project_id=world.pick("project")["id"], **party, **stays)
    for person in world.random.sample(world.rows["resident"], 24):
        state = world.any("proposed", "adopted", "replaced", "withdrawn")
        adopted = world.instant() if state in ("adopted", "replaced") else None
        words = {"text": world.called(), "state": state, "adopted_at": adopted, "valid_to": world.closed()}
        world.add("motto__motto", **world.place(), **words, proposer_id=person["id"])


def _traces(world: RichWorld) -> None:
    nodes = ("resident", "organization", "grid", "project", "party_branch", "motto__motto", "household")
    for _ in range(40):
        ends: Row = {}
        for end in ("subject", "object"):
            table = world.random.choice(nodes)
            ident = world.pick(table)["id"] if world.random.random() < 0.9 else world.id()
            ends |= {f"{end}_type": table.removesuffix("__motto"), f"{end}_id": ident}
        terms = {"terms": world.any(None, {}, OPEN_WIDE), "since": world.day(), "until": world.until()}
        kind = world.any("helps", "pairs", "motto__supports")
        world.add("relationship", **world.place(), **ends, **terms, type=kind)
        subject = {name: value for name, value in ends.items() if name.startswith("subject")}
        facts = {"topic": world.any("resident.moved", "grid.changed"), "data": world.any({}, OPEN_WIDE)}
        world.add("event", **world.place(), **subject, **facts, resource="grid", at=world.instant())
    for grid in world.rows["grid"]:
        for metric in ("resident", "household", "party_branch", "organization", "project", *COUNTED):
            count = {"grid_key": grid["key"], "metric": metric, "value": world.random.randrange(9)}
            world.rows.setdefault("rollup", []).append(count)
    for _ in range(12):
        metric = world.any("resident", "household", "project")
        world.add("rollup_delta", **world.place(), metric=metric, amount=world.any(1, 2, -1))
