"""Map the browsable API's sign-in and sign-out to our own pages."""

from django.urls import path

from agents.pages import views

app_name = "rest_framework"
urlpatterns = [
    path("login/", views.sign_in, name="login"),
    path("logout/", views.sign_out, name="logout"),
]
