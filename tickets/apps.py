"""The app of records: customers, orders, tickets, messages, notes; and their ranking."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"

    def ready(self) -> None:
        from tickets import open_ticket_counts, receivers  # noqa: F401  receivers register themselves

        open_ticket_counts.register()
