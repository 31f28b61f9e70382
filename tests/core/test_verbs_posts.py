"""Posts, and the roles that follow from them where an account is bound."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select

from linli import model as t
from linli.clock import today
from tests.core.worlds import World


def derived(world: World) -> Sequence[Row[Any]]:
    return world.connection.execute(select(t.assignment).where(t.assignment.c.post_id.is_not(None))).all()


def test_a_role_follows_from_a_post_and_ends_with_it(world: World) -> None:
    before = world.actor("north.wang")
    post = world.do(
        "root", "appointPost", resident=world.ids["north_wang"], at=world.ids["n2"], kind="grid_worker"
    )
    (role,) = derived(world)
    assert (role.role, role.anchor_grid_id, role.until) == ("grid_worker", world.row("n2").id, None)
    assert role.granted_by_id == world.actor("root").account_id
    assert world.actor("north.wang").version > before.version
    world.do("root", "endPost", post=post)
    (role,) = derived(world)
    assert role.until == today()
    paths = {holding.anchor.path for holding in world.actor("north.wang").holdings if holding.anchor}
    assert world.row("n2").path not in paths


def test_no_role_follows_where_nobody_signs_in_or_the_post_is_none(world: World) -> None:
    ids = world.ids
    world.do("root", "appointPost", resident=ids["north_li"], at=ids["n2"], kind="grid_worker")
    world.do("root", "appointPost", resident=ids["north_wang"], at=ids["n2"], kind="unit_leader")
    world.do("root", "appointPost", resident=ids["north_wang"], at=ids["n2"], kind="building_leader")
    world.do("root", "appointPost", resident=ids["north_wang"], at=ids["north_team"], kind="grid_worker")
    assert not derived(world)


def test_no_role_follows_that_the_appointer_may_not_grant(world: World) -> None:
    ids = world.ids
    leader = world.do("root", "createAccount", name="leader", displayName="长")
    world.do("root", "assignRole", account=leader, role="grid_leader", anchor=ids["n1"])
    post = {"resident": ids["north_wang"], "at": ids["n1"], "kind": "grid_leader"}
    world.do("leader", "appointPost", **post)
    assert not derived(world)


def test_nobody_gains_a_role_by_appointing_themselves(world: World) -> None:
    ids = world.ids
    world.do("root", "assignRole", account=ids["north_account"], role="admin", anchor=ids["n1"])
    world.do("north.wang", "appointPost", resident=ids["north_wang"], at=ids["n1"], kind="grid_leader")
    assert not derived(world)


def test_a_role_held_already_is_not_held_twice(world: World) -> None:
    world.do("root", "appointPost", resident=world.ids["north_wang"], at=world.ids["n1"], kind="grid_worker")
    assert not derived(world), "the role given by hand stays the one"


def test_a_role_stays_with_the_person_not_with_the_account(world: World) -> None:
    world.do("root", "appointPost", resident=world.ids["north_wang"], at=world.ids["n2"], kind="grid_worker")
    version = world.row("north_account").version
    world.do("root", "updateAccount", account=world.ids["north_account"], version=version, displayName="x")
    assert derived(world)[0].until is None
    world.do("root", "updateAccount", account=world.ids["north_account"], version=version + 1, resident=None)
    assert derived(world)[0].until == today()


def test_a_post_at_an_organisation_stands_where_the_organisation_stands(world: World) -> None:
    ids = world.ids
    post = world.do("root", "appointPost", resident=ids["south_li"], at=ids["north_team"], kind="instructor")
    row = world.row(post)
    assert (row.organization_id, row.path) == (world.row("north_team").id, world.row("north").path)
