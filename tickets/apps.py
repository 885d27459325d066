"""The records: customers, orders, tickets, messages, notes; and the smart order."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    name = "tickets"
