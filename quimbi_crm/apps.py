"""The project as an app, so that Django finds its checks, tasks and management commands."""

from django.apps import AppConfig


class QuimbiConfig(AppConfig):
    name = "quimbi_crm"

    def ready(self) -> None:
        from quimbi_crm import checks  # noqa: F401  registers the system check
