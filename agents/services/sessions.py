"""Ending what an account is signed in with."""

from uuid import UUID

from django.db import transaction

from agents import audit
from agents.models import Agent
from agents.permissions import Capability, demand
from agents.services import accounts


@transaction.atomic
def sign_out(agent: Agent) -> None:
    """Notes that the agent signed out; the door has ended its session."""
    audit.record("agent.signed_out", agent, actor=agent)


@transaction.atomic
def sign_out_everywhere(actor: Agent | None, agent_id: UUID) -> Agent:
    """Ends all tokens and sessions of one's own account, or as manager of one that ranks no higher."""
    actor, agent = accounts._locked(actor, agent_id)
    if actor is not None and actor.pk != agent.pk:
        demand(actor, Capability.MANAGE_AGENTS)
        accounts._refuse_above(actor, agent)
    agent.token_version += 1
    agent.save(update_fields=["token_version"])
    audit.record("agent.signed_out_everywhere", agent, actor=actor)
    return agent
