"""What lists and forms show of an account: workload, presence, last sign of life, state."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timesince import timesince

from agents.common.admin_base import badge
from agents.models import Agent
from agents.workload import is_available, open_ticket_count

NEVER = "never"


def presence(agent: Agent) -> str:
    return badge(agent.status, agent.get_status_display())


def state(agent: Agent) -> str:
    """Whether anybody can sign in to the account."""
    if not agent.is_active:
        return badge("inactive", "Inactive")
    if agent.is_service:
        return badge("service", "Service")
    return badge("active", "Active") if agent.has_usable_password() else badge("invited", "Invited")


def workload(agent: Agent) -> str:
    """The number of open tickets and the agent's capacity, as a figure and as a bar."""
    if agent.is_service:
        return "–"
    number, capacity = open_ticket_count(agent), agent.max_concurrent_tickets
    return format_html(
        '<span class="workload"><span>{number} of {capacity}</span>'
        '<meter min="0" max="{top}" low="{low}" high="{capacity}" optimum="0" value="{number}"'
        ' aria-label="Workload">{number} of {capacity}</meter></span>',
        number=number,
        capacity=capacity,
        low=capacity * 3 // 4,
        top=max(number, capacity, 1),
    )


def availability(agent: Agent) -> str:
    """Whether new tickets come by themselves, and if not, why."""
    if is_available(agent):
        return "Yes"
    return f"No: {'; '.join(_hindrances(agent))}."


def _hindrances(agent: Agent) -> list[str]:
    found = []
    if not agent.is_active:
        found.append("the account is deactivated")
    if agent.is_service:
        found.append("service accounts get no tickets")
    if agent.status != Agent.Status.ONLINE:
        found.append(f"the status is {agent.get_status_display().lower()}")
    if not agent.accepts_new_tickets:
        found.append("new tickets are not accepted")
    if open_ticket_count(agent) >= agent.max_concurrent_tickets:
        found.append("the capacity is reached")
    return found


def since(moment: datetime | None) -> str:
    """How long ago, with the exact time on hovering."""
    if moment is None:
        return NEVER
    ago = "just now" if (timezone.now() - moment).total_seconds() < 60 else f"{timesince(moment, depth=1)} ago"
    exact = f"{date_format(timezone.localtime(moment), 'Y-m-d H:i')} {timezone.localtime(moment).tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, ago)
