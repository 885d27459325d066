"""The app of accounts: agents, roles, permissions, tokens, and the audit log that all apps write to."""

from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "agents"

    def ready(self) -> None:
        from agents import checks, openapi, receivers  # noqa: F401  they register themselves
        from agents.common import folding  # noqa: F401  they register themselves
        from agents.models.accounts import AgentManager
        from agents.services import create_agent

        AgentManager.create_agent = create_agent
