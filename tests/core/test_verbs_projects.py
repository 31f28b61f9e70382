"""A project's way from draft to completion, its money and its parties."""

import pytest
from sqlalchemy import select

from linli import model as t
from tests.core.worlds import World

WAY = ("open", "claimed", "running", "accepted", "closed")


def test_a_project_goes_its_way_step_by_step(world: World) -> None:
    project = world.ids["north_project"]
    for version, state in enumerate(WAY, start=1):
        note = {"note": "合格"} if state == "accepted" else {}
        world.do("root", "changeProjectState", project=project, state=state, version=version, **note)
        assert world.row(project).state == state
    row = world.row(project)
    assert (row.acceptance_note, row.accepted_at is not None, row.valid_to is not None) == (
        "合格",
        True,
        True,
    )
    assert world.row("north_party").until is not None
    assert world.count("city", "project") == 1
    assert world.key("root", "changeProjectState", project=project, state="cancelled") == "error.not_found"


@pytest.mark.parametrize("steps", range(len(WAY)))
def test_it_can_be_cancelled_until_it_is_closed(world: World, steps: int) -> None:
    project = world.ids["north_project"]
    for state in WAY[:steps]:
        world.do("root", "changeProjectState", project=project, state=state)
    world.do("root", "changeProjectState", project=project, state="cancelled")
    assert world.row(project).valid_to is not None
    assert world.count("north", "project") == 0


def test_money_is_whole_fen(world: World) -> None:
    data = {"grid": world.ids["n1"], "name": "x"}
    assert (
        world.row(world.do("root", "createProject", **data, budgetFen="1000000000000000")).budget_fen
        == 10**15
    )
    assert world.row(world.do("root", "createProject", **data, budgetFen="007")).budget_fen == 7
    for wrong in ("1.0", "-1", "1e3", "", "١"):
        assert world.refusal("root", "createProject", **data, budgetFen=wrong).code == "INVALID_INPUT"


def test_a_manager_makes_projects_of_the_own_organisation_only(world: World) -> None:
    ids = world.ids
    world.do("root", "assignRole", account=ids["north_account"], role="manager", anchor=ids["north_team"])
    data = {"grid": ids["n1"], "name": "x"}
    own = world.do("north.wang", "createProject", **data, organization=ids["north_team"])
    assert (
        world.key("north.wang", "createProject", **data, organization=ids["north_firm"]) == "error.forbidden"
    )
    assert world.key("north.wang", "createProject", **data) == "error.forbidden"
    given_away = {"project": own, "version": 1, "organization": ids["north_firm"]}
    assert world.key("north.wang", "updateProject", **given_away) == "error.forbidden"


def test_served_grids_are_replaced(world: World) -> None:
    ids = world.ids
    for version, served in ((1, ["n1", "n2"]), (2, ["n3"]), (3, [])):
        grids = [ids[name] for name in served]
        world.do("root", "updateProject", project=ids["north_project"], version=version, serves=grids)
        kept = set(world.connection.execute(select(t.project_grid.c.served_grid_id)).scalars())
        assert kept == {world.row(name).id for name in served}
