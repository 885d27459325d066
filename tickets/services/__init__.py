"""The one way through for every write: API, admin, import and background job all call these."""

from tickets.services.assigning.assignment import claim_next, escalate, hand_back, hand_back_tickets, peek_next
from tickets.services.assigning.assignment_rules import save_assignment_rules
from tickets.services.bulk_changes import MOST_AT_ONCE, Change, change_many, snooze_many, unsnooze_many
from tickets.services.customers.customers import (
    CustomerData,
    Outcome,
    State,
    create_customer,
    find_or_create_customer,
    save_customers,
    set_churn_risk,
    update_customer,
)
from tickets.services.customers.provisional import share_customer
from tickets.services.demonstration import reset_conversation
from tickets.services.events import announce
from tickets.services.lock_retry import retrying
from tickets.services.messages.composer_drafts import composer_drafts_of, discard_composer_draft, save_composer_draft
from tickets.services.messages.messages import add_note, post_message
from tickets.services.messages.read_marks import mark_read
from tickets.services.messages.scheduled_replies import schedule_reply, send_scheduled_reply, undo_send
from tickets.services.orders import LineData, OrderData, OrderOutcome, put_order, save_orders
from tickets.services.sentiment_and_difficulty import set_sentiment_and_difficulty
from tickets.services.snoozing import snooze_ticket, unsnooze_ticket, wake_due
from tickets.services.ticket_import import PastEntry, PastTicket, save_histories
from tickets.services.tickets import TicketData, create_ticket, update_ticket
from tickets.services.weights import rerank_all, restart_ranking, save_weights

__all__ = [
    "Change",
    "CustomerData",
    "LineData",
    "MOST_AT_ONCE",
    "OrderData",
    "OrderOutcome",
    "Outcome",
    "PastEntry",
    "PastTicket",
    "State",
    "TicketData",
    "add_note",
    "announce",
    "change_many",
    "claim_next",
    "create_customer",
    "create_ticket",
    "discard_composer_draft",
    "escalate",
    "find_or_create_customer",
    "hand_back",
    "hand_back_tickets",
    "mark_read",
    "peek_next",
    "post_message",
    "put_order",
    "send_scheduled_reply",
    "rerank_all",
    "reset_conversation",
    "restart_ranking",
    "retrying",
    "save_assignment_rules",
    "save_customers",
    "save_histories",
    "save_orders",
    "save_composer_draft",
    "save_weights",
    "schedule_reply",
    "set_churn_risk",
    "set_sentiment_and_difficulty",
    "share_customer",
    "snooze_many",
    "snooze_ticket",
    "undo_send",
    "composer_drafts_of",
    "unsnooze_many",
    "unsnooze_ticket",
    "update_customer",
    "update_ticket",
    "wake_due",
]
