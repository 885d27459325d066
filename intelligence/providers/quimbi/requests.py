"""Build the requests to the Quimbi AI service, with the least data that it accepts."""

from typing import Any

from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.drafting.order_choice import choose
from intelligence.drafting.topic_choice import matter_of
from intelligence.providers.safety.placeholders import Placeholders
from intelligence.providers.safety.plain_text import seen
from intelligence.reading.text import clip
from tickets.channels import find_channel

MESSAGES = 8


def analyze(customer: CustomerFacts) -> dict[str, Any]:
    """Request body: the id alone, as text. The service knows the customer, and echoes other fields."""
    return {"customer_id": customer.known_as, "context": {}}


def message(conversation: Conversation, tone: str, hidden: Placeholders) -> dict[str, Any]:
    """Request body with placeholders for addresses, numbers and names in customers' texts, also if invisible characters split
    them.

    The service has its own record of the customer.
    """
    ticket = conversation.ticket
    return {
        "customer_id": conversation.customer.known_as,
        "conversation_history": [
            {"from_customer": not one.from_agent, "text": hidden.replace(seen(clip(one.content)))}
            for one in ticket.messages[-MESSAGES:]
        ],
        "goal": "resolve_support_issue",
        "channel": ticket.channel,
        "tone": tone,
        "length": "medium" if find_channel(ticket.channel).is_letter else "short",
        "context": _context(conversation),
    }


def actions(conversation: Conversation) -> dict[str, Any]:
    """Request body with the fields of the documentation and those that the server also expects."""
    analysis = conversation.analysis
    archetype = analysis.archetype if analysis else None
    return {
        "customer_id": conversation.customer.known_as,
        "issue_type": _issue(conversation),
        "scenario": "support_ticket",
        "customer_profile": {
            "archetype": {"id": archetype.id, "segments": archetype.segments} if archetype else None,
            "churn_risk": analysis.churn_risk if analysis else None,
        },
        "context": {**_context(conversation), "channel": conversation.ticket.channel},
    }


def _context(conversation: Conversation) -> dict[str, Any]:
    """The order that the conversation is about, if that is certain."""
    order = choose(conversation, matter_of(conversation.ticket).about).order
    return {
        "order_status": (order.fulfillment_status if order.counts else order.status) if order else None,
        "tracking_number": order.tracking_numbers[-1] if order and order.tracking_numbers else None,
        "issue_type": _issue(conversation),
    }


def _issue(conversation: Conversation) -> str:
    return matter_of(conversation.ticket).about
