"""The app of topic alerts; registers what it adds to the ranking, the inbox and its *Undo*."""

from django.apps import AppConfig


class TopicAlertsConfig(AppConfig):
    name = "tickets.topic_alerts"
    label = "topic_alerts"

    def ready(self) -> None:
        from tickets import extensions
        from tickets.topic_alerts import pages, services

        extensions.register_keywords(services.active_keywords)
        extensions.register_inbox_part(pages.inbox_part)
        extensions.register_undo("keyword", pages.restore_alert)
