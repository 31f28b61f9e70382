"""Territory changes shape, and everything that stood there or spoke of it follows."""

from typing import Any

import pytest
from sqlalchemy import func, select

from linli import model as t
from linli.access.actors import current_epoch
from linli.verbs.regrid import GridImpact, impact
from tests.core.worlds import World, faults, grid_row, role_row


def test_a_merge_takes_everything_over(world: World) -> None:
    ids, epoch = world.ids, current_epoch(world.connection)
    estate = world.do(
        "root", "createGrid", parent=ids["north"], name="苑", level="estate", covers=[ids["n1"], ids["n2"]]
    )
    branch = {"grid": ids["north"], "kind": "branch", "name": "b", "covers": [ids["n1"], ids["n2"]]}
    covering = world.do("root", "createPartyBranch", **branch)
    ward = world.do(
        "root", "relate", type="helps", subject=ids["north_li"], object=ids["n1"], terms={"hours": 1}
    )
    world.do("root", "mergeGrids", grids=[ids["n1"]], into=ids["n2"])
    target = world.row("n2")
    assert world.row("n1").valid_to is not None
    assert world.row("n11").parent_id == target.id
    assert world.row("north_wang").grid_id == target.id
    assert world.row("north_role").anchor_grid_id == target.id
    assert world.row(ward).object_id == target.id
    assert _pairs(world, t.coverage, estate, "side_grid_id", "spine_grid_id") == {
        target.id,
        world.row("n1").id,
    }
    assert _pairs(world, t.branch_coverage, covering, "branch_id", "covered_grid_id") >= {target.id}
    follows = world.connection.execute(select(t.succession)).one()
    assert (follows.predecessor_id, follows.successor_id, follows.kind) == (
        world.row("n1").id,
        target.id,
        "merge",
    )
    assert current_epoch(world.connection) > epoch
    assert not faults(world.connection)


def test_who_holds_a_role_at_both_grids_holds_it_once_after_the_merge(world: World) -> None:
    second = world.do(
        "root", "assignRole", account=world.ids["north_account"], role="grid_worker", anchor=world.ids["n2"]
    )
    world.do("root", "mergeGrids", grids=[world.ids["n1"]], into=world.ids["n2"])
    assert world.row(second).until is None
    assert world.row("north_role").until is not None


@pytest.mark.parametrize("remainder", [0, 1])
def test_a_split_hands_out_what_stood_there(world: World, remainder: int) -> None:
    parts: list[dict[str, Any]] = [{"name": "东", "children": [world.ids["n11"]]}, {"name": "西"}]
    parts[remainder]["remainder"] = True
    world.do("root", "createResident", grid=world.ids["n11"], name="微")
    world.do("root", "splitGrid", grid=world.ids["n1"], parts=parts)
    heirs = {
        row.name: row
        for row in world.connection.execute(select(t.grid).where(t.grid.c.name.in_(["东", "西"])))
    }
    assert world.row("n11").parent_id == heirs["东"].id
    assert world.row("north_wang").grid_id == heirs[parts[remainder]["name"]].id
    assert world.count("north", "resident") == 3
    assert not faults(world.connection)


def test_a_moved_grid_takes_its_rights_and_counts_along(world: World) -> None:
    assert (
        world.key("south_admin", "updateResident", resident=world.ids["north_wang"], version=1)
        == "error.not_found"
    )
    world.do("root", "moveGrid", grid=world.ids["n1"], to=world.ids["south"])
    world.do("south_admin", "updateResident", resident=world.ids["north_wang"], version=1, name="王")
    assert (
        world.key("north_admin", "updateResident", resident=world.ids["north_wang"], version=2)
        == "error.not_found"
    )
    assert (world.count("north", "resident"), world.count("south", "resident")) == (0, 4)


def test_a_root_can_be_moved_below_another(world: World) -> None:
    highest = world.connection.execute(select(func.max(t.grid.c.key))).scalar_one()
    province = grid_row(world.connection, highest + 1, "province", "province", None)
    world.ids["province"] = f"grid_{province.id}"
    role_row(world.connection, world.actor("root").account_id, "admin", province)
    world.do("root", "moveGrid", grid=world.ids["city"], to=world.ids["province"])
    assert world.row("n11").path.startswith(f"{province.path}1/")
    assert world.count("province", "resident") == 4
    assert not faults(world.connection)


def test_the_preview_counts_and_changes_nothing(world: World) -> None:
    seen = impact(world.connection, [world.row("n1").id])
    assert (seen.grids, seen.residents) == (2, 2)
    assert seen.accounts == 4, "root, the admin, the reader and the worker of the grid"
    assert impact(world.connection, [world.row("n3").id]) == GridImpact(1, 0, 1, 3)


def _pairs(world: World, table: Any, node: str, own: str, other: str) -> set[str]:
    rows = world.connection.execute(select(table).where(table.c[own] == world.row(node).id))
    return {getattr(row, other) for row in rows}
