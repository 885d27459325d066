"""Create and revoke the API keys of service accounts: managers may do so for accounts of lower roles."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.transactions import atomic
from agents.models import Agent, ApiKey
from agents.permissions import Capability, demand
from agents.services import accounts

PREFIX_LENGTH = 8
# Shorter keys are not random secrets (such as the demo's), so production accepts none.
MIN_LENGTH = 32


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def keys_of(actor: Agent | None, agent_id: UUID) -> QuerySet[ApiKey]:
    """An account's keys, newest first, revoked ones too; for those who may manage the account."""
    demand(actor, Capability.MANAGE_AGENTS)
    accounts._refuse_services(actor)
    agent = Agent.objects.get(pk=agent_id)
    accounts._refuse_above(actor, agent)
    return agent.api_keys.select_related("created_by")


@atomic
def create_key(
    actor: Agent | None,
    agent_id: UUID,
    *,
    name: str,
    scope: str = ApiKey.Scope.READ.value,
    expires_at: datetime | None = None,
    secret: str | None = None,
) -> tuple[ApiKey, str]:
    """Create a key; returns it and its secret, which is shown once. Only the program may set a `secret`, for its demo."""
    if secret is not None and (actor is not None or settings.PRODUCTION):
        raise PermissionDenied(_("The server generates the secret of a key; you cannot set it."))
    actor, agent = accounts._locked(actor, agent_id)
    demand(actor, Capability.MANAGE_AGENTS)
    accounts._refuse_equals(actor, agent, _("create an API key"))
    if not agent.is_service:
        raise ValidationError(
            {"agent": [_("API keys belong to service accounts; create a service account for the program.")]}
        )
    if not agent.is_active:
        raise ValidationError(
            {"agent": [_("%(name)s is deactivated; reactivate the account first.") % {"name": agent.name}]}
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise ValidationError({"expires_at": [_("The expiry must be in the future.")]})
    secret = secret or f"qk_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        agent=agent,
        name=accounts._line("name", name),
        prefix=secret[:PREFIX_LENGTH],
        digest=digest(secret),
        scope=scope,
        expires_at=expires_at,
        created_by=actor,
    )
    key.full_clean()
    key.save(force_insert=True)
    changes = {"key": (None, key.prefix), "scope": (None, key.scope), "expires_at": (None, key.expires_at)}
    audit.record("key.created", agent, actor=actor, changes=changes, reason=key.name)
    return key, secret


@atomic
def revoke_key(actor: Agent | None, agent_id: UUID, key_id: UUID) -> ApiKey:
    """Ends the key at its next request. Also one of a peer: a key that leaked must not wait for an admin."""
    actor, agent = accounts._locked(actor, agent_id)
    demand(actor, Capability.MANAGE_AGENTS)
    accounts._refuse_above(actor, agent)
    key = agent.api_keys.select_related("created_by").get(pk=key_id)
    if key.revoked_at is None:
        _revoke(actor, key)
    return key


def revoke_all(actor: Agent | None, agent: Agent) -> None:
    """Revoke all keys in the transaction of a deactivation; a reactivated account gets new keys."""
    for key in agent.api_keys.filter(revoked_at=None):
        _revoke(actor, key)


def _revoke(actor: Agent | None, key: ApiKey) -> None:
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    changes = {"key": (key.prefix, None)}
    audit.record("key.revoked", ("agent", str(key.agent_id)), actor=actor, changes=changes, reason=key.name)
