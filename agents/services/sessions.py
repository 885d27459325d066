"""End one token of an account, or all its tokens and sessions."""

from datetime import datetime
from uuid import UUID

from agents import audit
from agents.common.time_zones import is_zone
from agents.common.transactions import atomic
from agents.models import Agent, EndedToken
from agents.services import accounts


@atomic
def remember_time_zone(agent: Agent, name: str) -> None:
    """Takes the browser's time zone for an account that has none yet. What is no zone is ignored."""
    if agent.time_zone is None and is_zone(name):
        Agent.objects.filter(pk=agent.pk, time_zone=None).update(time_zone=name)
        agent.time_zone = name


@atomic
def sign_out(agent: Agent, jti: str | None = None, expires_at: datetime | None = None) -> None:
    """Notes that the agent signed out, and ends the token of that id; without one, the door has ended its session."""
    if jti is not None and expires_at is not None:
        EndedToken.objects.bulk_create([EndedToken(jti=jti, expires_at=expires_at)], ignore_conflicts=True)
    audit.record("agent.signed_out", agent, actor=agent)


@atomic
def sign_out_everywhere(actor: Agent | None, agent_id: UUID) -> Agent:
    """End all tokens and sessions of one's own account, or as manager of one that does not rank higher.

    Keys stay: they are revoked one by one.
    """
    actor, agent = accounts._locked(actor, agent_id)
    if actor is not None and actor.pk != agent.pk:
        accounts._refuse_managing(actor, agent)
    agent.token_version += 1
    agent.save(update_fields=["token_version"])
    audit.record("agent.signed_out_everywhere", agent, actor=actor)
    return agent
