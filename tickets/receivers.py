"""What the tickets do when something happens to those who work on them."""

from typing import Any

from django.dispatch import receiver

from agents.models import Agent
from agents.signals import agent_deactivated
from tickets.services import hand_back_tickets


@receiver(agent_deactivated)
def back_to_the_queue(sender: Any, agent: Agent, actor: Agent | None, **kwargs: Any) -> None:
    """In the deactivation's own transaction and not in a savepoint: either both happen or neither."""
    hand_back_tickets(agent, actor)
