"""What follows a person who moves, and ends with a person who goes."""

from sqlalchemy import select, update

from linli import model as t
from tests.core.worlds import World, faults

NUMBER = "11010519491231002X"


def test_a_person_who_moves_takes_ties_along(world: World) -> None:
    ids = world.ids
    world.do("root", "updateHousehold", household=ids["north_home"], version=1, head=ids["north_wang"])
    living = world.do(
        "root", "addOccupancy", dwelling=ids["north_flat"], resident=ids["north_wang"], kind="lives"
    )
    world.do("root", "moveResident", resident=ids["north_wang"], to=ids["s2"])
    there = world.row("s2")
    for tie in ("north_member", "north_comrade", "north_help"):
        assert world.row(tie).path == there.path, tie
    assert world.row(living).until is not None, "nobody lives in two dwellings"
    assert world.row("north_owner").until is None, "who moves still owns the flat"
    assert world.row("north_post").grid_id == world.row("n1").id, "a post stays where it is held"
    assert world.row("north_home").head_id is None
    assert (world.row("north_wang").household_id, world.count("north", "resident")) == (None, 1)
    assert not faults(world.connection)


def test_their_account_sees_its_new_place_at_once(world: World) -> None:
    before = world.actor("north.wang")
    world.do("root", "moveResident", resident=world.ids["north_wang"], to=world.ids["s2"])
    after = world.actor("north.wang")
    assert after.version > before.version
    assert {h.anchor.path for h in after.holdings if h.role == "resident" and h.anchor} == {
        world.row("s2").path
    }


def test_everything_ends_with_a_person_who_goes(world: World) -> None:
    post = world.do(
        "root", "appointPost", resident=world.ids["north_wang"], at=world.ids["n2"], kind="grid_worker"
    )
    world.do("root", "closeResident", resident=world.ids["north_wang"], reason="died")
    for tie in ("north_member", "north_comrade", "north_help", "north_owner", "north_post", post):
        assert world.row(tie).until is not None, tie
    derived = world.connection.execute(select(t.assignment).where(t.assignment.c.post_id.is_not(None))).one()
    assert derived.until is not None
    actor = world.actor("north.wang")
    assert (actor.organizations, actor.branches) == ((), ())
    assert {holding.role for holding in actor.holdings} == {"public", "grid_worker"}, "a role by hand stays"


def test_where_a_person_lives_ends_by_moving_only(world: World) -> None:
    r = t.residence.c
    living = select(r.id).where(r.resident_id == world.row("north_wang").id, r.kind == "lives")
    residence = f"residence_{world.connection.execute(living).scalar_one()}"
    assert world.key("root", "endResidence", residence=residence) == "error.lives_ends_by_move"


def test_a_person_known_elsewhere_is_entered_and_reported_to_the_level_above(world: World) -> None:
    world.do("south_admin", "createResident", grid=world.ids["s1"], name="孙", idNumber=NUMBER)
    twice = {"name": "孙", "idNumber": NUMBER.lower()}
    world.do("north_admin", "createResident", grid=world.ids["n1"], **twice)
    suspicion = select(t.event).where(t.event.c.topic == "resident.duplicate_suspected")
    assert world.connection.execute(suspicion).one().grid_id == world.row("town").id
    assert world.key("root", "createResident", grid=world.ids["n2"], **twice) == "error.id_number_taken"


def test_a_record_without_a_key_gets_one_when_it_needs_it(world: World) -> None:
    person = world.row("north_li")
    world.connection.execute(update(t.resident).where(t.resident.c.id == person.id).values(data_key=None))
    world.do("root", "updateResident", resident=world.ids["north_li"], version=1, phone="13800138000")
    row = world.row("north_li")
    assert row.phone_masked == "138****8000"
    assert world.deeds.vault.decrypt(row.data_key, row.phone_cipher) == "13800138000"


def test_nobody_heads_a_household_they_have_left(world: World) -> None:
    world.do(
        "root", "updateHousehold", household=world.ids["north_home"], version=1, head=world.ids["north_wang"]
    )
    stays = {"resident": world.ids["north_wang"], "household": world.ids["north_home"]}
    world.do("root", "updateResident", version=1, **stays)
    assert world.row("north_home").head_id == world.row("north_wang").id
    world.do("root", "updateResident", version=2, **stays | {"household": None})
    assert world.row("north_home").head_id is None
