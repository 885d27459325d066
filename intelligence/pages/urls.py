"""The URLs of the pages with intelligence; they come before those of the tickets app."""

from django.urls import path

from intelligence.pages import ticket, ticket_context
from intelligence.pages.customer import KnownCustomerView
from intelligence.pages.inbox import WorkInboxView
from intelligence.pages.overview import WorkOverviewView

PAGE = "tickets/<uuid:ticket_id>"

urlpatterns = [
    path("", WorkInboxView.as_view(), name="home"),
    path("overview", WorkOverviewView.as_view(), name="overview"),
    path("overview/<slug:chart>.csv", WorkOverviewView.as_view(), name="overview-file"),
    path(PAGE, ticket.WorkTicketView.as_view(), name="ticket"),
    path(f"{PAGE}/reply", ticket.WorkReplyView.as_view(), name="ticket-reply"),
    path(f"{PAGE}/note", ticket.WorkNoteView.as_view(), name="ticket-note"),
    path(f"{PAGE}/draft", ticket.DraftView.as_view(), name="ticket-draft"),
    path(f"{PAGE}/about", ticket_context.about, name="ticket-about"),
    path(f"{PAGE}/action", ticket_context.action, name="ticket-action"),
    path("customers/<uuid:customer_id>", KnownCustomerView.as_view(), name="customer"),
]
