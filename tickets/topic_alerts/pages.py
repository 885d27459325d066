"""The topic alerts in the inbox: the panel above the list, its forms, and *Undo* of a removed alert."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from agents.common.ids import uuid_or_none
from agents.models import Agent
from agents.pages.sign_in_required import signed_in_agent, signed_in_only
from agents.permissions import Capability, may
from agents.sign_in.sessions import safe_next
from tickets.extensions import InboxPart
from tickets.pages.common import short_texts
from tickets.pages.common.answers import refuse_form, sentence_of, tell_with_undo
from tickets.ranking import scoring
from tickets.services import retrying
from tickets.topic_alerts import services
from tickets.topic_alerts.matches import described, matches
from tickets.topic_alerts.models import TopicAlert

COUNTED = 1000  # matches of a topic alert that are counted
FIELDS = ("keyword", "for")  # fields of the form that are kept after an error


def inbox_part(agent: Agent) -> InboxPart:
    """The agent's and the team's alerts: their keywords, and the panel with the number of matches of each."""
    alerts = services.alerts_of(agent)
    return InboxPart(
        services.keywords_of(alerts),
        "tickets/topic_alerts.html",
        lambda: {
            "alerts": described(agent, alerts, COUNTED),
            "counted": COUNTED,
            "may_team_alerts": may(agent, Capability.TEAM_ALERTS),
        },
    )


@signed_in_only
@require_POST
def change_alerts(request: HttpRequest) -> HttpResponse:
    """Add a keyword, or remove one by its id; the list comes back in its new order."""
    removed = uuid_or_none(request.POST.get("remove", ""))
    try:
        if removed is not None:
            _remove(request, removed)
        elif "remove" not in request.POST:
            _add(request, keyword=request.POST.get("keyword", ""), team=request.POST.get("for") == "team")
    except TopicAlert.DoesNotExist:
        pass  # somebody else already removed it
    except (ValidationError, PermissionDenied) as refusal:
        refuse_form(request, sentence_of(refusal), fields=FIELDS)
    return redirect(safe_next(request))


def restore_alert(request: HttpRequest, removed: dict[str, Any]) -> None:
    """Add an alert that was removed, from the data of its message."""
    until = parse_datetime(removed["expires_at"]) if removed["expires_at"] else None
    _add(request, **{**removed, "expires_at": until})


def _add(request: HttpRequest, **values: Any) -> None:
    made = retrying(lambda: services.create_alert(signed_in_agent(request), **values))
    messages.success(request, _counts_for(made, signed_in_agent(request)))


def _remove(request: HttpRequest, alert_id: UUID) -> None:
    known = TopicAlert.objects.filter(pk=alert_id).first()
    services.delete_alert(signed_in_agent(request), alert_id)
    again = None
    if known is not None:
        until = known.expires_at.isoformat() if known.expires_at else None
        again = {"keyword": known.keyword, "team": known.owner_id is None, "is_on": known.is_on, "expires_at": until}
    tell_with_undo(request, _("Topic alert removed."), again)


def _counts_for(alert: TopicAlert, agent: Agent) -> str:
    """The effect of the new alert on the ranking of the agent's open tickets."""
    found, weight = matches(agent, [alert], COUNTED).get(alert.pk, 0), scoring.current_weights().topic_alert
    days = ngettext("%(count)s day", "%(count)s days", 1 if weight == 1 else 2) % {
        "count": short_texts.points(weight, 0 if weight == int(weight) else 1)
    }
    said = {"word": alert.keyword, "days": days, "count": short_texts.count(found) + ("+" if found >= COUNTED else "")}
    if not found:
        return _("No open ticket contains “%(word)s” yet; each ticket that does will count %(days)s more.") % said
    return (
        ngettext(
            "%(count)s open ticket contains “%(word)s”; it now counts %(days)s more.",
            "%(count)s open tickets contain “%(word)s”; each now counts %(days)s more.",
            found,
        )
        % said
    )
