"""The records, by noun."""

from tickets.models.agent_state import ComposerDraft, ReadMark, ScheduledReply
from tickets.models.assignment import AssignmentRules, HandBack, QueueUse, Turn
from tickets.models.bookkeeping import IdempotencyKey, ImportRun, TicketCount
from tickets.models.customers import Contact, Customer
from tickets.models.events import Event
from tickets.models.orders import Order, OrderLine
from tickets.models.scoring import WeightSet
from tickets.models.tickets import Message, Note, RejectedTag, SearchText, Ticket, TicketTag

__all__ = [
    "AssignmentRules",
    "Contact",
    "Customer",
    "Event",
    "HandBack",
    "IdempotencyKey",
    "ImportRun",
    "Message",
    "Note",
    "Order",
    "OrderLine",
    "ScheduledReply",
    "QueueUse",
    "ReadMark",
    "RejectedTag",
    "SearchText",
    "Ticket",
    "TicketCount",
    "TicketTag",
    "Turn",
    "ComposerDraft",
    "WeightSet",
]
