"""Relationships of the types that plugins declare."""

from tests.core.worlds import World


def test_terms_are_kept_in_the_declared_shape(world: World) -> None:
    ends = {"type": "helps", "subject": world.ids["north_li"], "object": world.ids["north_wang"]}
    made = world.do("root", "relate", **ends, terms={"hours": "3"})
    assert world.row(made).terms == {"hours": 3}
    refusal = world.refusal("root", "relate", **ends | {"object": world.ids["n1"]}, terms={"hours": "many"})
    assert (refusal.key, refusal.path) == ("error.invalid_value", ("terms", "hours"))


def test_it_stands_where_its_subject_stands(world: World) -> None:
    ends = {
        "type": "helps",
        "subject": world.ids["n2"],
        "object": world.ids["south_li"],
        "terms": {"hours": 1},
    }
    made = world.do("root", "relate", **ends)
    assert world.row(made).path == world.row("n2").path


def test_it_can_be_made_again_once_it_has_ended(world: World) -> None:
    ends = {"type": "meets", "subject": world.ids["north_home"], "object": world.ids["north_li"]}
    first = world.do("root", "relate", **ends)
    world.do("root", "endRelationship", relationship=first)
    assert world.key("root", "endRelationship", relationship=first) == "error.not_found"
    assert world.do("root", "relate", **ends) != first


def test_it_ends_with_either_end(world: World) -> None:
    household = world.ids["north_empty"]
    made = world.do("root", "relate", type="meets", subject=world.ids["north_li"], object=household)
    world.do("root", "closeHousehold", household=household)
    assert world.row(made).until is not None
