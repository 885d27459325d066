"""The URLs under /accounts/."""

from django.urls import path

from agents.pages import page_context, passwords, profile, views

app_name = "accounts"
urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("second-factor/code/", views.code, name="code"),
    path("forgotten/", passwords.forgotten, name="forgotten"),
    path("new-password/<uuid:agent_id>/<str:token>/", passwords.new_password, name="new_password"),
    path("invitation/<uuid:agent_id>/<str:token>/", passwords.invitation, name="invitation"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.password, name="password"),
    path("profile/time-zone/", profile.time_zone, name="time_zone"),
    path("profile/sign-out-everywhere/", profile.everywhere, name="everywhere"),
    path("presence/", page_context.presence, name="presence"),
    path("display/", page_context.display, name="display"),
    path("second-factor/", profile.factor, name="second_factor"),
    path("second-factor/recovery-codes/", profile.recovery_codes, name="recovery_codes"),
    path("second-factor/remove/", profile.remove_factor, name="remove_factor"),
    path("second-factor/rules/", profile.factor_rules, name="factor_rules"),
]
