"""Policy files are read strictly, and every fault is told at once, with its place and how to mend it."""

import pytest

from linli.access.resources import CORE_RESOURCES, by_name
from linli_policies.checks import faults
from linli_policies.engine import default_source, load_policy, read_lines
from linli_policies.lines import PolicyFaultsError, PolicySource, parse

RESOURCES = by_name(CORE_RESOURCES)
GOOD = "p, helper, resident, read, subtree, allow"


def sentences(*texts: str) -> list[str]:
    sources = [PolicySource(f"file{number}.csv", text) for number, text in enumerate(texts)]
    return [str(fault) for fault in faults(parse(sources), RESOURCES)]


def chain(links: int) -> str:
    rows = [f"g, role{number}, role{number + 1}" for number in range(links)]
    return "\n".join([*rows, f"p, role{links}, grid, read, all, allow"])


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "",
        "# p, nonsense",
        "  # indented",
        f"\ufeff{GOOD}",
        f"{GOOD}\r\n# 注释\r\n",
        "p,helper,resident.phone,reveal,unit,deny",
        "p, helper, grid, read, all, allow\np, helper, role.helper, grant, unit, allow",
        "a, helper, organization\np, helper, project, update, unit, allow",
        "p, parent, grid, read, all, allow\ng, child, parent\np, lead, role.child, grant, subtree, allow",
        chain(8),
    ],
)
def test_good_files_have_no_fault(text: str) -> None:
    assert sentences(text) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p, helper, resident, read, nearby, allow", "'nearby' is no reach"),
        ("p, helper, citizen, read, all, allow", "no resource 'citizen'"),
        ("p, helper, resident.shoe_size, read, all, allow", "no sensitive field 'shoe_size'"),
        ("p, helper, resident, salute, all, allow", "no action 'salute'"),
        ("p, helper, resident.phone, update, all, allow", "no action 'update'"),
        ("p, helper, grid, read, self, allow", "no reach 'self'"),
        ("p, helper, audit, read, subtree, allow", "no reach 'subtree'"),
        ("p, helper, role.helper, grant, member, allow", "no reach 'member'"),
        ("p, helper, role.ghost, grant, all, allow", "no role 'ghost'"),
        ("p, helper, resident, read, all", "5 columns instead of 6"),
        ("p, helper, resident, read, all, allow, really", "7 columns instead of 6"),
        ("g, helper", "2 columns instead of 3"),
        ("a, helper, grid, unit", "4 columns instead of 3"),
        ("helper, resident, read, all, allow", "begins with p, g or a"),
        ("p, helper, *, read, all, allow", "wildcard"),
        ("p, *, grid, read, all, allow", "wildcard"),
        ("p, helper, grid, read*, all, allow", "wildcard"),
        ("p, eval(r.role), grid, read, all, allow", "no name for a role"),
        ("p, eval, grid, read, all, allow", "no name for a role"),
        ("p, none, grid, read, all, allow", "no name for a role"),
        ("p, , grid, read, all, allow", "'role' is empty"),
        ("p, helper, grid, read, all, ", "'allow or deny' is empty"),
        ("p, helper, grid, read, all, perhaps", "neither allow nor deny"),
        ('p, "helper", grid, read, all, allow', "no name for a role"),
        ("p, Helper, grid, read, all, allow", "no name for a role"),
        ("p, ｈelper, grid, read, all, allow", "no name for a role"),
        ("p, hеlper, grid, read, all, allow", "no name for a role"),
        ("p, help er, grid, read, all, allow", "no name for a role"),
        (f"p, {'x' * 49}, grid, read, all, allow", "no name for a role"),
        ("p, helper, grid, read, all, allow # yes", "neither allow nor deny"),
        ("p, helper,\tgrid, read, all, allow", "control character"),
        ("p, helper\x00, grid, read, all, allow", "control character"),
        ("# harmless\rp, helper, grid, read, all, allow", "control character"),
        ("p, help\u200ber, grid, read, all, allow", "control character"),
        ("p, helper\u2028, grid, read, all, allow", "control character"),
        (f"{GOOD}\n# twice\n{GOOD}", "file0.csv:3: The line repeats file0.csv:1"),
        ("g, helper, ghost", "parent role 'ghost'"),
        ("g, helper, helper", "inherit from itself"),
        ("g, one, two\ng, two, three\ng, three, one", "inherit from itself"),
        (chain(9), "more than 8 links"),
        (f"{GOOD}\na, helper, moon", "'moon' is no kind of anchor"),
        (f"{GOOD}\na, ghost, grid", "'ghost' has no right"),
        ("a, helper, organization\np, helper, resident, read, subtree, allow", "carries nothing"),
        ("p, helper, membership, read, subtree, allow\na, helper, organization", "carries nothing"),
    ],
)
@pytest.mark.case(80)
def test_faults_are_named(text: str, words: str) -> None:
    found = sentences(text)
    assert found, "the fault was not seen"
    assert any(words in sentence for sentence in found), found
    assert all(sentence.isprintable() for sentence in found)


def test_every_fault_of_every_file_is_told_in_order() -> None:
    with pytest.raises(PolicyFaultsError) as caught:
        load_policy(
            RESOURCES,
            [
                PolicySource("first.csv", "p, helper, ghost, read, all, allow\n\nnonsense"),
                PolicySource("second.csv", "g, helper, ghost\np, public, grid, read, all, allow"),
            ],
        )
    assert [str(fault.at) for fault in caught.value.faults] == [
        "first.csv:1",
        "first.csv:3",
        "second.csv:1",
        "second.csv:2",
    ]
    assert "repeats default.csv:" in str(caught.value)


def test_a_line_that_comes_as_a_value_cannot_hold_another() -> None:
    source = PolicySource.from_lines(
        "plugin", ["p, helper, grid, read, all, allow\np, helper, audit, read, all, allow"]
    )
    with pytest.raises(PolicyFaultsError, match="plugin:1: The line holds a control character"):
        read_lines(RESOURCES, [source])
    fine = PolicySource.from_lines("plugin", ["# first", GOOD])
    assert any(
        right.role == "helper" and right.at.line == 2 for right in read_lines(RESOURCES, [fine]).rights
    )


def test_no_default_line_names_a_person_or_a_place() -> None:
    words = {word.strip() for line in default_source().text.splitlines() for word in line.split(",")}
    names = {word for word in words if word and "#" not in word}
    assert all(not any(sign.isdigit() for sign in name) for name in names)
    assert len(read_lines(RESOURCES).rights) < 500
