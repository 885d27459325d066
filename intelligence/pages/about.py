"""What stands beside a conversation: the customer, what to do next, and why the ticket is where it is."""

from datetime import datetime
from typing import Any

from agents.models import Agent
from tickets.models import Ticket


def about_context(agent: Agent, ticket: Ticket, now: datetime) -> dict[str, Any]:
    """What `tickets/about.html` and `tickets/properties.html` show. The ticket has its customer and messages prefetched."""
    return {}
