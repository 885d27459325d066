"""Intelligence's addresses under /api/ai/."""

from django.urls import path

from intelligence.api.views import CustomerIntelligenceView, ModelCardView

urlpatterns = [
    path("customers/<uuid:customer_id>/intelligence", CustomerIntelligenceView.as_view(), name="customer-intelligence"),
    path("model", ModelCardView.as_view(), name="model-card"),
]
