"""The demo's networks: three tiers with their members and spaces, matters, mutual help, a rota."""

from dataclasses import dataclass
from datetime import timedelta

from linli.clock import today
from linli.demo.filling import Demo

from .people import People

MARK = "（演示数据）"
CONSENT = "演示数据：本人当面同意加入。"
STEPS = 6  # of the procedure


@dataclass(frozen=True)
class _Tiers:
    """Public ids of the three networks, the widest first."""

    community: str
    grid: str
    doorstep: str


def fill_networks(demo: Demo, people: People) -> None:
    """Open the three tiers where the resident of the demo lives, and let them be used."""
    tiers = _open(demo, people)
    own = demo.do("resident", "joinNetwork", network=tiers.doorstep)
    members = [_enter(demo, tiers.doorstep, one) for one in people.neighbors[1:5]]
    for one in people.others[:5]:
        _enter(demo, tiers.grid, one)
    _enter(demo, tiers.community, people.others[0])
    for network, name, *elements in (
        (tiers.community, "社区邻里客厅", "element_1", "element_2", "element_3"),
        (tiers.grid, "网格邻里小院", "element_1", "element_4"),
        (tiers.doorstep, "楼前邻里角", "element_5"),
    ):
        space = {"name": f"{name}{MARK}", "elements": elements}
        demo.do("community_worker", "addNeighborSpace", network=network, **space)
    _raise_matters(demo, tiers)
    _help(demo, tiers.doorstep, people)
    _plan(demo, own, members)


def _open(demo: Demo, people: People) -> _Tiers:
    def opened(kind: str, grid: str, name: str, convenor: str, above: str | None, function: str) -> str:
        given = {"name": f"{name}{MARK}", "convenor": convenor, "parent": above, "functions": [function]}
        return demo.do("community_worker", "openNetwork", grid=grid, kind=kind, **given)

    community, grid = demo.grid_id(demo.community), demo.grid_id(demo.grid)
    first, second, third = people.others[1], people.others[2], people.neighbors[0]
    top = opened("community_neighbors", community, "水洞埭社区友邻", first, None, "four")
    middle = opened("grid_neighbors", grid, "第一网格友邻", second, top, "three")
    near = opened("doorstep_neighbors", people.doorstep, "楼道友邻", third, middle, "two")
    return _Tiers(top, middle, near)


def _enter(demo: Demo, network: str, resident: str) -> str:
    return demo.do("community_worker", "joinNetwork", network=network, resident=resident, consent=CONSENT)


def _raise_matters(demo: Demo, tiers: _Tiers) -> None:
    """One goes through the whole procedure, one goes up two tiers, one has just been raised."""
    lamp = _raise(demo, tiers.doorstep, "路灯不亮", "三号楼前的路灯坏了，晚上看不清台阶。", "commons")
    demo.do("grid_worker", "acceptMatter", matter=lamp, version=1)
    for version in range(2, STEPS + 1):
        demo.do("grid_worker", "advanceMatter", matter=lamp, version=version)
    demo.do("grid_worker", "replyToMatter", matter=lamp, version=STEPS + 1, text="灯泡已更换，请查看。")
    demo.do("resident", "closeMatter", matter=lamp, version=STEPS + 2, feedback="亮了，谢谢。")
    seats = _raise(demo, tiers.doorstep, "缺少歇脚的座椅", "社区小路较长，老人中途没有地方坐。", "commons")
    demo.do("grid_worker", "passMatterUp", matter=seats, version=1, note="需与其他网格一并考虑。")
    demo.do("grid_worker", "passMatterUp", matter=seats, version=2, note="涉及整个社区。")
    demo.do("community_worker", "acceptMatter", matter=seats, version=3)
    _raise(demo, tiers.doorstep, "晒衣占用通道", "二楼通道经常晾衣服，希望一起商量个办法。", "neighborhood")


def _raise(demo: Demo, network: str, title: str, text: str, topic: str) -> str:
    return demo.do("resident", "raiseMatter", network=network, title=title, text=text, topic=topic)


def _help(demo: Demo, network: str, people: People) -> None:
    asked = demo.do("resident", "askHelp", network=network, what="周六上午想请人帮忙搬一张桌子。")
    demo.do("grid_worker", "takeHelp", help=asked, version=1, resident=people.neighbors[1])
    offer = {"what": "每周三可以帮邻居代取快递。", "resident": people.neighbors[2]}
    demo.do("grid_worker", "offerHelp", network=network, **offer)


def _plan(demo: Demo, own: str, members: list[str]) -> None:
    days = [str(today() + timedelta(days=number)) for number in range(1, 4)]
    for member, day in zip([own, *members], days, strict=False):
        shift = demo.do("grid_worker", "planRotaShift", member=member, day=day, slot="19:00—20:30")
        if member == own:
            demo.do("resident", "confirmRotaShift", shift=shift, version=1)
