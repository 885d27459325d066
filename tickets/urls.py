"""The URLs of records under /api/ (`quimbi_crm/urls.py` registers tickets with intelligence before these)."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter
from rest_framework.routers import SimpleRouter

from tickets.api.assignment import AssignmentRulesView
from tickets.api.customers import CustomerViewSet
from tickets.api.events import EventsView
from tickets.api.orders import OrderViewSet
from tickets.api.scoring import HistoryView, PreviewView, ResetView, WeightsView


class AnyTextConverter(StringConverter):
    """A part of an address with any characters: slashes, as in `path`, and line breaks, which the services turn into blanks."""

    regex = r"[\s\S]+"


register_converter(AnyTextConverter, "any")
router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("customers", CustomerViewSet, basename="customer")
router.register("orders", OrderViewSet, basename="order")
urlpatterns = [
    path("assignment/rules", AssignmentRulesView.as_view(), name="assignment-rules"),
    path("events", EventsView.as_view(), name="events"),
    path("scoring/weights", WeightsView.as_view(), name="weights"),
    path("scoring/weights/preview", PreviewView.as_view(), name="weights-preview"),
    path("scoring/weights/reset", ResetView.as_view(), name="weights-reset"),
    path("scoring/weights/history", HistoryView.as_view(), name="weights-history"),
    *router.urls,
]
