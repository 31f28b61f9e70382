"""The deeds of the credit bank."""

from .activities import claim_activity, decide_activity, record_activity
from .agreements import accept_agreement, end_agreement, move_points, propose_agreement, settle_agreement
from .appeals import decide_appeal, raise_appeal, receive_appeal
from .awards import decide_award, prepare_award
from .banks import close_credit_bank, open_credit_bank, update_credit_bank
from .gifts import give_points
from .measures import publish_measure, withdraw_measure
from .members import join_credit_bank, leave_credit_bank
from .offers import publish_offer, stock_offer, withdraw_offer
from .places import end_model_place, name_model_place
from .redemptions import cancel_redemption, hand_over_redemption, redeem_offer
from .sessions import check_in, close_check_in, open_check_in

VERBS = (
    *(open_credit_bank, update_credit_bank, close_credit_bank),
    *(join_credit_bank, leave_credit_bank),
    *(publish_measure, withdraw_measure),
    *(record_activity, claim_activity, decide_activity),
    *(open_check_in, close_check_in, check_in),
    *(prepare_award, decide_award),
    *(publish_offer, stock_offer, withdraw_offer),
    *(redeem_offer, hand_over_redemption, cancel_redemption),
    give_points,
    *(raise_appeal, receive_appeal, decide_appeal),
    *(propose_agreement, accept_agreement, end_agreement, move_points, settle_agreement),
    *(name_model_place, end_model_place),
)

__all__ = ["VERBS"]
