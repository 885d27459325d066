"""The addresses of the pages (the inbox itself is registered above, with what intelligence adds)."""

from django.urls import path

from tickets.pages import actions, history, order, properties, ticket

urlpatterns = [
    path("order", order.order, name="order"),
    path("tickets/next", actions.take_next, name="take-next"),
    path("tickets/bulk", actions.bulk, name="bulk"),
    path("tickets/alerts", actions.alerts, name="alerts"),
    path("tickets/<uuid:ticket_id>", ticket.ticket, name="ticket"),
    path("tickets/<uuid:ticket_id>/reply", ticket.reply, name="ticket-reply"),
    path("tickets/<uuid:ticket_id>/note", ticket.note, name="ticket-note"),
    path("tickets/<uuid:ticket_id>/status", ticket.change, name="ticket-status"),
    path("tickets/<uuid:ticket_id>/properties", properties.properties, name="ticket-properties"),
    path("tickets/<uuid:ticket_id>/hand-back", properties.hand_back, name="hand-back-page"),
    path("tickets/<uuid:ticket_id>/escalate", properties.escalate, name="escalate-page"),
    path("tickets/<uuid:ticket_id>/history", history.history, name="ticket-history"),
]
