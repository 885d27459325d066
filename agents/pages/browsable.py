"""The names under which the browsable API looks for signing in and out: our own pages."""

from django.urls import path

from agents.pages import views

app_name = "rest_framework"
urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
]
