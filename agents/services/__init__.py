"""The one way to write accounts and what they sign in with (spec/access.md)."""

from agents.services.accounts import (
    LAST_ADMIN,
    create_agent,
    deactivate_agent,
    grantable_roles,
    reactivate_agent,
    set_password,
    update_agent,
)

__all__ = [
    "LAST_ADMIN",
    "create_agent",
    "deactivate_agent",
    "grantable_roles",
    "reactivate_agent",
    "set_password",
    "update_agent",
]
