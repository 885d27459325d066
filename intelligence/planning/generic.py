"""A sentence for each action that may be suggested without the rules that would word it: no figure, no order, no promise.

Missing are those that only the course of a conversation can ask for.
"""

from intelligence.planning.catalogue import Key

GENERIC = {
    Key.SAFETY: "Hand it at once to whoever handles product safety, and answer personally",
    Key.DISPUTE: "Hand it to whoever handles payment disputes before answering",
    Key.STOP_ORDER: "Decide whether the order is to be stopped, before it leaves",
    Key.CORRECT_ADDRESS: "Check the address and decide whether it can still be changed",
    Key.VERIFY_ORDER: "Verify who placed the order that is named before saying anything about it",
    Key.HAND_UP: "Hand it to a senior agent, or answer with one",
    Key.ASK_ORDER: "Ask for the order number",
    Key.ASK_WHICH: "Ask which order it is about",
    Key.CHECK_RECORD: "Check the order in the shop before answering",
    Key.CHASE_SHIPMENT: "Find out why the order has not shipped",
    Key.TRACE_PARCEL: "Ask the carrier to trace the parcel",
    Key.CHECK_TRACKING: "Check where the parcel is with the carrier",
    Key.CHECK_DELIVERY: "Ask the carrier how and where the parcel was handed over",
    Key.REDIRECT_PARCEL: "Ask the carrier whether the parcel can still be redirected",
    Key.EXPLAIN_STATE: "Explain where the order stands",
    Key.ASK_PHOTO: "Ask for a photo of what arrived",
    Key.CHECK_RETURN: "Check where the return stands",
    Key.CHECK_CHARGES: "Compare the charge with the shop's payment record",
    Key.CHECK_TWICE: "Check whether one order repeats another",
    Key.COLLECT_EVIDENCE: "Collect the payment and delivery record",
    Key.CHECK_DISCOUNT: "Check whether the code or offer holds, and decide whether to apply it",
    Key.CHECK_SUBSCRIPTION: "Look up the subscription in the shop and note what the customer wants changed",
    Key.CHECK_ACCOUNT: "Verify that it is their account before changing it",
    Key.CHECK_STOCK: "Look up the stock in the shop",
    Key.CHECK_PRODUCT: "Look up the answer in the product's data before writing",
    Key.CONFIRM_REFUND: "Check the refund in the payment record before confirming it",
    Key.DECIDE_REFUND: "Decide whether a refund is due",
    Key.DECIDE_REPLACEMENT: "Decide whether a replacement is due",
    Key.DECIDE_GOODWILL: "Decide whether a goodwill gesture is due",
    Key.ANSWER: "Answer the customer",
    Key.FOLLOW_UP: "Follow up personally a few days after it is settled",
}
