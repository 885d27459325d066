"""Why this order: the score's parts with what each counts now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agents.pages.profile import own
from agents.permissions import Capability, may
from tickets import scoring
from tickets.models import Ticket
from tickets.pages import words
from tickets.pages.actions import me


@own
@require_http_methods(["GET", "HEAD"])
def order(request: HttpRequest) -> HttpResponse:
    weights = scoring.current_weights()
    priorities = [(str(Ticket.Priority(name).label).lower(), weights.priority[name]) for name in Ticket.Priority.values]
    context: dict[str, Any] = {
        "here": "order",
        "alert": words.number(weights.topic_alert),
        "parts": [
            ("topic", _("Topic alert"), words.points(weights.topic_alert), _("a word that you or the team asked for")),
            ("wait", _("Waiting"), words.points(1.0), _("for each day since the ticket was created")),
            (
                "churn",
                _("Churn risk"),
                words.points(weights.churn_risk),
                _("times the risk squared, at most this much"),
            ),
            (
                "value",
                _("Customer value"),
                words.points(weights.customer_value),
                _("times the logarithm of 1 + value ÷ %(scale)s") % {"scale": words.amount(weights.value_scale)},
            ),
            (
                "prio",
                _("Priority"),
                words.points(max(weights.priority.values())),
                ", ".join(f"{name} {words.points(value)}" for name, value in priorities),
            ),
            (
                "tone",
                _("Tone"),
                words.points(weights.sentiment / 2),
                _("at most, where the customer sounds as unhappy as can be"),
            ),
            ("tone", _("Difficulty"), words.points(weights.difficulty), _("at most, for the hardest")),
        ],
        "may_change": may(me(request), Capability.WEIGHTS),
    }
    return render(request, "tickets/order.html", context)
