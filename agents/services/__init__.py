"""Write accounts, invitations, API keys and sessions: nothing else in the program writes them."""

from agents.services.accounts import (
    LAST_ADMIN,
    create_agent,
    deactivate_agent,
    grantable_roles,
    reactivate_agent,
    set_password,
    update_agent,
)
from agents.services.allowed_changes import refusals, roles_for
from agents.services.audit_export import export_trail
from agents.services.invitations import (
    Invitation,
    accept_invitation,
    create_invited_agent,
    invite,
    invited,
    request_reset,
    reset_password,
    resetting,
    send_reset_link,
)
from agents.services.keys import create_key, keys_of, revoke_key
from agents.services.second_factor import (
    add_second_factor,
    liftable_roles,
    remove_second_factor,
    renew_recovery_codes,
    require_second_factor,
    reset_second_factor,
)
from agents.services.sessions import remember_time_zone, sign_out, sign_out_everywhere

__all__ = [
    "LAST_ADMIN",
    "Invitation",
    "accept_invitation",
    "add_second_factor",
    "create_agent",
    "create_invited_agent",
    "create_key",
    "deactivate_agent",
    "export_trail",
    "grantable_roles",
    "invite",
    "invited",
    "keys_of",
    "liftable_roles",
    "reactivate_agent",
    "refusals",
    "remove_second_factor",
    "remember_time_zone",
    "renew_recovery_codes",
    "request_reset",
    "require_second_factor",
    "reset_password",
    "reset_second_factor",
    "resetting",
    "revoke_key",
    "roles_for",
    "send_reset_link",
    "set_password",
    "sign_out",
    "sign_out_everywhere",
    "update_agent",
]
