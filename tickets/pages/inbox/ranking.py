"""Explain the ranking: the parts of the score and what each counts now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.models import Agent
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from agents.permissions import Capability, may
from tickets.models import Ticket
from tickets.pages.common import short_texts
from tickets.ranking import scoring


@signed_in_only
@require_http_methods(["GET", "HEAD"])
def order(request: HttpRequest) -> HttpResponse:
    return render(request, "tickets/order.html", _context(scoring.current_weights(), signed_in_agent(request)))


def _context(weights: scoring.Weights, agent: Agent) -> dict[str, Any]:
    labels = [(str(Ticket.Priority(name).label).lower(), weights.priority[name]) for name in Ticket.Priority.values]
    parts = [
        ("topic", _("Topic alert"), weights.topic_alert, _("if the ticket contains an alert keyword")),
        ("wait", _("Waiting"), 1.0, _("for each day since the ticket was created")),
        ("churn", _("Churn risk"), weights.churn_risk, _("times the risk squared, at most this value")),
        (
            "value",
            _("Lifetime value"),
            weights.customer_value,
            _("times the logarithm of 1 + lifetime value ÷ %(scale)s")
            % {"scale": short_texts.amount(weights.value_scale)},
        ),
        (
            "prio",
            _("Priority"),
            max(weights.priority.values()),
            ", ".join(f"{name} {short_texts.points(value, 2)}" for name, value in labels),
        ),
        ("tone", _("Sentiment"), weights.sentiment / 2, _("at most, for the most negative sentiment")),
        ("tone", _("Difficulty"), weights.difficulty, _("at most, for the most difficult ticket")),
    ]
    return {
        "here": "order",
        "alert": short_texts.number(weights.topic_alert),
        "parts": [(part, name, short_texts.points(value, 2), how) for part, name, value, how in parts],
        "may_change": may(agent, Capability.WEIGHTS),
    }
