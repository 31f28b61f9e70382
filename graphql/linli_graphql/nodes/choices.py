"""The enums of the core graph; each value with what it means. Chinese labels are in `locale/`."""

from linli_graphql.declare.kinds import choice

LEVEL = choice(
    "GridLevel",
    "Level of the spine, or kind of side territory.",
    [
        ("province", "Province, municipality or autonomous region."),
        ("city", "Prefecture-level city."),
        ("county", "County, district or county-level city."),
        ("town", "Town, township or street."),
        ("community", "Village or community."),
        ("grid", "Grid."),
        ("micro_grid", "Micro-grid."),
        ("estate", "Residential estate."),
        ("courtyard", "Courtyard."),
        ("building", "Building."),
        ("commercial_building", "Commercial building."),
        ("villager_group", "Villagers' group."),
        ("lane", "Neighbour lane."),
        ("business_district", "Business district."),
        ("park", "Industrial or office park."),
        ("future_community", "Future community."),
    ],
)

BRANCH_KIND = choice(
    "PartyBranchKind",
    "Kind of party organisation.",
    [
        ("working_committee", "Party working committee, of a street."),
        ("committee", "Party committee."),
        ("general_branch", "General party branch."),
        ("branch", "Party branch."),
        ("joint_branch", "Joint party branch."),
        ("provisional_branch", "Provisional party branch."),
        ("mobile_branch", "Party branch of mobile members."),
        ("group", "Party group, part of a branch."),
        ("regional_committee", "Regional party committee: coordinates, does not lead."),
    ],
)

BRANCH_RELATION = choice(
    "PartyBranchRelation",
    "How a party organisation relates to those below it.",
    [("leads", "It leads them."), ("coordinates", "It coordinates them.")],
)

REGISTRATION = choice(
    "Registration",
    "How an organisation is known to the civil affairs office.",
    [("registered", "Registered."), ("filed", "Filed with the street or town."), ("none", "Neither.")],
)

PROJECT_STATE = choice(
    "ProjectState",
    "State of a project.",
    [
        ("draft", "Being written."),
        ("open", "Open for claims."),
        ("claimed", "Claimed."),
        ("running", "Under way."),
        ("accepted", "Done and accepted."),
        ("closed", "Closed."),
        ("cancelled", "Cancelled."),
    ],
)

RESIDENCE_KIND = choice(
    "ResidenceKind",
    "Why a person is tied to a grid.",
    [
        ("lives", "Lives there; the only kind that counts as resident."),
        ("registered_here", "Household registration is there."),
        ("works_here", "Works there."),
        ("serves_here", "Serves there."),
        ("origin_here", "Comes from there."),
    ],
)

MEMBERSHIP_KIND = choice(
    "MembershipKind",
    "Kind of membership.",
    [
        ("full", "Full member."),
        ("probationary", "Probationary party member."),
        ("part_time_member", "Part-time member of a committee."),
        ("delegate", "Delegate."),
        ("reported_in", "Member of another branch who has reported in."),
        ("instructor", "Instructor."),
        ("member", "Member."),
    ],
)

PROJECT_ROLE = choice(
    "ProjectRole",
    "Part that somebody plays in a project.",
    [
        ("initiator", "Started it."),
        ("purchaser", "Buys it."),
        ("funder", "Pays for it."),
        ("contractor", "Carries it out."),
        ("claimant", "Has claimed it."),
        ("beneficiary", "Benefits from it."),
    ],
)

OCCUPANCY_KIND = choice(
    "OccupancyKind",
    "How a person is tied to a dwelling.",
    [("owner", "Owns it."), ("tenant", "Rents it."), ("lives", "Lives in it.")],
)

SENSITIVE_FIELD = choice(
    "SensitiveField",
    "A personal value of a resident.",
    [("phone", "Telephone number."), ("id_number", "Identity number."), ("birth_date", "Date of birth.")],
)

ANCHOR_TYPE = choice(
    "AnchorType",
    "Kind of place at which a role is held.",
    [("grid", "A grid."), ("party_branch", "A party branch."), ("organization", "An organisation.")],
)
