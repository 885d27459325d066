"""Accounts, what they sign in with, and the trail of what they did."""

from agents.models.accounts import Agent, AgentManager
from agents.models.audit import AuditEntry
from agents.models.invitations import PendingInvitation, SecondFactorRule
from agents.models.keys import ApiKey, EndedToken

__all__ = [
    "Agent",
    "AgentManager",
    "ApiKey",
    "AuditEntry",
    "EndedToken",
    "PendingInvitation",
    "SecondFactorRule",
]
