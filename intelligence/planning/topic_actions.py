"""Actions that do not depend on an order: urgent topics, topics without an order, the customer."""

from collections.abc import Iterator

from intelligence.contract.results import PlannedAction
from intelligence.planning.catalogue import Key
from intelligence.planning.figure_texts import counted, day, days, language, money, sentence, span, times, titled
from intelligence.planning.order_actions import act
from intelligence.planning.situation import QUIET, Situation

_TOPICS = {
    "subscription": (
        Key.CHECK_SUBSCRIPTION,
        "Look up the subscription in the shop and note what the customer wants changed",
        "The conversation is tagged subscription; the record here holds orders, not subscriptions.",
    ),
    "account": (
        Key.CHECK_ACCOUNT,
        "Verify that it is their account before changing it",
        "The conversation is tagged account.",
    ),
    "stock": (Key.CHECK_STOCK, "Look up the stock in the shop", "The customer asks whether an article is in stock."),
    "product_question": (
        Key.CHECK_PRODUCT,
        "Look up the answer in the product's data before writing",
        "The conversation is tagged product question.",
    ),
}


def cannot_wait(s: Situation) -> Iterator[PlannedAction]:
    ticket = s.conversation.ticket
    if s.safety:
        yield act(
            Key.SAFETY,
            "Hand it at once to whoever handles product safety, and answer personally",
            "The customer's words speak of harm or fire.",
        )
    if s.disputed:
        yield act(
            Key.DISPUTE,
            "Hand it to whoever handles payment disputes before answering",
            "The conversation is tagged chargeback or fraud.",
        )
    if s.overdue and not s.disputed:  # a premature reply can harm the dispute
        why = f"The customer has waited {span(s.waiting)} for an answer"
        why += f" and written {times(s.rounds)}." if s.rounds >= 2 else "."
        yield act(Key.ANSWER_NOW, "Answer now, with what is known so far", why, about=s.last_said)
    if not ticket.messages:
        yield act(
            Key.FIRST_CONTACT,
            "Write to the customer first",
            f"The ticket of {day(ticket.created_at)} has no message yet.",
        )
    if s.foreign_language and s.unanswered:
        spoken = language(s.foreign_language)
        yield act(
            Key.LANGUAGE,
            f"Answer in {spoken}, or hand it to a colleague who writes it",
            f"The customer writes {spoken}; drafts are in English, German, French and Spanish.",
            about=s.last_said,
        )
    if "escalation" in s.tags and s.unanswered:
        yield act(
            Key.HAND_UP,
            "Hand it to a senior agent, or answer with one",
            "The conversation is tagged escalation.",
        )


def topics(s: Situation) -> Iterator[PlannedAction]:
    """Actions for topics that need no order, or only compare with one."""
    if s.pleased:
        yield from _good(s)
        return
    order = s.order
    if s.about == "billing":
        yield act(
            Key.CHECK_CHARGES,
            f"Compare the charge with {titled(order)}"
            if order
            else "Compare the charge with the shop's payment record",
            f"{sentence(titled(order))} of {day(order.placed_at)} has a total of {money(order.total, order.currency)}."
            if order
            else "The conversation is tagged billing, and no single recent order is meant.",
            about=order.number if order else "",
        )
    if s.about in ("billing", "cancel", "refund") and s.twins:
        first, second = s.twins
        yield act(
            Key.CHECK_TWICE,
            f"Check whether {titled(second)} repeats {titled(first)}",
            f"Both have a total of {money(first.total, first.currency)}; they were placed on {day(first.placed_at)} and "
            f"{day(second.placed_at)}.",
            about=second.number,
        )
    if s.disputed and order:
        tracked = (
            counted(len(order.tracking_numbers), "tracking number") if order.tracking_numbers else "no tracking number"
        )
        yield act(
            Key.COLLECT_EVIDENCE,
            f"Collect the payment and delivery record of {titled(order)}",
            f"{sentence(titled(order))} of {day(order.placed_at)}: total {money(order.total, order.currency)}, {tracked}.",
            about=order.number,
        )
    if s.about == "discount":
        yield _discount(s)
    if s.about in _TOPICS:
        yield act(*_TOPICS[s.about])


def _discount(s: Situation) -> PlannedAction:
    order = s.order
    if order and order.discount > 0:
        return act(
            Key.CHECK_DISCOUNT,
            f"Compare the discount of {titled(order)} with what the customer expects",
            f"{sentence(titled(order))} has a discount of {money(order.discount, order.currency)}.",
            about=order.number,
        )
    return act(
        Key.CHECK_DISCOUNT,
        "Check whether the code or offer holds, and decide whether to apply it",
        "The conversation is tagged discount.",
    )


def _good(s: Situation) -> Iterator[PlannedAction]:
    why = "The customer's last message is thanks." if s.thanks else "The conversation is tagged praise."
    if s.unanswered:
        yield act(Key.THANK, "Thank the customer in a line, and close the ticket", why, about=s.last_said)


def customer(s: Situation) -> Iterator[PlannedAction]:
    """Actions that the customer's history calls for, whatever the topic."""
    if s.complains and not s.disputed and s.furious and s.ours and (s.valued or s.at_risk):
        yield act(
            Key.DECIDE_GOODWILL,
            "Decide whether a goodwill gesture is due",
            f"A very unhappy customer (sentiment {s.conversation.ticket.sentiment:.2f}) in a matter of yours; {_who(s)}.",
        )
    if s.others:
        count = len(s.others)
        yield act(
            Key.MERGE,
            f"Settle it together with the customer's {'other open ticket' if count == 1 else f'{count:,} other open tickets'}",
            f"{counted(count, 'other ticket')} of this customer {'is' if count == 1 else 'are'} open or pending.",
            about=str(max(s.others, key=lambda one: one.created_at).id),
        )
    if s.complains and s.valued and s.at_risk:
        yield act(Key.FOLLOW_UP, "Follow up personally a few days after it is settled", f"{sentence(_who(s))}.")


def _who(s: Situation) -> str:
    """The customer's value and risk as the profile has them, if they make a difference."""
    analysis = s.conversation.analysis
    parts = ["one of the shop's best customers by spend"] if s.valued else []
    if s.at_risk and analysis and analysis.churn_risk is not None:
        parts.append(f"churn risk {analysis.churn_risk:.2f} ({s.churn_level})")
    return ", ".join(parts)


def nobody_waits(s: Situation) -> Iterator[PlannedAction]:
    """Actions for a conversation whose last message is the agent's: the customer waits for nothing."""
    last = s.conversation.ticket.messages[-1]
    since = s.conversation.now - last.created_at
    if since >= QUIET:
        yield act(
            Key.CLOSE_OR_ASK,
            "Ask once more, or close the ticket",
            f"Your team wrote last, {days(since.days)} ago.",
            about=str(last.id),
        )
    else:
        yield act(
            Key.WAIT, "Wait for the customer's answer", f"Your team wrote last, {span(since)} ago.", about=str(last.id)
        )


def plain_answer(s: Situation) -> PlannedAction:
    """The action if no other rule applies: answer the customer."""
    last = s.unanswered[-1]
    asked = "asks a question" if s.asks else "wrote"
    return act(
        Key.ANSWER,
        "Answer the customer",
        f"The customer {asked}, {span(s.conversation.now - last.created_at)} ago.",
        about=str(last.id),
    )
