"""Who works here: accounts, roles, permissions, tokens, and the audit trail that every floor writes to."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "agents"

    def ready(self) -> None:
        from agents import checks, openapi, receivers  # noqa: F401  they register themselves
        from agents.common import folding  # noqa: F401  they register themselves
