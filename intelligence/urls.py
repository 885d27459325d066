"""The URLs of intelligence under /api/."""

from django.urls import path

from intelligence.api import ai_health, compat, drafts, knowledge, message_signals, quality, recommendations
from intelligence.api.views import ModelCardView

urlpatterns = [
    path(
        "ai/customers/<uuid:customer_id>/intelligence",
        compat.CustomerWithAliasesView.as_view(),
        name="customer-intelligence",
    ),
    path("ai/model", ModelCardView.as_view(), name="model-card"),
    *compat.urlpatterns,
    *drafts.url_patterns(compat.DraftWithAliasesViewSet),
    *ai_health.urlpatterns,
    *knowledge.urlpatterns,
    *quality.urlpatterns,
    *recommendations.urlpatterns,
    *message_signals.urlpatterns,
]
