"""The closed lists of what things can be; `docs` and the schema show them with their labels."""

from typing import Literal

OrganizationKind = Literal[
    "department",
    "street_office",
    "town_government",
    "public_service_centre",
    "party_service_centre",
    "residents_committee",
    "villagers_committee",
    "village_supervision_committee",
    "rural_collective",
    "owners_assembly",
    "owners_committee",
    "property_management_committee",
    "property_company",
    "enterprise",
    "shop",
    "market",
    "public_institution",
    "school",
    "hospital",
    "court",
    "social_organization",
    "social_work_agency",
    "social_enterprise",
    "foundation",
    "charity_federation",
    "federation",
    "association",
    "mass_organization",
    "special_committee",
    "mediation_committee",
    "station",
    "volunteer_team",
    "informal_team",
]
LegalForm = Literal[
    "company",
    "partnership",
    "sole_proprietorship",
    "individual_business",
    "cooperative",
    "government_body",
    "public_institution",
    "social_group",
    "social_service_institution",
    "foundation",
    "grassroots_self_governance",
    "rural_collective",
    "unincorporated",
]
OrganizationRole = Literal["resident_unit", "hub", "new_economic_or_social", "co_building_unit"]
BranchKind = Literal[
    "working_committee",
    "committee",
    "general_branch",
    "branch",
    "joint_branch",
    "provisional_branch",
    "mobile_branch",
    "group",
    "regional_committee",
]
MembershipKind = Literal[
    "full", "probationary", "part_time_member", "delegate", "reported_in", "instructor", "member"
]
PostKind = Literal[
    "grid_leader",
    "grid_worker",
    "micro_grid_leader",
    "building_leader",
    "unit_leader",
    "residents_group_leader",
    "villagers_group_leader",
    "core_household",
    "instructor",
    "stretch_cadre",
    "visiting_judge",
    "visiting_police",
]
PartyRole = Literal["initiator", "purchaser", "funder", "contractor", "claimant", "beneficiary"]
ProjectState = Literal["draft", "open", "claimed", "running", "accepted", "closed", "cancelled"]
