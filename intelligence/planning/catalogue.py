"""Everything that a plan can contain, in the order in which a plan lists it.

An action that costs money is a decision for the agent and is worded as one; nothing here tells the customer anything.
"""

from enum import StrEnum


class Key(StrEnum):
    """The catalogue of actions; earlier ones come first in a plan."""

    # Urgent actions.
    SAFETY = "hand_over_safety"
    DISPUTE = "hand_over_dispute"
    STOP_ORDER = "decide_cancellation"
    CORRECT_ADDRESS = "correct_address"
    VERIFY_ORDER = "verify_order_owner"
    ANSWER_NOW = "answer_now"
    FIRST_CONTACT = "first_contact"
    LANGUAGE = "answer_in_language"
    HAND_UP = "hand_to_senior"
    # Questions that identify the request.
    ASK_ORDER = "ask_order_number"
    ASK_WHICH = "ask_which_order"
    CHECK_RECORD = "check_order_record"
    # Investigations.
    CHASE_SHIPMENT = "chase_shipment"
    TRACE_PARCEL = "trace_parcel"
    CHECK_TRACKING = "check_tracking"
    CHECK_DELIVERY = "check_delivery"
    REDIRECT_PARCEL = "ask_redirect"
    EXPLAIN_STATE = "explain_order_state"
    ASK_PHOTO = "ask_photo"
    CHECK_RETURN = "check_return"
    CHECK_CHARGES = "check_charges"
    CHECK_TWICE = "check_duplicate_orders"
    COLLECT_EVIDENCE = "collect_evidence"
    CHECK_DISCOUNT = "check_discount"
    CHECK_SUBSCRIPTION = "check_subscription"
    CHECK_ACCOUNT = "verify_account_owner"
    CHECK_STOCK = "check_stock"
    CHECK_PRODUCT = "check_product"
    CONFIRM_REFUND = "confirm_refund"
    # Decisions that cost money.
    DECIDE_REFUND = "decide_refund"
    DECIDE_REPLACEMENT = "decide_replacement"
    DECIDE_GOODWILL = "decide_goodwill"
    # Other actions.
    SUGGESTED = "suggested"  # an AI service's own words; rules never use this key
    ANSWER = "answer"
    THANK = "thank"
    MERGE = "settle_together"
    FOLLOW_UP = "follow_up_personally"
    WAIT = "wait_for_customer"
    CLOSE_OR_ASK = "close_or_ask"


PLACE = {key: place for place, key in enumerate(Key)}
URGENT = frozenset(key for key in Key if PLACE[key] < PLACE[Key.ASK_ORDER])  # urgent actions, whatever made the plan
MOST = 6  # actions in a plan
# Actions that affect retention: the page shows the revenue at risk beside them.
RETAINING = frozenset(
    {
        Key.ANSWER_NOW,
        Key.HAND_UP,
        Key.CHASE_SHIPMENT,
        Key.TRACE_PARCEL,
        Key.DECIDE_REFUND,
        Key.DECIDE_REPLACEMENT,
        Key.DECIDE_GOODWILL,
        Key.FOLLOW_UP,
    }
)
