"""Build absolute links for mails from a setting, never from the request's Host header."""

from django.conf import settings


def absolute(path: str) -> str:
    """The absolute URL of a path under PUBLIC_URL."""
    return f"{settings.PUBLIC_URL}{path}"
