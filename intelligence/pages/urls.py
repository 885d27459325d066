"""The addresses of the tickets' pages that show what is known and suggested."""

from django.urls import path

from intelligence.pages import ticket

PAGE = "tickets/<uuid:ticket_id>"

urlpatterns = [
    path(PAGE, ticket.WorkTicketView.as_view(), name="ticket"),
    path(f"{PAGE}/reply", ticket.WorkReplyView.as_view(), name="ticket-reply"),
    path(f"{PAGE}/note", ticket.WorkNoteView.as_view(), name="ticket-note"),
    path(f"{PAGE}/draft", ticket.DraftView.as_view(), name="ticket-draft"),
]
