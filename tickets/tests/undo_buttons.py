"""Helpers for undo-send tests: a clock that can be advanced, and a function that schedules a reply."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework.test import APIClient

from tickets.models import Ticket
from tickets.tests.factories import NOW


class Clock:
    def __init__(self, machine: Any) -> None:
        self.machine, self.now = machine, NOW
        self.forward(0)

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        self.machine.move_to(self.now, tick=False)
        return self.now


def send(client: APIClient, ticket: Ticket, content: str = "On its way.", **body: Any) -> dict[str, Any]:
    answer = client.post(f"/api/tickets/{ticket.pk}/messages", {"content": content, "undo_seconds": 8, **body})
    assert answer.status_code == 201, answer.content
    # Without what the layer above adds to the answer.
    sent = {name: value for name, value in answer.json().items() if name not in ("message", "ticket_updated")}
    return sent
