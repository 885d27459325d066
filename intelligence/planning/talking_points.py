"""Warnings and talking points: each states a record, a figure of the profile or a fact of the conversation."""

from collections.abc import Iterator
from datetime import timedelta

from intelligence.planning.figure_texts import counted, day, days, language, money, sentence, span, times, titled
from intelligence.planning.order_actions import amount, fact
from intelligence.planning.situation import NEGLECTED, Situation

LOYAL = 3  # orders that make a customer loyal
NEW = timedelta(days=60)


def warnings(s: Situation) -> Iterator[str]:
    yield from _of_conversation(s)
    yield from _of_orders(s)
    analysis = s.conversation.analysis
    if analysis and s.at_risk and s.silent_days is not None and analysis.horizon_days is not None:
        if s.silent_days > analysis.horizon_days:
            yield (
                f"No order for {days(s.silent_days)}, beyond the horizon of {days(analysis.horizon_days)}: "
                "lapsed, and hard to win back."
            )
        elif s.churn_level == "critical" and analysis.churn_risk is not None:
            yield f"No order for {days(s.silent_days)}; churn risk {analysis.churn_risk:.2f} (critical)."


def _of_conversation(s: Situation) -> Iterator[str]:
    if s.rounds >= 2:
        yield f"The customer wrote {times(s.rounds)} without an answer."
    if s.waiting >= NEGLECTED and not s.pleased:
        yield f"The customer has waited {span(s.waiting)} for an answer."
    if s.disputed:
        yield "A refund beside a running chargeback may pay the customer twice."
    if s.choice.how == "foreign":
        yield "The order that is named does not belong to this customer: reveal nothing of it."
    if len(s.lately) >= 2:
        yield f"This customer opened {counted(len(s.lately), 'other ticket')} in the last 30 days."
    if s.others:
        count = len(s.others)
        yield f"{counted(count, 'other ticket')} of this customer {'waits' if count == 1 else 'wait'}, too: answers may cross."
    if s.foreign_language:
        yield f"Sentiment and topics are not read in {language(s.foreign_language)}, and there is no draft in it."


def _of_orders(s: Situation) -> Iterator[str]:
    orders = s.conversation.customer.orders
    if not orders and s.needs_order:
        yield "No order is on record for this customer; they may have ordered under another address."
    later = [order for order in orders if s.ahead(order)]
    if later:
        named = f", such as {titled(later[-1])} of {day(later[-1].placed_at)}"
        yield f"{counted(len(later), 'order')} {'is' if len(later) == 1 else 'are'} dated in the future{named}: check the record."
    if s.order and s.state == "unclear" and not s.ahead(s.order):
        yield f"{fact(s, s.order)} The record contradicts itself."
    refunded = [order for order in s.counting if order.refunded > 0]
    if s.counting and len(refunded) == len(s.counting):
        yield f"Every order so far ({len(refunded):,}) was refunded in full or in part."
    elif len(refunded) >= 3 and 2 * len(refunded) >= len(s.counting):
        yield f"{len(refunded):,} of {len(s.counting):,} orders were refunded in full or in part."


def talking_points(s: Situation) -> Iterator[str]:
    """Facts to mention in the answer."""
    if s.overdue:
        yield f"Acknowledge the wait of {span(s.waiting)}."
    elif s.ours and s.unhappy:
        yield "Acknowledge the trouble before anything else."
    order = s.order
    if order:
        yield from _of_order(s)
    counting = s.counting
    past = [one for one in counting if not s.ahead(one)]
    if len(past) >= LOYAL and not s.disputed:
        first = min(one.placed_at for one in past)
        yield f"Refer to their loyalty: {counted(len(past), 'order')} since {first:%B %Y}."
    elif len(past) == 1 and s.age(past[0]) <= NEW:
        yield "It is their first order: explain steps that regular customers know."


def _of_order(s: Situation) -> Iterator[str]:
    order = s.order
    assert order is not None  # noqa: S101  the caller looked
    if s.state != "unclear":
        yield fact(s, order)
    if (
        s.state in ("shipped", "partial", "delivered")
        and order.tracking_numbers
        and s.about in ("shipping", "wrong_address")
    ):
        numbers = ", ".join(order.tracking_numbers[:3])
        by = f" with {order.carrier}" if order.carrier else ""
        yield f"Tracking{by}: {numbers}."
    if order.refunded:
        yield f"{sentence(titled(order))}: {money(order.refunded, order.currency)} refunded, {amount(order)}."
