"""Summarize a long conversation without a model: first and last words of the customer, and message counts."""

from intelligence.contract.facts import Conversation, MessageFacts
from intelligence.contract.results import Provenance, Summary
from intelligence.planning.figure_texts import counted
from intelligence.profiles.analysis import SOURCE
from intelligence.reading.text import own_words

MODEL_VERSION = "first-and-last 1"
QUOTED = 200  # characters quoted


def summarize(conversation: Conversation) -> Summary:
    """Summarize by quotes and counts; draws no conclusions."""
    messages = conversation.ticket.messages
    theirs = [one for one in messages if not one.from_agent]
    ours = len(messages) - len(theirs)
    parts = [f"{counted(len(theirs), 'message')} from the customer, {counted(ours, 'answer')}."]
    if theirs:
        parts.append(f"First: “{_quoted(theirs[0])}”")
    if len(theirs) > 1:
        parts.append(f"Last: “{_quoted(theirs[-1])}”")
    provenance = Provenance(SOURCE, MODEL_VERSION, reasons=("Quoted from the conversation; nothing is concluded.",))
    return Summary(provenance, " ".join(parts), len(messages), messages[-1].id if messages else None)


def _quoted(message: MessageFacts) -> str:
    words = " ".join(own_words(message.content).split())
    return words if len(words) <= QUOTED else words[: QUOTED - 1].rstrip() + "…"
