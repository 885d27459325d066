"""Accounts and the audit log in the admin site. Nothing is written here: the services do."""

from agents.admin.accounts import AgentAdmin
from agents.admin.audit import AuditEntryAdmin

__all__ = ["AgentAdmin", "AuditEntryAdmin"]
