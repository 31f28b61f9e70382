"""Organisations: their codes, the line above them, and what ends with them."""

from tests.core.deed_cases import CODE
from tests.core.worlds import World

FIRM = {"name": "f", "kind": "enterprise", "creditCode": CODE.lower()}


def test_a_code_is_kept_in_one_form_and_is_free_again_after_closing(world: World) -> None:
    firm = world.do("root", "createOrganization", grid=world.ids["n1"], **FIRM)
    assert world.row(firm).credit_code == CODE
    assert world.key("root", "createOrganization", grid=world.ids["s1"], **FIRM) == "error.credit_code_taken"
    world.do("root", "updateOrganization", organization=firm, version=1, creditCode=CODE)
    world.do("root", "closeOrganization", organization=firm)
    world.do("root", "createOrganization", grid=world.ids["s1"], **FIRM)


def test_ties_end_with_the_organisation(world: World) -> None:
    ids = world.ids
    firm = ids["north_firm"]
    ties = [
        world.do("root", "addMembership", member=ids["north_li"], joins=firm, kind="member"),
        world.do("root", "addMembership", member=ids["north_wang"], joins=firm, kind="instructor"),
        world.do("root", "addMembership", member=firm, joins=ids["north_branch"], kind="reported_in"),
        world.do("root", "appointPost", resident=ids["north_li"], at=firm, kind="visiting_judge"),
        world.do("root", "addProjectParty", project=ids["north_project"], party=firm, role="funder"),
        world.do("root", "assignRole", account=ids["north_account"], role="manager", anchor=firm),
    ]
    assert world.actor("north.wang").organizations != (world.row("north_team").id,)
    before = world.actor("north.wang").version
    world.do("root", "closeOrganization", organization=firm)
    assert all(world.row(tie).until is not None for tie in ties)
    after = world.actor("north.wang")
    assert (after.organizations, after.version > before) == ((world.row("north_team").id,), True)
    assert world.row("north_member").until is None


def test_null_empties_what_may_be_empty(world: World) -> None:
    update = {"organization": world.ids["north_team"]}
    world.do(
        "root", "updateOrganization", version=1, **update, officialName="队", parent=world.ids["north_firm"]
    )
    world.do(
        "root",
        "updateOrganization",
        version=2,
        **update,
        officialName=None,
        parent=None,
        name=None,
        kind=None,
    )
    row = world.row("north_team")
    assert (row.official_name, row.parent_id, row.name, row.kind) == (
        None,
        None,
        "north team",
        "volunteer_team",
    )
    assert row.search == "north team"
