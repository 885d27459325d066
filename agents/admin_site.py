"""The admin site: its name, its own password change, and whose records it shows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from agents import services, workload
from agents.models import Agent
from agents.permissions import Capability, demand, may

# Apps whose admin pages would bypass the services, or whose groups have no effect here.
HIDDEN = {"auth", "axes", "procrastinate", "otp_totp", "otp_static"}


class NamingAutocomplete(AutocompleteJsonView):
    """Autocomplete with distinguishing details: two customers may have one name."""

    def process_request(self, request: HttpRequest) -> Any:
        term, *rest = super().process_request(request)
        return term.replace("\x00", ""), *rest

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        result = super().serialize_result(obj, to_field_name)
        name = getattr(self.model_admin, "choice_name", None)
        return {**result, "text": name(obj)} if name else result


@dataclass(frozen=True)
class OwnPage:
    """A page without records, listed under the name of its section."""

    name: str
    address: str  # relative to the admin site's root
    section: str
    title: str
    needs: Capability
    view: Callable[[HttpRequest], HttpResponse]

    def __call__(self, request: HttpRequest) -> HttpResponse:
        demand(cast(Agent, request.user), self.needs)
        return self.view(request)

    def as_section(self) -> dict[str, Any]:
        """The page in the form of Django's list of apps and models."""
        link = reverse(f"admin:{self.name}")
        model = {"name": self.title, "object_name": self.name, "admin_url": link, "view_only": True, "perms": {}}
        return {"name": self.section, "app_label": self.name, "app_url": link, "models": [model]}


class QuimbiAdminSite(admin.AdminSite):
    site_header = "Quimbi CRM"
    site_title = "Quimbi CRM"
    index_title = "Administration"
    site_url = None  # hides "View site"
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.own_pages: list[OwnPage] = []

    def add_page(self, page: OwnPage) -> None:
        """Register a page of a higher layer, from its `admin` module."""
        self.own_pages.append(page)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        found: list[Any] = super().get_app_list(request, app_label)
        if app_label is None:
            found += [page.as_section() for page in self.own_pages if may(cast(Agent, request.user), page.needs)]
        return found

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        shown = [model for model in _listed(model_or_iterable) if model._meta.app_label not in HIDDEN]
        if shown:
            super().register(shown, admin_class, **options)

    def unregister(self, model_or_iterable: Any) -> None:
        super().unregister([model for model in _listed(model_or_iterable) if model._meta.app_label not in HIDDEN])

    def get_urls(self) -> list[Any]:
        """Remove Django's redirect to a record's page on another site: there is none, and it fails for invalid UUIDs."""
        own = [path(page.address, self.admin_view(page), name=page.name) for page in self.own_pages]
        return own + [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The start page: records, the team's workload, and the agent's latest actions."""
        from agents.admin.recent_entries import lately  # registers the admin pages of the models that it lists

        shown = {"recent": lately(cast(Agent, request.user)), "team": workload.team()}
        return super().index(request, {**shown, **(extra_context or {})})

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Redirect to the profile page, where wrong old passwords count for the lockout."""
        return HttpResponseRedirect(reverse("accounts:password"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """End this session, with an audit entry as everywhere."""
        agent = request.user
        answer = super().logout(request, extra_context)
        if request.method == "POST" and isinstance(agent, Agent):
            services.sign_out(agent)
        return answer

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        return cast(HttpResponse, NamingAutocomplete.as_view(admin_site=self)(request))


def _listed(model_or_iterable: Any) -> list[type[Model]]:
    one: Iterable[type[Model]] = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
    return list(one)
