"""Who belongs to what: rights at both ends, one relation in the party, and sight that begins and ends."""

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from linli import model as t
from linli.clock import now, today
from linli.ids import uuid7
from tests.core.worlds import World


def test_a_member_sees_what_the_body_sees_until_the_end(world: World) -> None:
    ids = world.ids
    before = world.actor("north.wang")
    joined = world.do(
        "root", "addMembership", member=ids["north_wang"], joins=ids["north_firm"], kind="member"
    )
    during = world.actor("north.wang")
    assert world.row("north_firm").id in during.organizations
    assert during.version > before.version
    world.do("root", "endMembership", membership=joined)
    after = world.actor("north.wang")
    assert (after.organizations, after.version > during.version) == (before.organizations, True)


def test_a_membership_stands_where_its_member_stands(world: World) -> None:
    team = world.ids["north_team"]
    person = world.do("root", "addMembership", member=world.ids["south_li"], joins=team, kind="member")
    assert world.row(person).path == world.row("south_li").path
    body = world.do("root", "addMembership", member=world.ids["south_firm"], joins=team, kind="delegate")
    assert world.row(body).path == world.row("south_firm").path


def test_both_ends_must_lie_in_the_right_of_who_adds(world: World) -> None:
    """The north may see the southern team and person, and bring neither together with its own."""
    ids = world.ids
    world.do("root", "assignRole", account=ids["north_account"], role="reader", anchor=ids["south"])
    world.do("root", "assignRole", account=ids["north_account"], role="admin", anchor=ids["north"])
    inward = {"member": ids["south_li"], "joins": ids["north_team"], "kind": "member"}
    outward = {"member": ids["north_li"], "joins": ids["south_team"], "kind": "member"}
    assert (world.refusal("north.wang", "addMembership", **inward).path) == ("member",)
    assert (world.refusal("north.wang", "addMembership", **outward).path) == ("joins",)
    world.do("root", "addMembership", **inward)


def test_a_manager_adds_members_to_the_own_organisation(world: World) -> None:
    ids = world.ids
    world.do("root", "assignRole", account=ids["north_account"], role="manager", anchor=ids["north_team"])
    member = {"member": ids["north_wang"], "kind": "instructor"}
    world.do("north.wang", "addMembership", **member, joins=ids["north_team"])
    assert world.key("north.wang", "addMembership", **member, joins=ids["north_firm"]) == "error.forbidden"


def test_one_relation_in_the_party_holds_in_the_database_too(world: World) -> None:
    person, branch = world.row("north_wang"), world.row("north_other")
    row = {"id": uuid7(), "created_at": now(), "updated_at": now(), "since": today()}
    ends = {"resident_id": person.id, "branch_id": branch.id, "grid_id": person.grid_id, "path": person.path}
    with pytest.raises(IntegrityError), world.connection.begin_nested():
        world.connection.execute(insert(t.membership).values(row | ends | {"kind": "probationary"}))
    world.do("root", "endMembership", membership=world.ids["north_comrade"])
    world.do(
        "root", "addMembership", member=world.ids["north_wang"], joins=world.ids["north_other"], kind="full"
    )


def test_a_probationary_member_becomes_a_full_one(world: World) -> None:
    joins = {"member": world.ids["north_li"], "joins": world.ids["north_branch"]}
    membership = world.do("root", "addMembership", **joins, kind="probationary", group="一组")
    world.do("root", "updateMembership", membership=membership, version=1, kind="full", position="书记")
    row = world.row(membership)
    assert (row.kind, row.position, row.group_name) == ("full", "书记", "一组")
