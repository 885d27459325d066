"""The URLs of pages that intelligence does not extend; `quimbi_crm/urls.py` registers the inbox and the ticket page."""

from django.urls import path

from tickets.pages.inbox import actions, ranking
from tickets.pages.ticket import change_history, composer, properties, views

urlpatterns = [
    path("order", ranking.order, name="order"),
    path("tickets/next", actions.take_next, name="take-next"),
    path("tickets/bulk", actions.bulk, name="bulk"),
    path("tickets/undo", actions.undo, name="undo"),
    path("tickets/<uuid:ticket_id>/properties", properties.properties, name="ticket-properties"),
    path("tickets/<uuid:ticket_id>/hand-back", properties.hand_back, name="hand-back-page"),
    path("tickets/<uuid:ticket_id>/escalate", properties.escalate, name="escalate-page"),
    path("tickets/<uuid:ticket_id>/share-customer", properties.share_customer, name="share-customer"),
    path("tickets/<uuid:ticket_id>/history", change_history.history, name="ticket-history"),
    path("tickets/<uuid:ticket_id>/conversation", views.ConversationView.as_view(), name="ticket-conversation"),
    path("tickets/<uuid:ticket_id>/read", composer.read, name="ticket-read"),
    path("tickets/<uuid:ticket_id>/status", composer.change, name="ticket-status"),
    path("tickets/<uuid:ticket_id>/snooze", composer.snooze, name="page-snooze"),
    path("tickets/<uuid:ticket_id>/composer-draft", composer.save_composer_draft, name="page-composer-draft"),
    # Old URL, for pages that were open during an upgrade.
    path("tickets/<uuid:ticket_id>/unsent", composer.save_composer_draft),
    path("tickets/<uuid:ticket_id>/undo/<uuid:message_id>", composer.undo, name="page-undo"),
]
