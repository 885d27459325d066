"""The team at a glance, and what one has done lately, for the admin site's first page."""

from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils.safestring import SafeString

from agents.admin.sentences import names_for, sentence
from agents.models import Agent, AuditEntry
from agents.workload import AVAILABLE, OPEN_TICKET_COUNT, with_workload

_PEOPLE = Q(is_active=True, is_service=False)
_OVER = _PEOPLE & Q(**{f"{OPEN_TICKET_COUNT}__gt": F("max_concurrent_tickets")})


def team() -> dict[str, Any]:
    """How many people work here, by status, who could take a ticket, who has too many; in one statement."""
    statuses = {value: Count("pk", filter=_PEOPLE & Q(status=value)) for value in Agent.Status.values}
    figures = with_workload(Agent.objects.filter(_PEOPLE)).aggregate(
        **statuses,
        people=Count("pk"),
        available=Count("pk", filter=AVAILABLE),
        over=Count("pk", filter=_OVER),
        tickets=Sum(OPEN_TICKET_COUNT, default=0),
    )
    shown = [(value, str(label), figures[value]) for value, label in Agent.Status.choices]
    return {"statuses": shown, **{name: figures[name] for name in ("people", "available", "over", "tickets")}}


def lately(person: Agent) -> list[tuple[AuditEntry, SafeString]]:
    """The person's last entries in the audit trail, from any door, each with its sentence."""
    entries = list(AuditEntry.objects.filter(actor=person).select_related("actor").order_by("-id")[:10])
    names = names_for(entries)
    return [(entry, sentence(entry, names)) for entry in entries]
