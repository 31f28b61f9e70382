"""What the credit bank adds to the schema."""

from linli_graphql.declare.fields import Connection, ToOne
from linli_graphql.declare.registry import Extension, PluginSchema
from linli_graphql.nodes.grid import below

from .banks import AGREEMENT, BANK, MEMBER, MODEL_PLACE
from .earning import ACTIVITY, AWARD, CHECK_IN_CODE, MEASURE, SESSION
from .spending import APPEAL, OFFER, REDEMPTION, REDEMPTION_CODE
from .tools import TOOL_ROOTS, TOOL_TYPES

__all__ = ["SCHEMA", "PluginSchema"]

SCHEMA = PluginSchema(
    types=(
        *(BANK, MEMBER, AGREEMENT, MODEL_PLACE),
        *(MEASURE, SESSION, CHECK_IN_CODE, ACTIVITY, AWARD),
        *(OFFER, REDEMPTION, REDEMPTION_CODE, APPEAL),
        *TOOL_TYPES,
    ),
    extensions=(
        Extension(
            "Grid",
            {
                "creditBanks": Connection(
                    target="CreditBank", on=below, subtree=True, description="Banks here and below."
                ),
                "modelPlaces": Connection(
                    target="ModelPlace",
                    on=below,
                    subtree=True,
                    description="Places named as models, here and below.",
                ),
            },
        ),
        Extension(
            "Resident",
            {
                "creditMemberships": Connection(
                    target="CreditMember",
                    on=lambda row, to: to.c.resident_id == row.c.id,
                    description="The person's memberships of banks.",
                )
            },
        ),
        Extension(
            "Organization",
            {
                "creditMemberships": Connection(
                    target="CreditMember",
                    on=lambda row, to: to.c.organization_id == row.c.id,
                    description="The organisation's memberships of banks.",
                )
            },
        ),
        Extension(
            "BookAccount",
            {
                "creditMember": ToOne(
                    target="CreditMember",
                    on=lambda row, to: to.c.account_id == row.c.id,
                    description="The membership whose points these are; null for other accounts.",
                )
            },
        ),
    ),
    roots={
        "creditBanks": Connection(target="CreditBank", description="Banks that the caller may see."),
        "creditMembers": Connection(target="CreditMember", description="Members that the caller may see."),
        "creditMeasures": Connection(target="CreditMeasure", description="Lines of all measure tables."),
        "checkIns": Connection(target="CheckIn", description="Activities at which members check in."),
        "creditActivities": Connection(
            target="CreditActivity", description="Activities that the caller may see."
        ),
        "creditAwards": Connection(target="CreditAward", description="Awards that the caller may see."),
        "creditOffers": Connection(target="CreditOffer", description="All that can be had for points."),
        "creditRedemptions": Connection(
            target="CreditRedemption", description="Redemptions that the caller may see."
        ),
        "creditAppeals": Connection(target="CreditAppeal", description="Appeals that the caller may see."),
        "creditAgreements": Connection(target="CreditAgreement", description="Agreements between banks."),
        "modelPlaces": Connection(target="ModelPlace", description="Places named as models."),
        **TOOL_ROOTS,
    },
)
