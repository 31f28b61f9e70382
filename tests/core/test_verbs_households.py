"""A household moves with its members."""

from tests.core.worlds import World, faults


def test_a_household_moves_with_all_its_members(world: World) -> None:
    ids = world.ids
    child = world.do("root", "createResident", grid=ids["n1"], name="王二", household=ids["north_home"])
    meeting = world.do("root", "relate", type="meets", subject=ids["north_home"], object=ids["north_li"])
    world.do("root", "updateHousehold", household=ids["north_home"], version=1, head=ids["north_wang"])
    world.do(
        "root", "moveHousehold", household=ids["north_home"], to=ids["n2"], version=2, since="2026-01-01"
    )
    home, there = world.row("north_home"), world.row("n2")
    assert (home.grid_id, home.dwelling_id, home.head_id) == (there.id, None, world.row("north_wang").id)
    for member in ("north_wang", child):
        assert (world.row(member).path, world.row(member).household_id) == (there.path, home.id)
    assert world.row("north_comrade").path == world.row(meeting).path == there.path
    assert world.row("north_li").grid_id == world.row("n1").id
    assert (world.count("n1", "resident"), world.count("n2", "resident")) == (1, 2)
    assert not faults(world.connection)


def test_who_may_not_take_the_members_away_moves_no_household(world: World) -> None:
    """The household's own grid and the target lie in the mover's right; one member does not."""
    world.do(
        "root", "assignRole", account=world.ids["north_account"], role="mover", anchor=world.ids["north"]
    )
    refusal = world.refusal(
        "north.wang", "moveHousehold", household=world.ids["north_home"], to=world.ids["n2"]
    )
    assert (refusal.code, refusal.params) == ("FORBIDDEN", {"permission": "resident:create"})
    assert world.row("north_home").grid_id == world.row("n1").id


def test_a_household_whose_members_have_gone_can_be_closed(world: World) -> None:
    assert (
        world.key("root", "closeHousehold", household=world.ids["north_home"]) == "error.household_not_empty"
    )
    world.do("root", "closeResident", resident=world.ids["north_wang"], reason="moved_away")
    world.do("root", "closeHousehold", household=world.ids["north_home"])
    world.do(
        "root",
        "endOccupancy",
        occupancy=world.do(
            "root",
            "addOccupancy",
            dwelling=world.ids["north_flat"],
            resident=world.ids["north_li"],
            kind="tenant",
        ),
    )
    world.do("root", "closeDwelling", dwelling=world.ids["north_flat"])
    again = {"grid": world.ids["n1"], "building": "1", "room": "101"}
    assert world.row(world.do("root", "createDwelling", **again)).valid_to is None
