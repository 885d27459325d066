"""Links that leave the program in mails: built from a setting, never from what a request says its host is."""

from django.conf import settings


def absolute(path: str) -> str:
    """The path as a whole address under PUBLIC_URL."""
    return f"{settings.PUBLIC_URL}{path}"
