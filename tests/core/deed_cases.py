"""One good deed for every verb, done by the admin of the north."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CODE = "91110000600037341L"  # a code whose check digit fits, in no use here


@dataclass(frozen=True)
class Case:
    """A deed: names in `data` that a world knows stand for its ids.

    `counts` tells by grid and metric what the deed changes.
    """

    verb: str
    data: Mapping[str, Any]
    topic: str
    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def filled(self, ids: Mapping[str, str]) -> dict[str, Any]:
        return {name: _filled(value, ids) for name, value in self.data.items()}


def _filled(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, ids) for one in value]
    return ids.get(value, value) if isinstance(value, str) else value


def case(verb: str, topic: str, *counts: tuple[str, str, int], **data: Any) -> Case:
    return Case(verb, data, topic, {(grid, metric): number for grid, metric, number in counts})


WANG, LI, HOME, FLAT = "north_wang", "north_li", "north_home", "north_flat"
BRANCH, TEAM, PROJECT = "north_branch", "north_team", "north_project"
HALVES = [{"name": "a", "remainder": True}, {"name": "b", "children": ["n11"]}]

GRIDS = (
    case("createGrid", "grid.created", parent="north", name="n4", level="grid", code="330482", covers=["n1"]),
    case("updateGrid", "grid.updated", grid="n2", version=1, name="new", code="n-2"),
    case("moveGrid", "grid.moved", ("n1", "resident", 0), grid="n11", to="n2", version=1),
    case(
        "mergeGrids", "grid.merged", ("n2", "resident", 2), ("north", "resident", 0), grids=["n1"], into="n2"
    ),
    case("splitGrid", "grid.split", ("north", "resident", 0), grid="n1", parts=HALVES),
    case("closeGrid", "grid.closed", grid="n3", version=1),
)
PEOPLE = (
    case(
        "createResident",
        "resident.created",
        ("n1", "resident", 1),
        ("city", "resident", 1),
        grid="n1",
        name="赵三",
        birthDate="1949-12-31",
        phone="13800138000",
        idNumber="11010519491231002X",
        household=HOME,
    ),
    case(
        "updateResident",
        "resident.updated",
        resident=LI,
        version=1,
        name="李丽",
        phone="13900139000",
        household=HOME,
    ),
    case(
        "moveResident",
        "resident.moved",
        ("n1", "resident", -1),
        ("n2", "resident", 1),
        ("north", "resident", 0),
        resident=WANG,
        to="n2",
        version=1,
    ),
    case(
        "closeResident", "resident.closed", ("north", "resident", -1), resident=WANG, reason="died", version=1
    ),
    case("addResidence", "residence.added", ("n2", "resident", 0), resident=LI, grid="n2", kind="works_here"),
    case("endResidence", "residence.ended", residence="north_office"),
)
HOMES = (
    case(
        "createHousehold", "household.created", ("n1", "household", 1), grid="n1", label="3-1", dwelling=FLAT
    ),
    case(
        "updateHousehold",
        "household.updated",
        household=HOME,
        version=1,
        label="1-102",
        dwelling="north_hut",
        head=WANG,
    ),
    case(
        "moveHousehold",
        "household.moved",
        ("n1", "household", -1),
        ("n2", "household", 1),
        ("n1", "resident", -1),
        ("n2", "resident", 1),
        household=HOME,
        to="n2",
        version=1,
    ),
    case("closeHousehold", "household.closed", ("city", "household", -1), household="north_empty", version=1),
    case("createDwelling", "dwelling.created", grid="n1", estate="北苑", building="1", unit="2", room="102"),
    case("updateDwelling", "dwelling.updated", dwelling=FLAT, version=1, room="103", floorArea="90"),
    case("closeDwelling", "dwelling.closed", dwelling="north_hut", version=1),
    case("addOccupancy", "occupancy.added", dwelling=FLAT, resident=LI, kind="tenant"),
    case("endOccupancy", "occupancy.ended", occupancy="north_owner"),
)
PARTY = (
    case(
        "createPartyBranch",
        "party_branch.created",
        ("n1", "party_branch", 1),
        grid="n1",
        name="网格党支部",
        kind="branch",
        parent="north_committee",
        covers=["n1", "n2"],
        hosts=[TEAM],
    ),
    case(
        "updatePartyBranch",
        "party_branch.updated",
        partyBranch=BRANCH,
        version=1,
        name="联合支部",
        kind="joint_branch",
        covers=["n3"],
        hosts=[TEAM],
    ),
    case("movePartyBranch", "party_branch.moved", partyBranch=BRANCH, to="north_other", version=1),
    case(
        "closePartyBranch",
        "party_branch.closed",
        ("north", "party_branch", -1),
        partyBranch="north_group",
        version=1,
    ),
)
BODIES = (
    case(
        "createOrganization",
        "organization.created",
        ("n2", "organization", 1),
        grid="n2",
        name="物业",
        kind="property_company",
        legalForm="company",
        registration="registered",
        roles=["resident_unit"],
        creditCode=CODE,
        parent="north_firm",
    ),
    case(
        "updateOrganization",
        "organization.updated",
        organization=TEAM,
        version=1,
        officialName="志愿队",
        roles=["hub"],
        parent="north_firm",
    ),
    case(
        "closeOrganization",
        "organization.closed",
        ("north", "organization", -1),
        organization="north_firm",
        version=1,
    ),
    case(
        "createProject",
        "project.created",
        ("n1", "project", 1),
        grid="n1",
        name="凉亭",
        budgetFen="250000",
        organization=TEAM,
        serves=["n1", "n2"],
    ),
    case(
        "updateProject",
        "project.updated",
        project=PROJECT,
        version=1,
        name="长亭",
        category=None,
        organization="north_firm",
        serves=["n3"],
    ),
    case(
        "changeProjectState",
        "project.state_changed",
        ("north", "project", 0),
        project=PROJECT,
        state="open",
        version=1,
    ),
    case("addProjectParty", "project_party.added", project=PROJECT, party=LI, role="initiator"),
    case("endProjectParty", "project_party.ended", projectParty="north_party", version=1),
)
TIES = (
    case(
        "addMembership", "membership.added", member=LI, joins=BRANCH, kind="probationary", position="组织委员"
    ),
    case(
        "updateMembership",
        "membership.updated",
        membership="north_member",
        version=1,
        position="队长",
        group=None,
    ),
    case("endMembership", "membership.ended", membership="north_member", version=1),
    case("appointPost", "post.appointed", resident=LI, at="n1", kind="grid_leader", fullTime=True),
    case("endPost", "post.ended", post="north_post", version=1),
    case("relate", "relationship.created", type="meets", subject=LI, object=HOME),
    case("endRelationship", "relationship.ended", relationship="north_help", version=1),
)
WISHES = (
    case("giveConsent", "consent.given", resident=LI, purpose="core__news", termsVersion=1),
    case("withdrawConsent", "consent.withdrawn", resident=WANG, purpose="core__news"),
    case("requestCorrection", "data_request.opened", resident=LI, wish="改名", field="name", about=LI),
    case(
        "decideCorrection",
        "data_request.decided",
        request="north_wrong",
        accept=False,
        reason="无误",
        version=1,
    ),
    case("requestErasure", "data_request.opened", resident=WANG),
    case("refuseErasure", "data_request.decided", request="north_leaving", reason="须留存", version=1),
    case("eraseResident", "resident.closed", ("north", "resident", -1), request="north_leaving", version=1),
)
RIGHTS = (
    case("createAccount", "", name="li", displayName="李", resident=LI),
    case("updateAccount", "", account="north_account", version=4, displayName="老王", resident=LI),
    case("closeAccount", "", account="north_account"),
    case("assignRole", "role.assigned", account="north_account", role="grid_worker", anchor="n2"),
    case("revokeRole", "role.revoked", assignment="north_role"),
)
CASES = (*GRIDS, *PEOPLE, *HOMES, *PARTY, *BODIES, *TIES, *WISHES, *RIGHTS)
