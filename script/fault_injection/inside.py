"""What `script/chaos` does with the program's own code: `python -m script.fault_injection.inside COMMAND FOLDER`.

Runs in a process of its own, whose environment names the database; the answer goes to the folder, as `COMMAND.json`.
"""

import dataclasses
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "script.fault_injection.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import OuterRef, Subquery
from django.test import Client

from agents.models import Agent
from agents.sign_in.authentication import issue_token
from intelligence.models import Draft, StaleProfile
from intelligence.services.message_reading import unread
from script.fault_injection.ledger import read_ledger
from script.fault_injection.row_loading import load_jobs, load_records
from script.fault_injection.verify import verify as find_problems
from tickets import services
from tickets.models import Message, ScheduledReply, Ticket

WRITERS = 6
SHARED = 40  # tickets that all writers share
DRAIN = 240  # seconds for the background jobs to finish
QUIET = 3  # consecutive checks without unfinished jobs
ROLES = (Agent.Role.TEAM_LEAD, Agent.Role.MANAGER)


def prepare(folder: Path) -> Any:
    """Migrate an empty database; create an agent with token and session for each writer, and the shared tickets."""
    call_command("migrate", verbosity=0, interactive=False)
    agents = [
        Agent.objects.create_user(
            f"writer{number}@chaos.example", None, name=f"Writer {number}", role=ROLES[number % len(ROLES)]
        )
        for number in range(WRITERS)
    ]
    shared = []
    for number in range(SHARED):
        data = services.TicketData(
            f"Shared {number}", "email", author_email=f"shared{number % 15}@example.com", initial_message="Hello there."
        )
        shared.append(str(services.create_ticket(None, data).pk))
    return {
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "shared": shared,
        "writers": [
            {"agent": str(agent.pk), "token": issue_token(agent), "session": _session(agent)} for agent in agents
        ],
    }


def _session(agent: Agent) -> str:
    client = Client(headers={"host": "localhost"})
    client.force_login(agent, backend="agents.backends.RoleBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def drain(folder: Path) -> Any:
    """Wait until the background work is done, or until it is clear that it will not be."""
    start, quiet, left = time.monotonic(), 0, {}
    while quiet < QUIET and time.monotonic() - start < DRAIN:
        try:
            left = _left()
        except OperationalError:
            connection.close()
            left = {"the database does not answer": 1}
        quiet = 0 if any(left.values()) else quiet + 1
        sys.stderr.write(f"\rWaiting for the background work, {left} ".ljust(110))
        sys.stderr.flush()
        time.sleep(2)
    sys.stderr.write("\n")
    return {"seconds": round(time.monotonic() - start), "left": left}


def _left() -> dict[str, int]:
    jobs = [job for job in load_jobs() if job.status in ("todo", "doing")]
    return {
        "stale profiles": StaleProfile.objects.count(),
        "waiting": sum(job.status == "todo" and bool(job.ticket) for job in jobs),
        "running": sum(job.status == "doing" and bool(job.ticket or not job.alive) for job in jobs),
        "unread": unread().count(),
        "without a draft": _undrafted(),
        "outgoing": ScheduledReply.objects.count(),
    }


def _undrafted() -> int:
    """Tickets whose customer waits for an answer and whose newest message has no draft."""
    last = Message.objects.filter(ticket=OuterRef("ticket")).order_by("-created_at", "-id").values("id")[:1]
    drafted = Draft.objects.filter(state=Draft.State.CURRENT, based_on=Subquery(last)).values("ticket")
    return Ticket.objects.ranked().filter(last_message_from_agent=False).exclude(pk__in=drafted).count()


def verify(folder: Path) -> Any:
    """Compare the ledgers in the folder with the database."""
    writes = read_ledger(sorted(folder.glob("ledger-*.jsonl")))
    return [dataclasses.asdict(finding) for finding in find_problems(writes, load_records())]


COMMANDS: dict[str, Callable[[Path], Any]] = {command.__name__: command for command in (prepare, drain, verify)}

if __name__ == "__main__":
    target = Path(sys.argv[2])
    (target / f"{sys.argv[1]}.json").write_text(json.dumps(COMMANDS[sys.argv[1]](target)))
