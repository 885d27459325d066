"""Choose a draft's default tone."""

from intelligence.contract.facts import Conversation
from intelligence.drafting.topic_choice import OURS, Matter
from tickets.channels import Layout, find_channel

NEGATIVE, POSITIVE = 0.35, 0.65
_TONES = {Layout.SMS: "concise", Layout.CHAT: "friendly"}  # of short messages


def default_tone(conversation: Conversation, matter: Matter) -> tuple[str, str]:
    """The tone and its reason, by the first rule that applies."""
    ticket, analysis = conversation.ticket, conversation.analysis
    layout = find_channel(ticket.channel).layout
    sad = ticket.sentiment is not None and ticket.sentiment < NEGATIVE
    leaving = analysis is not None and analysis.churn_level in ("high", "critical")
    if matter.about == "chargeback_fraud":
        return "professional", "it is about a charge that the customer does not know"
    if matter.topic == "check_in":
        return _TONES.get(layout, "professional"), "it only asks whether all is well"
    if matter.mood == "good":
        return "friendly", "the customer is thankful"
    if sad and matter.about in OURS:
        return "apologetic", "the customer is unhappy about something that may be our fault"
    if sad or matter.topic == "escalation":
        return "empathetic", "the customer is unhappy"
    if matter.again:
        return "apologetic", "the customer had to write again"
    if layout is Layout.SMS:
        return _TONES[layout], "the customer writes by SMS"
    if leaving:
        return "empathetic", "the customer may be about to leave"
    if layout is Layout.CHAT:
        return _TONES[layout], "the customer chats"
    if ticket.sentiment is not None and ticket.sentiment > POSITIVE:
        return "friendly", "the customer is in a good mood"
    return "professional", "nothing speaks for another one"
