"""The only module of the simulation that reads the database: tickets and messages, as the replay wants them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tickets.models import Message, Ticket
from tickets.simulation.arrivals import Arrival
from tickets.simulation.past_tickets import History, PastMessage, PastTicket, look_back

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
MOST_TICKETS = 100_000  # newest tickets; enough for every figure, with bounded memory


def read_history(days: int = 180) -> History:
    """The last `days` days up to the shop's newest ticket, so that an old import can be replayed, too."""
    newest = Ticket.objects.order_by("-created_at").values_list("created_at", flat=True).first()
    if newest is None:
        return look_back([], [], days)
    since = newest - timedelta(days=days + 1)
    rows: Any = list(
        Ticket.objects.filter(created_at__gte=since)
        .order_by("-created_at", "-id")
        .values_list(
            "id",
            "created_at",
            "priority",
            "customer__lifetime_value",
            "customer__churn_risk_score",
            "customer_sentiment",
            "estimated_difficulty",
            "status",
        )[:MOST_TICKETS]
    )
    if len(rows) == MOST_TICKETS:
        rows, since = _whole_days(rows)
    tickets = [
        PastTicket(key, Arrival(_hours(created), priority, float(value), churn, mood, hard, 0.0), status == "closed")
        for key, created, priority, value, churn, mood, hard, status in rows
    ]
    messages = (
        Message.objects.filter(ticket__created_at__gte=since)
        .order_by("created_at", "id")
        .values_list("ticket_id", "created_at", "from_agent", "author_id")
    )
    said = [PastMessage(ticket, _hours(at), sent, agent) for ticket, at, sent, agent in messages.iterator()]
    return look_back(tickets, said, days)


def _whole_days(rows: list[Any]) -> tuple[list[Any], datetime]:
    """Cuts the oldest day, of which the limit may have left only a part."""
    since = rows[-1][1].replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return [row for row in rows if row[1] >= since], since


def _hours(moment: datetime) -> float:
    """Since Monday, 5 January 1970, 0:00 UTC."""
    return (moment - MONDAY).total_seconds() / 3600
