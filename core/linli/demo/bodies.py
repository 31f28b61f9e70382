"""Made-up organisations, memberships, posts and projects of a community."""

import random
from datetime import timedelta

from linli import model as t
from linli.demo.cells import Cell
from linli.demo.rows import SINCE, Row, Rows, at
from linli.search import tokens

DEMO = "（演示数据）"
TEAMS = ("舞蹈队", "老娘舅调解队", "邻里互助队", "环境巡护队", "书法社", "太极队")
URBAN = (("owners_committee", "业主委员会"), ("property_company", "物业服务有限公司"))
RURAL = (("rural_collective", "股份经济合作社"),)
TRADES = ("箱包", "光机电", "服装", "农产品", "餐饮", "物流")
WORKS = (
    ("楼道微更新", "环境", 120_000_00),
    ("老年助餐点", "养老", 300_000_00),
    ("儿童之家", "儿童", 80_000_00),
    ("充电车棚改造", "安全", 150_000_00),
    ("河道清洁", "环境", 40_000_00),
    ("邻里节", "文化", 20_000_00),
    ("加装电梯协商", "民生", 600_000_00),
)
STATES = ("draft", "open", "open", "claimed", "running", "running", "accepted", "closed", "cancelled")
ACCEPTED = ("accepted", "closed")
GROWN_UP = SINCE.replace(year=SINCE.year - 22)


def add_bodies(rows: Rows, generator: random.Random, community: Row, people: list[Row]) -> None:
    """Give a community a few organisations with members, and projects that they lead."""
    kinds = (*(RURAL if community["name"].endswith("村") else URBAN), ("volunteer_team", "志愿服务队"))
    kinds += tuple(("informal_team", team) for team in generator.sample(TEAMS, 2))
    bodies = [_organization(rows, community, kind, f"{community['name']}{name}") for kind, name in kinds]
    firm = f"{community['name']}{generator.choice(TRADES)}有限公司"
    _organization(rows, community, "enterprise", firm)
    for person in generator.sample(people, min(len(people), 10)):
        body = generator.choice(bodies)
        rows.add(
            t.membership,
            **at_person(person),
            resident_id=person["id"],
            organization_id=body["id"],
            kind="member",
        )
    for name, category, budget in generator.sample(WORKS, 2):
        _project(rows, generator, community, generator.choice(bodies), (name, category, budget))


def add_service(rows: Rows, generator: random.Random, cell: Cell, people: list[list[Row]]) -> Row | None:
    """Put people of a grid into its posts and its party branch; returns its full-time worker."""
    grown = [person for one in people for person in one if person["birth_date"] < GROWN_UP]
    if len(grown) < 3:
        return None
    leader, worker = grown[0], grown[1]
    _post(rows, cell.row, leader, "grid_leader", full_time=False)
    _post(rows, cell.row, worker, "grid_worker", full_time=True)
    for micro, neighbours in zip(cell.micro, people, strict=True):
        older = [person for person in neighbours if person["birth_date"] < GROWN_UP]
        if older:
            _post(rows, micro, generator.choice(older), "micro_grid_leader", full_time=False)
    for person in {one["id"]: one for one in generator.sample(grown, max(len(grown) // 8, 1))}.values():
        rows.add(
            t.membership,
            **at_person(person),
            resident_id=person["id"],
            branch_id=cell.branch["id"],
            kind="full",
        )
    return worker


def at_person(person: Row) -> Row:
    """Return the place of a tie with two ends: the person's."""
    return {"grid_id": person["grid_id"], "path": person["path"]}


def _organization(rows: Rows, community: Row, kind: str, name: str) -> Row:
    registration = "filed" if kind.endswith("_team") else "registered"
    shown = f"{name}{DEMO}"
    return rows.add(
        t.organization, **at(community), name=shown, kind=kind, registration=registration, search=tokens(name)
    )


def _project(
    rows: Rows, generator: random.Random, community: Row, body: Row, work: tuple[str, str, int]
) -> None:
    name, category, budget = work
    state = generator.choice(STATES)
    project = rows.add(
        t.project,
        **at(community),
        name=f"{community['name']}{name}{DEMO}",
        search=tokens(f"{community['name']}{name}"),
        state=state,
        category=category,
        budget_fen=budget,
        organization_id=body["id"],
        description="演示数据，非真实情况",
        **_course(rows, generator, state),
    )
    rows.add(
        t.project_party,
        **at(community),
        project_id=project["id"],
        role="initiator",
        organization_id=body["id"],
    )
    rows.link(t.project_grid, project_id=project["id"], served_grid_id=community["id"])


def _course(rows: Rows, generator: random.Random, state: str) -> Row:
    """Return when a project began, and what its state says of its end."""
    begun = SINCE + timedelta(days=generator.randrange(400))
    done = {"accepted_at": rows.at, "acceptance_note": f"验收合格{DEMO}"} if state in ACCEPTED else {}
    return {"starts_on": begun, "ends_on": begun + timedelta(days=generator.choice((90, 180, 365))), **done}


def _post(rows: Rows, grid: Row, person: Row, kind: str, *, full_time: bool) -> None:
    rows.add(t.post, **at(grid), resident_id=person["id"], kind=kind, full_time=full_time, source="演示数据")
