"""Export the audit log: managers and above; the export is an audit entry itself."""

from typing import Any

from agents import audit
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand


@atomic
def export_trail(actor: Agent | None, filters: dict[str, Any]) -> None:
    """Record that the actor exports the filtered entries. Raises `PermissionDenied`; the entries are read after that."""
    demand(actor, Capability.ADMIN_SITE)
    told = {str(name)[:50]: (None, str(value)[:200]) for name, value in list(filters.items())[:20]}
    audit.record("audit.exported", ("auditentry", "all"), actor=actor, changes=told)
