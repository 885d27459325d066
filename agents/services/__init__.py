"""The one way to write accounts and what they sign in with (spec/access.md)."""

from agents.services.access import (
    Invitation,
    accept_invitation,
    invite,
    invited,
    request_reset,
    reset_password,
    resetting,
    sign_out_everywhere,
)
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
    "Invitation",
    "accept_invitation",
    "create_agent",
    "deactivate_agent",
    "grantable_roles",
    "invite",
    "invited",
    "reactivate_agent",
    "request_reset",
    "reset_password",
    "resetting",
    "set_password",
    "sign_out_everywhere",
    "update_agent",
]
