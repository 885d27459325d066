"""Actions about the order in question, by its state."""

from collections.abc import Iterator

from intelligence.contract.facts import OrderFacts
from intelligence.contract.results import PlannedAction
from intelligence.drafting import record_values
from intelligence.planning.catalogue import Key
from intelligence.planning.figure_texts import counted, day, days, joined, money, sentence, titled
from intelligence.planning.situation import Situation

_STANDS = {
    "unfulfilled": "is not shipped",
    "partial": "is shipped in part",
    "shipped": "is shipped and not recorded as delivered",
    "delivered": "is recorded as delivered",
    "returned": "is recorded as returned",
    "cancelled": "is cancelled",
    "refunded": "is recorded as refunded",
}
_PHOTOGRAPHED = frozenset({"damaged", "wrong_item"})
BACK = frozenset({"returned", "cancelled", "refunded"})


def act(key: Key, action: str, reasoning: str, about: str = "", cost: float | None = None) -> PlannedAction:
    return PlannedAction(key, action, 0, reasoning, cost=cost, about=about)


def fact(s: Situation, order: OrderFacts) -> str:
    """What the record says about the order, as a sentence."""
    if s.ahead(order):
        return f"{sentence(titled(order))} is dated {day(order.placed_at)}, in the future."
    if s.state == "unclear":
        return (
            f"{sentence(titled(order))} of {day(order.placed_at)} is {order.status} by its status and "
            f"{order.fulfillment_status} by its fulfilment."
        )
    return f"{sentence(titled(order))} of {day(order.placed_at)} {_STANDS[s.state]}."


def left(order: OrderFacts) -> float:
    """The part of the total that is not refunded."""
    return round(max(order.total - order.refunded, 0.0), 2)


def amount(order: OrderFacts) -> str:
    if not order.refunded:
        return money(order.total, order.currency)
    return f"{money(left(order), order.currency)} left of {money(order.total, order.currency)}"


def which_order(s: Situation) -> Iterator[PlannedAction]:
    """The action that finds out which order is meant."""
    how = s.choice.how
    if how == "foreign":
        yield act(
            Key.VERIFY_ORDER,
            "Verify who placed the order that is named before saying anything about it",
            "The order number in the conversation is none of this customer's orders.",
        )
    elif how == "several":
        listed = joined(titled(order) for order in s.choice.candidates[:3])
        more = len(s.choice.candidates) - 3
        yield act(
            Key.ASK_WHICH,
            "Ask which order it is about",
            f"It can be {listed}{f' or one of {more} more' if more > 0 else ''}.",
            about=s.last_said,
        )
    elif how == "none" and s.needs_order:
        count = len(s.conversation.customer.orders)
        known = f"none of their {counted(count, 'order')} fits" if count else "no order is on record for this customer"
        why = f"The conversation names no order of theirs, and {known}."
        yield act(Key.ASK_ORDER, "Ask for the order number", why, about=s.last_said)


def about_order(s: Situation) -> Iterator[PlannedAction]:
    order = s.order
    if s.about in _PHOTOGRAPHED and not s.matter.given and len(s.said) < 2:
        what = "the damage" if s.about == "damaged" else "what arrived"
        why = f"The conversation is tagged {s.about.replace('_', ' ')}, and its text tells of no photo."
        yield act(Key.ASK_PHOTO, f"Ask for a photo of {what}", why, about=s.last_said)
    if order is None:
        return
    if s.state == "unclear":
        yield act(
            Key.CHECK_RECORD, f"Check {titled(order)} in the shop before answering", fact(s, order), about=order.number
        )
    rule = {
        "shipping": _shipping,
        "wrong_address": _address,
        "cancel": _cancel,
        "return": _return,
        "refund": _refund,
        "damaged": _faulty,
        "wrong_item": _faulty,
        "missing": _faulty,
    }.get(s.about)
    if rule:
        yield from rule(s, order)


def _shipping(s: Situation, order: OrderFacts) -> Iterator[PlannedAction]:
    said, age = fact(s, order), days(s.age_in_days(order))
    if s.state in ("unfulfilled", "partial"):
        late = f" It was placed {age} ago." if s.late_to_ship else ""
        does = f"Find out why {titled(order)} has not shipped" if late else f"Find out when {titled(order)} ships"
        if s.state == "partial":
            does = f"Find out where the rest of {titled(order)} is"
        yield act(Key.CHASE_SHIPMENT, does, said + late, order.number)
    elif s.state == "shipped" and s.late_to_arrive:
        yield act(
            Key.TRACE_PARCEL,
            f"Ask {_carrier(order)} to trace {_parcels(order)}of {titled(order)}",
            f"{said} It was placed {age} ago.",
            order.number,
        )
        yield _replace_or_refund(s, order, f"{said} Decide once the trace has an answer.")
    elif s.state == "shipped":
        yield act(Key.CHECK_TRACKING, f"Check {_parcels(order)}with {_carrier(order)}", said, order.number)
    elif s.state == "delivered":
        yield act(
            Key.CHECK_DELIVERY,
            f"Ask {_carrier(order)} for proof of delivery of {titled(order)}",
            f"{said} The customer asks about shipping.",
            order.number,
        )
        yield _replace_or_refund(s, order, f"{said} Decide once the proof of delivery is there.")
    elif s.state in BACK:
        yield _explain(s, order)


