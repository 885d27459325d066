"""The addresses of the pages (the inbox, a ticket and what answers with its page are registered above, with what intelligence
adds)."""

from django.urls import path

from tickets.pages import actions, history, order, properties, ticket, writing

urlpatterns = [
    path("order", order.order, name="order"),
    path("tickets/next", actions.take_next, name="take-next"),
    path("tickets/bulk", actions.bulk, name="bulk"),
    path("tickets/alerts", actions.alerts, name="alerts"),
    path("tickets/undo", actions.undo, name="undo"),
    path("tickets/<uuid:ticket_id>/properties", properties.properties, name="ticket-properties"),
    path("tickets/<uuid:ticket_id>/hand-back", properties.hand_back, name="hand-back-page"),
    path("tickets/<uuid:ticket_id>/escalate", properties.escalate, name="escalate-page"),
    path("tickets/<uuid:ticket_id>/share-customer", properties.share_customer, name="share-customer"),
    path("tickets/<uuid:ticket_id>/history", history.history, name="ticket-history"),
    path("tickets/<uuid:ticket_id>/conversation", ticket.ConversationView.as_view(), name="ticket-conversation"),
    path("tickets/<uuid:ticket_id>/status", writing.change, name="ticket-status"),
    path("tickets/<uuid:ticket_id>/snooze", writing.snooze, name="page-snooze"),
    path("tickets/<uuid:ticket_id>/unsent", writing.unsent, name="ticket-unsent"),
    path("tickets/<uuid:ticket_id>/undo/<uuid:message_id>", writing.undo, name="page-undo"),
]
