"""Roles are granted inside the granter's own, and end when they are taken away."""

from datetime import timedelta

from sqlalchemy import update

from linli import model as t
from linli.clock import today
from tests.core.worlds import World


def role(world: World, name: str, anchor: str, **data: str) -> dict[str, str]:
    return {"account": world.ids["north_account"], "role": name, "anchor": world.ids[anchor], **data}


def test_a_role_is_granted_inside_the_granters_place_only(world: World) -> None:
    world.do("north_admin", "assignRole", **role(world, "grid_worker", "n2"))
    assert world.key("north_admin", "assignRole", **role(world, "reader", "town")) == "error.not_found"
    assert world.key("reader", "assignRole", **role(world, "reader", "n2")) == "error.forbidden"


def test_a_role_lasts_no_longer_than_the_granters(world: World) -> None:
    ends = today() + timedelta(days=30)
    admin = t.assignment.c.account_id == world.actor("north_admin").account_id
    world.connection.execute(update(t.assignment).where(admin).values(until=ends))
    assert world.key("north_admin", "assignRole", **role(world, "reader", "n2")) == "error.forbidden"
    late = (ends + timedelta(days=1)).isoformat()
    assert (
        world.key("north_admin", "assignRole", **role(world, "reader", "n2", until=late)) == "error.forbidden"
    )
    world.do("north_admin", "assignRole", **role(world, "reader", "n2", until=ends.isoformat()))


def test_a_role_that_would_end_by_itself_can_be_revoked_before(world: World) -> None:
    until = (today() + timedelta(days=30)).isoformat()
    held = world.do("root", "assignRole", **role(world, "admin", "n1", until=until))
    assert "admin" in {holding.role for holding in world.actor("north.wang").holdings}
    world.do("root", "revokeRole", assignment=held)
    assert "admin" not in {holding.role for holding in world.actor("north.wang").holdings}
    assert world.key("root", "revokeRole", assignment=held) == "error.not_found"
