"""System checks of the configuration: one sentence for each error, before anything is served."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def configuration(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """One error per wrong or missing environment variable."""
    return [Error(p.sentence, hint=p.hint, id=p.id) for p in settings.CONFIGURATION_PROBLEMS]


def refuse_to_start_misconfigured() -> None:
    """For entry points that run no system checks (the web server): exit with the same sentences."""
    problems = settings.CONFIGURATION_PROBLEMS
    if problems:
        raise SystemExit("\n".join(f"{p.id}: {p.sentence} {p.hint}" for p in problems))
