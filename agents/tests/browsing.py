"""Helpers that use the admin site through a browser client."""

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from agents.models import Agent

Make = Callable[..., Agent]
GOOD_PASSWORD = "violet harbour seventeen"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LIST = "/admin/agents/agent/"
TRAIL = "/admin/agents/auditentry/"


def browser(agent: Agent, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(agent, backend="agents.backends.RoleBackend")
    return client


def page(agent: Agent) -> str:
    return reverse("admin:agents_agent_change", args=[agent.pk])


def shown(client: Client, address: str) -> dict[str, Any]:
    """Return the data that a browser would submit from the form at `address`, including hidden fields."""
    form = client.get(address).context["adminform"].form
    data: dict[str, Any] = {}
    for bound in form:
        for name, value in ((bound.html_name, bound.value()), (bound.html_initial_name, bound.initial)):
            if name == bound.html_initial_name and not bound.field.show_hidden_initial:
                continue
            value = bound.field.prepare_value(value)
            if value is True:
                data[name] = "on" if name == bound.html_name else "True"
            elif value is not None and value is not False:
                data[name] = str(value)
    return data


def errors(response: Any) -> str:
    return str(response.context["errors"]) + str(response.context["adminform"].form.errors)
