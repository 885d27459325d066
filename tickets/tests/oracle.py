"""A second implementation of the smart score, in plain Python after docs/ordering.md, to check the database's values."""

import math
from datetime import datetime, timedelta

from tickets.models import Ticket

PRIORITY = {"urgent": 3.0, "high": 1.5, "normal": 0.5, "low": 0.0}


def points(ticket: Ticket) -> float:
    customer = ticket.customer
    risk = customer.churn_risk_score or 0.0
    sentiment = 0.0 if ticket.customer_sentiment is None else 1.5 * max(0.0, 0.5 - ticket.customer_sentiment)
    return (
        PRIORITY[ticket.priority]
        + math.log(1 + max(0.0, float(customer.lifetime_value)) / 250)
        + 5 * risk**2
        + sentiment
        + 0.75 * (ticket.estimated_difficulty or 0.0)
    )


def rank_at(ticket: Ticket) -> datetime:
    return ticket.created_at - timedelta(days=points(ticket))


def score(ticket: Ticket, now: datetime, *, alerted: bool = False) -> float:
    return (now - ticket.created_at).total_seconds() / 86400 + points(ticket) + (5.0 if alerted else 0.0)


def assert_ranked(ticket: Ticket) -> None:
    """Asserts that the stored rank equals the formula's, within the two microseconds of float rounding."""
    ticket = Ticket.objects.select_related("customer").get(pk=ticket.pk)
    assert abs(ticket.rank_at - rank_at(ticket)) <= timedelta(microseconds=2), (ticket.rank_at, rank_at(ticket))
