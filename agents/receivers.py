"""Write sign-ins and failed sign-ins to the audit log, and revoke the keys of a deactivated account."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from agents import audit
from agents.models import Agent
from agents.services.keys import revoke_all
from agents.sign_in.lockout import account_name
from agents.signals import agent_deactivated


@receiver(user_logged_in)
def signed_in(sender: Any, user: Agent, **kwargs: Any) -> None:
    audit.record("agent.signed_in", user, actor=user)


@receiver(user_login_failed)
def sign_in_failed(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Record the failed sign-in; the typed address only if the account exists, because it may be anything, even a password."""
    agent = Agent.objects.filter(email=account_name(request, credentials)).only("id").first()
    audit.record("agent.sign_in_failed", ("agent", str(agent.pk) if agent else "unknown"), actor=None)


@receiver(agent_deactivated)
def end_keys(sender: Any, agent: Agent, actor: Agent | None, **kwargs: Any) -> None:
    """In the deactivation's own transaction."""
    revoke_all(actor, agent)
