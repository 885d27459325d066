"""System checks about e-mail: warn where the program cannot send any."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security)
def mail_is_on(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn in production without EMAIL_URL."""
    if settings.MAIL != "off":
        return []
    return [
        Warning(
            "EMAIL_URL is missing: no mail is sent, so that a forgotten password takes a manager, and invitations are "
            "handed over as links.",
            hint="Set EMAIL_URL=smtp+tls://user:password@mail.example.com:587 and DEFAULT_FROM_EMAIL.",
            id="quimbi.W001",
        )
    ]
