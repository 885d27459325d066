"""The app of intelligence: profiles, drafts, next best actions."""

from django.apps import AppConfig


class IntelligenceConfig(AppConfig):
    name = "intelligence"

    def ready(self) -> None:
        from intelligence import receivers  # noqa: F401  they register themselves
