"""Make a plan: the actions that the rules found, in the catalogue's order, with urgency and revenue at risk."""

from collections.abc import Iterator
from dataclasses import replace

from intelligence.contract.facts import Conversation
from intelligence.contract.results import Plan, PlannedAction, Provenance
from intelligence.planning import order_actions, talking_points, topic_actions
from intelligence.planning.catalogue import MOST, PLACE, RETAINING, Key
from intelligence.planning.figure_texts import counted
from intelligence.planning.situation import NEGLECTED, Situation
from intelligence.profiles.analysis import SOURCE

MODEL_VERSION = "plan-rules 1"
# Actions that remain after the agent has replied.
LASTING = frozenset(
    {
        Key.SAFETY,
        Key.DISPUTE,
        Key.STOP_ORDER,
        Key.CORRECT_ADDRESS,
        Key.CHASE_SHIPMENT,
        Key.TRACE_PARCEL,
        Key.DECIDE_REFUND,
        Key.DECIDE_REPLACEMENT,
        Key.MERGE,
    }
)


def plan(conversation: Conversation) -> Plan:
    """The next best actions of the ticket; a closed ticket has none. The same facts make the same plan."""
    s = Situation(conversation)
    provenance = Provenance(SOURCE, MODEL_VERSION, reasons=tuple(_reasons(s)))
    if s.closed:
        return Plan(provenance, revenue_at_risk=s.revenue_at_risk)
    found = {(action.key, action.about): action for action in _found(s)}
    ordered = sorted(found.values(), key=lambda action: PLACE[Key(action.key)])[:MOST]
    actions = tuple(_weighed(s, action, place) for place, action in enumerate(ordered, 1))
    waits = bool(s.unanswered)
    return Plan(
        provenance,
        actions,
        tuple(talking_points.warnings(s)),
        tuple(talking_points.talking_points(s)) if waits or not conversation.ticket.messages else (),
        priority(s),
        s.revenue_at_risk,
    )


def _found(s: Situation) -> Iterator[PlannedAction]:
    every = [*topic_actions.cannot_wait(s)]
    if not s.pleased:
        every += [*order_actions.which_order(s), *order_actions.about_order(s)]
    every += [*topic_actions.topics(s), *topic_actions.customer(s)]
    messages = s.conversation.ticket.messages
    if messages and not s.unanswered:
        yield from (action for action in every if action.key in LASTING)
        yield from topic_actions.nobody_waits(s)
        return
    if s.unanswered and not every:
        every.append(topic_actions.plain_answer(s))
    yield from every


def _weighed(s: Situation, action: PlannedAction, place: int) -> PlannedAction:
    risk = s.revenue_at_risk if action.key in RETAINING else None
    return replace(action, priority=place, revenue_at_risk=risk)


def priority(s: Situation) -> str:
    """Priority of the ticket's actions: urgent, high or normal.

    - urgent: harm or fire, a payment dispute, an unshipped order to stop or redirect, a very unhappy valuable customer who
      is likely to leave, or a ticket that agents marked urgent
    - high: escalation, a repeated question, an unhappy customer, a late order, a complaint of a customer who is valuable,
      likely to leave or has waited two days, or a ticket marked high
    - normal: everything else, and any ticket that waits for the customer; there only the ticket's own mark counts, and harm
      and disputes are high
    """
    marked = s.conversation.ticket.priority
    grave = s.safety or s.disputed
    if s.conversation.ticket.messages and not s.unanswered:
        return marked if marked in ("urgent", "high") else "high" if grave else "normal"
    stops = s.about in ("cancel", "wrong_address") and s.state == "unfulfilled"
    if marked == "urgent" or grave or stops or (s.furious and s.valued and s.at_risk):
        return "urgent"
    late = s.about == "shipping" and (s.late_to_ship or s.late_to_arrive)
    complaint = s.complains and (s.valued or s.at_risk or s.waiting >= NEGLECTED)
    asked_again = s.rounds >= 2 and not s.pleased
    if marked == "high" or "escalation" in s.tags or asked_again or s.unhappy or late or complaint:
        return "high"
    return "normal"


def _reasons(s: Situation) -> Iterator[str]:
    ticket, orders_known = s.conversation.ticket, len(s.conversation.customer.orders)
    tags = f", tagged {', '.join(sorted(s.tags))}" if s.tags else ", without tags"
    yield (
        f"From {counted(len(ticket.messages), 'message')} and {counted(orders_known, 'order')}{tags}, by fixed rules; "
        "nobody has measured what they change."
    )
    if s.closed:
        yield "The ticket is closed."
    analysis = s.conversation.analysis
    if analysis is None or analysis.churn_risk is None:
        yield "Without orders nothing is predicted, so no revenue is at risk by the record."
    else:
        yield f"Churn risk and revenue at risk: {analysis.provenance.model_version}."
