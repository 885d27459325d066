"""The URLs of topic alerts: `api` below /api/, `pages` for the inbox."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from tickets.topic_alerts.api import TopicAlertViewSet
from tickets.topic_alerts.pages import change_alerts

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("topic-alerts", TopicAlertViewSet, basename="topic-alert")
api = router.urls
pages = [path("tickets/alerts", change_alerts, name="alerts")]
