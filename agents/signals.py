"""Signals about accounts, sent inside the transaction of the change."""

from django.dispatch import Signal

# agent: Agent (already inactive), actor: Agent | None. An exception in a receiver rolls the deactivation back, so that
# no ticket stays assigned to an account that cannot sign in.
agent_deactivated = Signal()
