"""Party organisations stand in a tree of their own."""

from sqlalchemy import select

from linli import model as t
from linli.access.actors import current_epoch
from tests.core.worlds import World


def test_a_branch_moves_with_all_below_it(world: World) -> None:
    epoch = current_epoch(world.connection)
    world.do("root", "movePartyBranch", partyBranch=world.ids["north_branch"], to=world.ids["north_other"])
    other, branch, group = (world.row(f"north_{name}") for name in ("other", "branch", "group"))
    assert branch.tree_path == f"{other.tree_path}{branch.key}/"
    assert group.tree_path == f"{branch.tree_path}{group.key}/"
    assert (branch.version, group.version) == (2, 1)
    assert branch.path == world.row("north").path, "its seat stays"
    assert current_epoch(world.connection) == epoch + 1


def test_a_secretary_acts_below_the_own_branch_and_nowhere_else(world: World) -> None:
    ids = world.ids
    world.do("root", "assignRole", account=ids["north_account"], role="secretary", anchor=ids["north_other"])
    below = {"grid": ids["s1"], "name": "b", "kind": "branch"}
    world.do("north.wang", "createPartyBranch", parent=ids["north_other"], **below)
    assert world.key("north.wang", "createPartyBranch", **below) == "error.forbidden"
    assert (
        world.key("north.wang", "createPartyBranch", parent=ids["north_branch"], **below) == "error.not_found"
    )
    world.do("root", "movePartyBranch", partyBranch=ids["north_branch"], to=ids["north_other"])
    world.do("north.wang", "createPartyBranch", parent=ids["north_branch"], **below)


def test_lists_are_replaced_and_what_is_left_out_stays(world: World) -> None:
    ids = world.ids
    update = {"partyBranch": ids["north_branch"]}
    world.do(
        "root",
        "updatePartyBranch",
        version=1,
        **update,
        covers=[ids["n1"], ids["n1"]],
        hosts=[ids["north_team"]],
    )
    world.do("root", "updatePartyBranch", version=2, **update, covers=[ids["n2"], ids["n3"]], name=None)
    covered = set(world.connection.execute(select(t.branch_coverage.c.covered_grid_id)).scalars())
    hosts = set(world.connection.execute(select(t.branch_host.c.organization_id)).scalars())
    assert covered == {world.row("n2").id, world.row("n3").id}
    assert hosts == {world.row("north_team").id}
    assert world.row("north_branch").name == "north branch"


def test_a_regional_committee_coordinates(world: World) -> None:
    ids = world.ids
    seat = {"grid": ids["north"], "name": "区域党委"}
    regional = world.do("root", "createPartyBranch", kind="regional_committee", **seat)
    world.do("root", "movePartyBranch", partyBranch=ids["north_branch"], to=regional)
    assert world.row("north_branch").relation == "coordinates"
    world.do("root", "movePartyBranch", partyBranch=ids["north_branch"], to=ids["north_other"])
    assert world.row("north_branch").relation == "leads"


def test_roles_end_with_the_branch_they_are_held_at(world: World) -> None:
    role = {"account": world.ids["north_account"], "role": "secretary", "anchor": world.ids["north_other"]}
    held = world.do("root", "assignRole", **role, until="2199-01-01")
    before = world.actor("north.wang").version
    world.do("root", "closePartyBranch", partyBranch=world.ids["north_other"])
    assert world.row(held).until.year < 2199
    assert "secretary" not in {holding.role for holding in world.actor("north.wang").holdings}
    assert world.actor("north.wang").version > before
