"""The closed lists of the credit bank. What is not here cannot earn, and cannot be redeemed."""

from typing import Final, Literal

# Nothing here comes from police, debt, health, petitions or what somebody said: there is no way to write it.
ActivityKind = Literal[
    "volunteering",
    "safety_patrol",
    "safety_training",
    "environment",
    "mutual_help",
    "care",
    "culture_and_sport",
    "deliberation",
    "training",
    "goods_given",
    "venue_opened",
    "community_service",
    "professional_study",
]
Basis = Literal["time", "hour", "item"]
Audience = Literal["residents", "organizations", "everyone"]
OfferKind = Literal["service", "activity", "goods", "venue"]
Thanks = Literal["gift", "help"]

ISSUED: Final = "issued"  # where points come from: below zero by what is in circulation
REDEEMED: Final = "redeemed"  # where spent points go
EXPIRED: Final = "expired"  # where points go that lapsed
MEMBER: Final = "member"
CONSENT: Final = "credit_bank__membership"  # what a guardian agrees to for a child
OWN_ACCOUNTS: Final = (ISSUED, REDEEMED, EXPIRED)
