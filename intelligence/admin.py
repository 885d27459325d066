"""The admin page of the AI services."""

from typing import cast

from django.contrib import admin, messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agents.admin_site import OwnPage, QuimbiAdminSite
from agents.common.admin_base import AdminRequest
from agents.permissions import Capability
from agents.throttling import TooMany
from intelligence.services import provider_health
from intelligence.services.provider_health_texts import CAPABILITIES, KINDS, STATES

SITE = cast(QuimbiAdminSite, admin.site)


@require_http_methods(["GET", "HEAD", "POST"])
def services_page(request: HttpRequest) -> HttpResponse:
    """Admin page with the state of each AI service and a button to test it."""
    asked = cast(AdminRequest, request)
    if request.method == "POST":
        _try(asked)
        return HttpResponseRedirect(request.path)
    found = provider_health.report(asked.user)
    labels = {one.name: one.label for one in found.providers} | {found.embedded.name: found.embedded.label}
    context = {
        **SITE.each_context(request),
        "title": "AI services",
        "report": found,
        "now": timezone.now(),
        "cards": [_card(service) for service in found.providers],
        "can": _words(found.embedded.capabilities),
        "order": [
            (CAPABILITIES[one.capability], [labels[name] for name in one.order], labels[one.answers_now])
            for one in found.order
        ],
    }
    return TemplateResponse(request, "admin/quimbi/ai_services.html", context)


def _try(request: AdminRequest) -> None:
    name = request.POST.get("provider", "")
    try:
        label = provider_health.label_of(name)
        outcome = provider_health.try_out(request.user, name)
    except ObjectDoesNotExist:
        messages.error(request, "No AI service of that name is configured.")
    except TooMany as refused:
        messages.error(request, str(refused.detail))
    else:
        tell = messages.success if outcome.ok else messages.error
        said = f"{label}: {outcome.detail}" if outcome.ok else outcome.detail
        tell(request, f"{said} It took {outcome.milliseconds:,} ms.")


def _card(service: provider_health.ServiceHealth) -> dict[str, object]:
    failure = service.last_failure
    return {
        "service": service,
        "state": STATES[service.state],
        "can": _words(service.capabilities),
        "kinds": [(KINDS.get(kind, kind), count) for kind, count in (service.by_failure or {}).items()],
        "error_percent": None if service.error_rate is None else 100 * service.error_rate,
        "last_kind": KINDS.get(failure.kind, failure.kind) if failure else "",
    }


def _words(capabilities: list[str]) -> str:
    return ", ".join(CAPABILITIES[one] for one in capabilities)


SITE.add_page(OwnPage("ai_services", "ai/", "Intelligence", "AI services", Capability.AI_SERVICES, services_page))
