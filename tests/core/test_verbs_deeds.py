"""What the edge of every deed does: keys, presence, and a savepoint that takes a failure back."""

from dataclasses import replace

from linli.deeds import Request, perform
from linli.verbs.access import assign_role
from linli.verbs.residents import create_resident
from tests.core.worlds import World, dump

NUMBER = "11010519491231002X"


def test_a_verb_that_fails_late_leaves_no_row_and_no_event(world: World) -> None:
    person = {"grid": world.ids["n1"], "name": "孙", "idNumber": NUMBER}
    world.do("root", "createResident", **person)
    before = dump(world.connection)
    outcome = world.attempt("root", "createResident", person, key="late")
    assert outcome.refusals[0].key == "error.id_number_taken"
    assert dump(world.connection) == before, "not even the key is remembered"


def test_a_key_must_be_one_that_can_be_kept(world: World) -> None:
    for key in ("", "k" * 81, "a\nb"):
        outcome = world.attempt("root", "closeGrid", {"grid": world.ids["n3"]}, key=key)
        assert outcome.refusals[0].key == "error.bad_key"


def test_a_key_belongs_to_its_account_and_verb(world: World) -> None:
    data = {"grid": world.ids["n1"], "label": "x"}
    first = world.attempt("root", "createHousehold", data, key="k")
    other = world.attempt("north_admin", "createHousehold", data, key="k")
    assert first.ref != other.ref
    assert world.attempt(
        "root", "createDwelling", {"grid": data["grid"], "building": "9", "room": "9"}, key="k"
    ).ref


def test_who_has_closed_their_account_does_nothing_more(world: World) -> None:
    actor = world.actor("north.wang")
    world.do("root", "closeAccount", account=world.ids["north_account"])
    request = Request(actor, create_resident, {"grid": world.ids["n1"], "name": "x"})
    outcome = perform(world.connection, world.deeds, request)
    assert outcome.refusals[0].key == "error.unauthenticated"
    anonymous = replace(actor, account_id=None)
    before = dump(world.connection)
    outcome = perform(world.connection, world.deeds, replace(request, actor=anonymous))
    assert outcome.refusals[0].code == "UNAUTHENTICATED"
    assert dump(world.connection) == before


def test_a_right_revoked_since_the_request_began_is_gone(world: World) -> None:
    data = {"account": world.ids["north_account"], "role": "admin", "anchor": world.ids["n1"]}
    held = world.do("root", "assignRole", **data)
    stale = world.actor("north.wang")
    world.do("root", "revokeRole", assignment=held)
    own = {"account": world.ids["south_account"], "role": "reader", "anchor": world.ids["n1"]}
    outcome = perform(world.connection, world.deeds, Request(stale, assign_role, own))
    assert outcome.ref is None
