"""The plugin's tables by what they are about, and what policies know of their rows."""

from .banks import AGREEMENT, BANK, MEMBER, MODEL_PLACE, agreement, bank, member, model_place
from .earning import ACTIVITY, AWARD, MEASURE, SESSION, activity, award, award_line, measure, session
from .spending import APPEAL, OFFER, REDEMPTION, appeal, offer, redemption

TABLES = (
    *(bank, member, agreement, model_place),
    *(measure, session, activity, award, award_line),
    *(offer, redemption, appeal),
)
RESOURCES = (
    *(BANK, MEMBER, AGREEMENT, MODEL_PLACE),
    *(MEASURE, SESSION, ACTIVITY, AWARD),
    *(OFFER, REDEMPTION, APPEAL),
)

__all__ = [
    "ACTIVITY",
    "AGREEMENT",
    "APPEAL",
    "AWARD",
    "BANK",
    "MEASURE",
    "MEMBER",
    "MODEL_PLACE",
    "OFFER",
    "REDEMPTION",
    "RESOURCES",
    "SESSION",
    "TABLES",
    "activity",
    "agreement",
    "appeal",
    "award",
    "award_line",
    "bank",
    "measure",
    "member",
    "model_place",
    "offer",
    "redemption",
    "session",
]
