"""Signals about accounts, sent inside the transaction of the change."""

from django.dispatch import Signal

# agent: Agent (already inactive), actor: Agent | None. A failing receiver undoes the deactivation: no work may stay behind with
# an account that can no longer sign in.
agent_deactivated = Signal()
