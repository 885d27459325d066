"""The records, by noun."""

from tickets.models.bookkeeping import IdempotencyKey, ImportRun, TicketCount
from tickets.models.customers import Contact, Customer
from tickets.models.orders import Order, OrderLine
from tickets.models.scoring import TopicAlert, WeightSet
from tickets.models.tickets import Message, Note, RejectedTag, SearchText, Ticket, TicketTag

__all__ = [
    "Contact",
    "Customer",
    "IdempotencyKey",
    "ImportRun",
    "Message",
    "Note",
    "Order",
    "OrderLine",
    "RejectedTag",
    "SearchText",
    "Ticket",
    "TicketCount",
    "TicketTag",
    "TopicAlert",
    "WeightSet",
]
