"""All URLs of the program; the only module that names all apps."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from agents.pages.views import admin_sign_in
from intelligence.workspace import WorkspaceViewSet
from quimbi_crm import http
from quimbi_crm.health import live, ready
from quimbi_crm.schema_view import SchemaView
from tickets.topic_alerts import urls as topic_alerts

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
router.register("tickets", WorkspaceViewSet, basename="ticket")

urlpatterns = [
    path("favicon.ico", RedirectView.as_view(url=static("quimbi/icon.svg"))),
    path("", include("tickets.pages.urls")),
    path("", include(topic_alerts.pages)),
    path("", include("intelligence.pages.urls")),
    path("", include("agents.pages.team_urls")),
    path("api/", include("agents.urls")),
    path("api/", include(router.urls)),
    path("api/", include(topic_alerts.api)),
    path("api/", include("tickets.urls")),
    path("api/", include("intelligence.urls")),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    path("health/live", live, name="health-live"),
    path("health/ready", ready, name="health-ready"),
    path("accounts/", include("agents.pages.urls")),
    path("accounts/", include("agents.pages.browsable")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/login/", admin_sign_in),
    path("admin/", admin.site.urls),
]
handler400 = http.handler400
handler403 = http.handler403
handler404 = http.handler404
handler500 = http.handler500