def _address(s: Situation, order: OrderFacts) -> Iterator[PlannedAction]:
    if s.state == "unfulfilled":
        yield act(
            Key.CORRECT_ADDRESS, f"Correct the address of {titled(order)} before it ships", fact(s, order), order.number
        )
    elif s.state in ("partial", "shipped"):
        yield act(
            Key.REDIRECT_PARCEL,
            f"Ask {_carrier(order)} whether {_parcels(order)}can still be redirected",
            fact(s, order),
            order.number,
        )
    elif s.state != "unclear":
        yield _explain(s, order)


def _cancel(s: Situation, order: OrderFacts) -> Iterator[PlannedAction]:
    if s.state == "unfulfilled":
        yield act(
            Key.STOP_ORDER,
            f"Decide now whether to cancel {titled(order)} ({amount(order)})",
            f"{fact(s, order)} It can ship at any time.",
            order.number,
            left(order) or None,
        )
    elif s.state == "cancelled":
        yield from _settled(s, order)
    elif s.state != "unclear":
        yield _explain(s, order)


def _return(s: Situation, order: OrderFacts) -> Iterator[PlannedAction]:
    if s.state in BACK:
        yield from _settled(s, order)
    elif s.state == "delivered":
        yield act(
            Key.CHECK_RETURN,
            f"Check whether {titled(order)} can be returned under your terms",
            f"{fact(s, order)} It was placed {days(s.age_in_days(order))} ago.",
            order.number,
        )
    elif s.state != "unclear":
        yield _explain(s, order)


def _refund(s: Situation, order: OrderFacts) -> Iterator[PlannedAction]:
    if s.state in BACK or order.refunded:
        yield from _settled(s, order)
    else:
        yield from _decide_refund(order, fact(s, order))


def _faulty(s: Situation, order: OrderFacts) -> Iterator[PlannedAction]:
    if s.state in BACK or order.refunded:
        yield from _settled(s, order)
    elif s.state != "unclear":
        yield _replace_or_refund(s, order, fact(s, order))


def _settled(s: Situation, order: OrderFacts) -> Iterator[PlannedAction]:
    """For an order that ended or was partly refunded: what is settled, and what is left to decide."""
    if order.refunded:
        yield act(
            Key.CONFIRM_REFUND,
            f"Tell the customer of the refund of {money(order.refunded, order.currency)} for {titled(order)}",
            f"{sentence(titled(order))} has {money(order.refunded, order.currency)} of "
            f"{money(order.total, order.currency)} recorded as refunded.",
            order.number,
        )
        return
    if s.state == "refunded":
        yield act(
            Key.CHECK_RECORD,
            f"Check how much was refunded for {titled(order)}",
            f"{fact(s, order)} No refunded amount is recorded.",
            order.number,
        )
        return
    yield from _decide_refund(order, f"{fact(s, order)} No refund is recorded.")


def _decide_refund(order: OrderFacts, why: str) -> Iterator[PlannedAction]:
    if left(order):
        yield act(
            Key.DECIDE_REFUND,
            f"Decide whether to refund {titled(order)} ({amount(order)})",
            why,
            order.number,
            left(order),
        )
    else:
        yield act(
            Key.EXPLAIN_STATE,
            f"Explain that nothing was charged for {titled(order)}",
            f"{sentence(titled(order))} has a total of {money(order.total, order.currency)}.",
            order.number,
        )


def _replace_or_refund(s: Situation, order: OrderFacts, why: str) -> PlannedAction:
    # The cost of a replacement is not recorded; the amount of a refund is.
    if not left(order):
        return act(Key.DECIDE_REPLACEMENT, f"Decide whether to replace {titled(order)}", why, order.number)
    return act(
        Key.DECIDE_REPLACEMENT,
        f"Decide whether to replace or refund {titled(order)} ({amount(order)})",
        why,
        order.number,
        left(order),
    )


def _explain(s: Situation, order: OrderFacts) -> PlannedAction:
    what = {
        "partial": "is partly shipped, and what is still possible",
        "shipped": "is already shipped, and what is still possible",
        "delivered": "is already delivered, and what is still possible",
        "unfulfilled": "is not shipped",
        "returned": "came back",
        "cancelled": "is cancelled",
        "refunded": "is refunded",
    }[s.state]
    return act(Key.EXPLAIN_STATE, f"Explain that {titled(order)} {what}", fact(s, order), order.number)


def _carrier(order: OrderFacts) -> str:
    return record_values.carrier(order.carrier) or "the carrier"


def _parcels(order: OrderFacts) -> str:
    """“parcel X ” or “the parcels X and Y ”; “the parcel ” without numbers."""
    numbers = [number for number in map(record_values.tracking_number, order.tracking_numbers) if number]
    if not numbers:
        return "the parcel "
    return f"parcel {numbers[0]} " if len(numbers) == 1 else f"the {counted(len(numbers), 'parcel')} "
