"""What each reach means at each kind of anchor, and that equal rights have one form."""

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli.policy import Actor, Anchor, AnchorType, Arm, ArmType, Range, Reach
from linli_policies.arms import EVERYTHING, arms_of, merged

RESOURCES = by_name(CORE_RESOURCES)
GRID = Anchor(AnchorType.GRID, "g", "/1/2/")
BRANCH = Anchor(AnchorType.PARTY_BRANCH, "b", "/3/")
BODY = Anchor(AnchorType.ORGANIZATION, "o")
ACTOR = Actor(resident_id="r", organizations=("o2", "o1", "o2"), branches=("b1",))


@pytest.mark.parametrize(
    ("resource", "reach", "anchor", "expected"),
    [
        ("resident", Reach.ALL, None, (EVERYTHING,)),
        ("audit", Reach.ALL, BODY, (EVERYTHING,)),
        ("resident", Reach.SUBTREE, GRID, (Arm(ArmType.PATHS, ranges=(Range("/1/2/", "/1/20"),)),)),
        ("resident", Reach.SUBTREE, BRANCH, (Arm(ArmType.BRANCH_TREES, ranges=(Range("/3/", "/30"),)),)),
        ("resident", Reach.SUBTREE, BODY, ()),
        ("resident", Reach.SUBTREE, None, ()),
        ("dwelling", Reach.SUBTREE, BRANCH, ()),
        ("resident", Reach.UNIT, GRID, (Arm(ArmType.GRIDS, ("g",)),)),
        ("resident", Reach.UNIT, BRANCH, (Arm(ArmType.BRANCHES, ("b",)),)),
        ("resident", Reach.UNIT, BODY, (Arm(ArmType.ORGANIZATIONS, ("o",)),)),
        ("dwelling", Reach.UNIT, BODY, ()),
        ("project", Reach.UNIT, BRANCH, ()),
        ("resident", Reach.UNIT, None, ()),
        ("resident", Reach.SELF, None, (Arm(ArmType.SELF, ("r",)),)),
        ("dwelling", Reach.SELF, GRID, ()),
        ("project", Reach.MEMBER, None, (Arm(ArmType.ORGANIZATIONS, ("o1", "o2")),)),
        ("party_branch", Reach.MEMBER, GRID, (Arm(ArmType.BRANCHES, ("b1",)),)),
        ("dwelling", Reach.MEMBER, None, ()),
    ],
)
def test_a_reach_at_an_anchor(
    resource: str, reach: Reach, anchor: Anchor | None, expected: tuple[Arm, ...]
) -> None:
    assert arms_of(RESOURCES[resource], reach, anchor, ACTOR) == expected


def test_an_actor_without_person_and_bodies_has_nothing_of_the_own() -> None:
    for reach in (Reach.SELF, Reach.MEMBER):
        assert arms_of(RESOURCES["membership"], reach, GRID, Actor()) == ()


@pytest.mark.parametrize("path", ["", "/", "1/2/", "/1/2", "/1//2/", "/1/2/%", "/1/ 2/"])
def test_an_anchor_whose_path_is_none_is_an_error(path: str) -> None:
    with pytest.raises(ValueError, match="is no path"):
        arms_of(RESOURCES["resident"], Reach.SUBTREE, Anchor(AnchorType.GRID, "g", path), ACTOR)


def paths(*below: str, but: tuple[Arm, ...] = ()) -> Arm:
    return Arm(ArmType.PATHS, ranges=tuple(Range.below(path) for path in below), but=but)


def test_nested_and_repeated_ranges_are_one_and_traps_are_two() -> None:
    assert merged([paths("/1/2/3/"), paths("/1/2/"), paths("/1/2/")]) == (paths("/1/2/"),)
    assert merged([paths("/1/20/"), paths("/1/2/")]) == (paths("/1/2/", "/1/20/"),)
    touching = Arm(ArmType.PATHS, ranges=(Range("/1/", "/2"), Range("/2", "/3")))
    assert merged([touching]) == (Arm(ArmType.PATHS, ranges=(Range("/1/", "/3"),)),)


def test_ids_are_sorted_and_kinds_have_their_order() -> None:
    self_arm, ids = Arm(ArmType.SELF, ("r",)), [Arm(ArmType.GRIDS, (one,)) for one in ("b", "a", "b")]
    expected = (paths("/1/"), Arm(ArmType.GRIDS, ("a", "b")), self_arm)
    assert merged([self_arm, *ids, paths("/1/")]) == expected
    assert merged([paths("/1/"), *reversed(ids), self_arm]) == expected
    assert merged([]) == ()


def test_everything_leaves_nothing_else_to_ask() -> None:
    assert merged([paths("/1/", but=(paths("/1/2/"),)), EVERYTHING, paths("/3/")]) == (EVERYTHING,)


def test_arms_with_denials_stay_apart_and_their_shapes_keep_one_order() -> None:
    self_arm = Arm(ArmType.SELF, ("r",))
    one = paths("/1/", but=(Arm(ArmType.GRIDS, ("x",)),))
    other = paths("/2/", but=(self_arm,))
    first = merged([other, paths("/9/"), one, one])
    assert first == (paths("/9/"), one, other)
    swapped = merged([paths("/2/", but=one.but), paths("/1/", but=(self_arm,)), paths("/9/")])
    assert [arm.shape for arm in swapped] == [arm.shape for arm in first]
