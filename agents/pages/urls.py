"""The addresses under /accounts/."""

from django.urls import path

from agents.pages import views

app_name = "accounts"
urlpatterns = [
    path("invitation/<uuid:agent_id>/<str:token>/", views.invitation, name="invitation"),
    path("new-password/<uuid:agent_id>/<str:token>/", views.new_password, name="new_password"),
]
