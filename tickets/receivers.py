"""What the tickets do when something happens elsewhere."""

from typing import Any

from django.dispatch import receiver

from agents.models import Agent
from agents.signals import agent_deactivated
from tickets.services import hand_back_tickets
from tickets.signals import listen, weights_changed


@receiver(agent_deactivated)
def back_to_the_queue(sender: Any, agent: Agent, actor: Agent | None, **kwargs: Any) -> None:
    """In the deactivation's own transaction and not in a savepoint: either both happen or neither."""
    hand_back_tickets(agent, actor)


@listen(weights_changed)
def rank_again(version: int, **kwargs: Any) -> None:
    """The task row is part of the transaction that saves the weights."""
    from tickets.tasks import rerank_tickets

    rerank_tickets.configure(queueing_lock=f"rerank:{version}").defer(version=version)
