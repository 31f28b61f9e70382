"""One deed for every sentence with which the domain refuses, done by root, who may do everything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.core.deed_cases import CODE, Case, case

NUMBER = "11010519491231002X"


@dataclass(frozen=True)
class Refused:
    """A deed that is refused with a key; `before` are deeds done first, their nodes named $0 and so on."""

    key: str
    deed: Case
    before: tuple[Case, ...] = ()


def no(key: str, verb: str, *before: Case, **data: Any) -> Refused:
    return Refused(f"error.{key}", Case(verb, data, ""), before)


def first(verb: str, **data: Any) -> Case:
    return case(verb, "", **data)


PERSON: Mapping[str, Any] = {"grid": "n1", "name": "赵三"}
BRANCH: Mapping[str, Any] = {"grid": "north", "name": "b"}
FIRM: Mapping[str, Any] = {"grid": "north", "name": "f", "kind": "enterprise"}
REGIONAL = first("createPartyBranch", **BRANCH, kind="regional_committee")
PARTS: list[dict[str, Any]] = [{"name": "a"}, {"name": "b", "remainder": True}]

GRIDS = (
    no("level_order", "createGrid", parent="n1", name="x", level="community"),
    no("side_below_community", "createGrid", parent="town", name="x", level="estate"),
    no("bad_character", "createGrid", parent="north", name="a\u202eb", level="grid"),
    no("one_line", "createGrid", parent="north", name="a\nb", level="grid"),
    no(
        "code_taken",
        "updateGrid",
        first("updateGrid", grid="n1", version=1, code="c"),
        grid="n2",
        version=1,
        code="c",
    ),
    no("grid_below_itself", "moveGrid", grid="north", to="n1"),
    no("already_there", "moveGrid", grid="n1", to="north"),
    no("level_order", "moveGrid", grid="north", to="s1"),
    no("too_few", "mergeGrids", grids=[], into="n1"),
    no("too_many", "mergeGrids", grids=["n2"] * 51, into="n1"),
    no("missing", "createGrid", parent="north", name="x", level="grid", covers=None),
    no("merge_levels", "mergeGrids", grids=["n11"], into="n1"),
    no("merge_levels", "mergeGrids", grids=["n1"], into="n1"),
    no("split_remainder", "splitGrid", grid="n2", parts=[{"name": "a"}, {"name": "b"}]),
    no("split_remainder", "splitGrid", grid="city", parts=PARTS),
    no("split_children", "splitGrid", grid="n1", parts=PARTS),
    no("split_children", "splitGrid", grid="n2", parts=[{"name": "a", "children": ["n1"]}, PARTS[1]]),
    no("grid_not_empty", "closeGrid", grid="n1"),
)
PEOPLE = (
    no("household_elsewhere", "createResident", grid="n2", name="x", household="north_home"),
    no("bad_id_number", "createResident", **PERSON, idNumber="110105194912310021"),
    no("birth_date_differs", "createResident", **PERSON, idNumber=NUMBER, birthDate="1950-01-01"),
    no(
        "id_number_taken",
        "createResident",
        first("createResident", **PERSON, idNumber=NUMBER),
        **PERSON,
        idNumber=NUMBER,
    ),
    no(
        "id_number_taken",
        "updateResident",
        first("createResident", **PERSON, idNumber=NUMBER),
        resident="north_li",
        version=1,
        idNumber=NUMBER,
    ),
    no("already_there", "moveResident", resident="north_li", to="n1"),
    no("household_elsewhere", "moveResident", resident="north_li", to="n2", household="north_home"),
    no("end_day", "endResidence", residence="north_office", until="1999-01-01"),
    no("end_day", "endResidence", residence="north_office", until="2199-01-01"),
    no("head_elsewhere", "updateHousehold", household="north_home", version=1, head="north_li"),
    no("household_not_empty", "closeHousehold", household="north_home"),
    no("already_there", "moveHousehold", household="north_home", to="n1"),
    no("dwelling_elsewhere", "createHousehold", grid="n2", label="x", dwelling="north_flat"),
    no("dwelling_exists", "createDwelling", grid="n1", building="1", room="101"),
    no("dwelling_exists", "updateDwelling", dwelling="north_hut", version=1, building="1", room="101"),
    no("dwelling_in_use", "closeDwelling", dwelling="north_flat"),
    no("occupancy_exists", "addOccupancy", dwelling="north_flat", resident="north_wang", kind="owner"),
)
PARTY = (
    no("branch_below_itself", "movePartyBranch", partyBranch="north_committee", to="north_branch"),
    no("already_there", "movePartyBranch", partyBranch="north_branch", to="north_committee"),
    no("group_without_branch", "movePartyBranch", partyBranch="north_group", to="north_committee"),
    no("branch_has_children", "closePartyBranch", partyBranch="north_committee"),
    no(
        "branch_has_members",
        "closePartyBranch",
        first("addMembership", member="north_li", joins="north_other", kind="full"),
        partyBranch="north_other",
    ),
    no("group_holds_no_members", "addMembership", member="north_li", joins="north_group", kind="full"),
    no(
        "group_holds_no_members",
        "updatePartyBranch",
        first("createPartyBranch", **BRANCH, kind="branch", parent="north_branch"),
        first("addMembership", member="north_li", joins="$0", kind="full"),
        partyBranch="$0",
        version=1,
        kind="group",
    ),
    no("group_without_branch", "createPartyBranch", **BRANCH, kind="group", parent="north_committee"),
    no("group_without_branch", "createPartyBranch", **BRANCH, kind="group"),
    no("group_without_branch", "updatePartyBranch", partyBranch="north_branch", version=1, kind="committee"),
    no("nothing_below_group", "createPartyBranch", **BRANCH, kind="branch", parent="north_group"),
    no(
        "regional_coordinates",
        "createPartyBranch",
        REGIONAL,
        **BRANCH,
        kind="branch",
        parent="$0",
        relation="leads",
    ),
    no(
        "regional_coordinates",
        "movePartyBranch",
        REGIONAL,
        partyBranch="north_branch",
        to="$0",
        relation="leads",
    ),
    no(
        "regional_coordinates",
        "updatePartyBranch",
        partyBranch="north_committee",
        version=1,
        kind="regional_committee",
    ),
)
BODIES = (
    no("bad_credit_code", "createOrganization", **FIRM, creditCode="911100006000373410"),
    no(
        "credit_code_taken",
        "createOrganization",
        first("createOrganization", **FIRM, creditCode=CODE),
        **FIRM,
        creditCode=CODE,
    ),
    no(
        "organization_below_itself",
        "updateOrganization",
        organization="north_team",
        version=1,
        parent="north_team",
    ),
    no(
        "organization_below_itself",
        "updateOrganization",
        first("updateOrganization", organization="north_firm", version=1, parent="north_team"),
        organization="north_team",
        version=1,
        parent="north_firm",
    ),
    no("organization_in_use", "closeOrganization", organization="north_team"),
    no(
        "organization_in_use",
        "closeOrganization",
        first("createOrganization", **FIRM, parent="north_firm"),
        organization="north_firm",
    ),
    no("ends_before_start", "createProject", grid="n1", name="x", startsOn="2026-02-02", endsOn="2026-02-01"),
    no("too_much", "createProject", grid="n1", name="x", budgetFen="1000000000000001"),
    no("bad_form", "createProject", grid="n1", name="x", budgetFen="1.5"),
    no("too_long", "createProject", grid="n1", name="x" * 121),
    no("too_short", "createProject", grid="n1", name=" "),
    no("too_high", "createProject", grid="n1", name="x", startsOn="2200-01-02"),
    no("too_low", "updateProject", project="north_project", version=0),
    no("invalid_value", "changeProjectState", project="north_project", state="done"),
    no("project_state", "changeProjectState", project="north_project", state="running"),
    no("project_state", "changeProjectState", project="north_project", state="draft"),
    no("note_only_on_acceptance", "changeProjectState", project="north_project", state="open", note="x"),
    no("party_exists", "addProjectParty", project="north_project", party="north_team", role="contractor"),
)
TIES = (
    no("member_of_itself", "addMembership", member="north_team", joins="north_team", kind="member"),
    no("membership_exists", "addMembership", member="north_wang", joins="north_team", kind="member"),
    no("membership_kind", "addMembership", member="north_li", joins="north_team", kind="full"),
    no("membership_kind", "addMembership", member="north_li", joins="north_branch", kind="member"),
    no("membership_kind", "updateMembership", membership="north_comrade", version=1, kind="member"),
    no("organization_as_member", "addMembership", member="north_firm", joins="north_branch", kind="full"),
    no("party_relation_held", "addMembership", member="north_wang", joins="north_other", kind="probationary"),
    no(
        "party_relation_held",
        "updateMembership",
        first("addMembership", member="north_wang", joins="north_other", kind="delegate"),
        membership="$0",
        version=1,
        kind="full",
    ),
    no("post_held", "appointPost", resident="north_wang", at="n1", kind="core_household"),
    no("unknown_relationship", "relate", type="knows", subject="north_wang", object="north_li"),
    no("no_terms", "relate", type="meets", subject="north_wang", object="north_li", terms={"a": 1}),
    no("missing", "relate", type="helps", subject="north_li", object="north_wang", terms={}),
    no("related_to_itself", "relate", type="meets", subject="north_li", object="north_li"),
    no(
        "relationship_exists",
        "relate",
        type="helps",
        subject="north_wang",
        object="north_li",
        terms={"hours": 1},
    ),
    no("bad_id", "relate", type="helps", subject="north_home", object="north_li"),
    no("bad_id", "endPost", post="north_wang"),
)
RIGHTS = (
    no("account_taken", "createAccount", name="root", displayName="x"),
    no("resident_bound", "createAccount", name="new", displayName="x", resident="north_wang"),
    no("own_account", "closeAccount", account="$root"),
    no("own_role", "assignRole", account="$root", role="grid_worker", anchor="n1"),
    no("own_role", "revokeRole", assignment="$role"),
    no("unknown_role", "assignRole", account="north_account", role="king", anchor="n1"),
    no("unknown_role", "assignRole", account="north_account", role="public", anchor="n1"),
    no("role_anchor", "assignRole", account="north_account", role="secretary", anchor="n1"),
    no("role_held", "assignRole", account="north_account", role="grid_worker", anchor="n1"),
    no(
        "ends_before_start",
        "assignRole",
        account="north_account",
        role="reader",
        anchor="n1",
        until="2020-01-01",
    ),
)
REFUSED = (*GRIDS, *PEOPLE, *PARTY, *BODIES, *TIES, *RIGHTS)
