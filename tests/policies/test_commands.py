"""Before lines change, everyone can see who gains and who loses what."""

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli_policies.commands import diff
from linli_policies.engine import read_lines
from linli_policies.lines import Lines, PolicyFaultsError, PolicySource, parse

RESOURCES = by_name(CORE_RESOURCES)
BASE = "p, parent, resident, read, subtree, allow\ng, child, parent"


def lines(*texts: str) -> Lines:
    return parse([PolicySource("lines.csv", "\n".join(texts))]).lines


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((BASE,), (BASE,), []),
        ((BASE,), ("# moved down\n" + BASE,), []),
        (
            (BASE,),
            (BASE, "p, parent, resident.phone, read, unit, allow"),
            ["child gains resident.phone:read (unit)", "parent gains resident.phone:read (unit)"],
        ),
        (
            (BASE, "p, child, grid, read, all, allow"),
            ("p, parent, resident, read, subtree, allow", "p, child, grid, read, all, allow"),
            ["child loses resident:read (subtree)"],
        ),
        (
            (BASE,),
            (BASE, "p, child, resident, read, unit, deny"),
            ["child is now denied resident:read (unit)"],
        ),
        (
            (BASE, "p, child, resident, read, unit, deny"),
            (BASE,),
            ["child is no longer denied resident:read (unit)"],
        ),
        ((BASE,), (BASE, "p, child, resident, read, subtree, deny"), ["child loses resident:read (subtree)"]),
        ((BASE,), (BASE, "p, child, resident, read, all, deny"), ["child loses resident:read (subtree)"]),
        ((BASE,), (BASE, "p, child, resident, update, all, deny"), []),
        (
            (BASE,),
            (BASE, "a, child, party_branch"),
            ["child can no longer be held at grid", "child can now be held at party_branch"],
        ),
        (
            ("p, parent, resident, read, subtree, allow",),
            ("p, parent, resident, read, subtree, allow", "p, parent, role.parent, grant, unit, allow"),
            ["parent gains role.parent:grant (unit)"],
        ),
    ],
)
def test_a_change_is_told_by_who_gains_and_who_loses(
    old: tuple[str, ...], new: tuple[str, ...], expected: list[str]
) -> None:
    assert [str(change) for change in diff(lines(*old), lines(*new), RESOURCES)] == expected


def test_a_plugin_that_is_enabled_shows_what_it_brings() -> None:
    source = PolicySource("plugin/policy.csv", "p, public, event, read, all, allow")
    assert [str(one) for one in diff(read_lines(RESOURCES), read_lines(RESOURCES, [source]), RESOURCES)] == [
        "public gains event:read (all)"
    ]


def test_faulty_lines_are_refused() -> None:
    with pytest.raises(PolicyFaultsError):
        diff(lines(BASE), lines("p, parent, ghost, read, all, allow"), RESOURCES)
