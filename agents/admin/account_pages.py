"""What the pages beside an account's form share."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from agents.common.admin_base import ServiceAdmin
from agents.models import Agent
from agents.permissions import Capability, may, rank


class AccountPages(ServiceAdmin):
    """Finds the account of a page's address, and answers with a page, a question or a refusal."""

    def asked_for(self, request: HttpRequest, object_id: str) -> Agent | HttpResponse:
        """The account, or the error page if there is none."""
        agent: Agent | None = self.get_object(request, unquote(object_id))
        if agent is None:
            # The stubs leave this method of Django out.
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        return agent

    def outranks(self, request: HttpRequest, agent: Agent) -> bool:
        """Sign-in data is set from above only, but for admins."""
        person = cast(Agent, request.user)
        above = rank(person) > rank(agent) or may(person, Capability.EVERYTHING)
        return above and self.has_change_permission(request, agent)

    @staticmethod
    def back(agent: Agent) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:agents_agent_change", args=[agent.pk]))

    def refuse(self, request: HttpRequest, agent: Agent, *reasons: str) -> HttpResponse:
        for reason in reasons:
            messages.error(request, reason)
        return self.back(agent)

    def page(
        self, request: HttpRequest, agent: Agent, template: str, title: str, context: dict[str, Any]
    ) -> TemplateResponse:
        shared = {**self.admin_site.each_context(request), "title": title, "original": agent, "opts": self.opts}
        return TemplateResponse(request, template, {**shared, **context})

    def confirm(
        self, request: HttpRequest, agent: Agent, label: str, explanation: str, *, danger: bool = False
    ) -> HttpResponse:
        """Says what the button will do."""
        context = {"label": label, "explanation": explanation, "danger": danger}
        return self.page(request, agent, "admin/quimbi/agent_confirm.html", label, context)

    def once(
        self, request: HttpRequest, agent: Agent, template: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        """A page with a secret: no cache keeps it."""
        answer = self.page(request, agent, template, title, context)
        add_never_cache_headers(answer)
        return answer
