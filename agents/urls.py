"""The accounts' addresses under /api/."""

from django.urls import path

from agents.api import agents, keys, login, me

urlpatterns = [
    path("agents", agents.AgentsView.as_view(), name="agents"),
    path("agents/login", login.LoginView.as_view(), name="agent-login"),
    path("agents/logout", login.LogoutView.as_view(), name="agent-logout"),
    path("agents/me", me.MeView.as_view(), name="agent-me"),
    path("agents/me/status", me.MyStatusView.as_view(), name="agent-me-status"),
    path("agents/me/password", me.MyPasswordView.as_view(), name="agent-me-password"),
    path("agents/<uuid:agent_id>", agents.AgentView.as_view(), name="agent"),
    path("agents/<uuid:agent_id>/invitation", agents.InvitationView.as_view(), name="agent-invitation"),
    path("agents/<uuid:agent_id>/reactivate", agents.ReactivateView.as_view(), name="agent-reactivate"),
    path("agents/<uuid:agent_id>/logout", agents.ForcedLogoutView.as_view(), name="agent-forced-logout"),
    path("agents/<uuid:agent_id>/password", agents.PasswordView.as_view(), name="agent-password"),
    path("agents/<uuid:agent_id>/keys", keys.KeysView.as_view(), name="agent-keys"),
    path("agents/<uuid:agent_id>/keys/<uuid:key_id>", keys.KeyView.as_view(), name="agent-key"),
]
