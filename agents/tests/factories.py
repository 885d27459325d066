"""Factories for agent accounts in tests."""

from typing import Any

from django.utils import timezone

from agents.models import Agent

PASSWORD = "correct horse battery"


def make_agent(role: str = "agent", **fields: Any) -> Agent:
    number = Agent.objects.count() + 1
    values = {
        "email": f"{role}{number}@quimbi.example",
        "name": f"{role.title()} {number}",
        "status": "online",
        "last_seen_at": timezone.now(),  # seen a moment ago: no write of that in the queries that tests count
        **fields,
    }
    return Agent.objects.create_user(password=PASSWORD, role=role, **values)
