"""The URLs of the team pages."""

from django.urls import path

from agents.pages import account, team

urlpatterns = [
    path("agents", team.team, name="team"),
    path("agents/new", account.new, name="agent-new"),
    path("agents/<uuid:agent_id>", account.account, name="agent-page"),
    path("agents/<uuid:agent_id>/invitation", account.invitation, name="agent-page-invitation"),
    path("agents/<uuid:agent_id>/password-link", account.password_link, name="agent-page-password-link"),
    path("agents/<uuid:agent_id>/password", account.password, name="agent-page-password"),
    path("agents/<uuid:agent_id>/second-factor", account.factor, name="agent-page-factor"),
    path("agents/<uuid:agent_id>/sign-out", account.sign_out, name="agent-page-sign-out"),
    path("agents/<uuid:agent_id>/deactivate", account.deactivate, name="agent-page-deactivate"),
    path("agents/<uuid:agent_id>/reactivate", account.reactivate, name="agent-page-reactivate"),
]
