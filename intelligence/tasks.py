"""What the worker does for intelligence."""

from uuid import UUID

from procrastinate.contrib.django import app

from intelligence.services.signals import read_ticket


@app.task(retry=5)
def read_conversation(ticket_id: str) -> None:
    """Reads what a customer wrote as it is by now; run twice or late it does no harm."""
    read_ticket(UUID(ticket_id))
