"""The accounts' addresses under /api/."""

from django.urls import path

from agents.api import LoginView, MeView

urlpatterns = [
    path("agents/login", LoginView.as_view(), name="agent-login"),
    path("agents/me", MeView.as_view(), name="agent-me"),
]
