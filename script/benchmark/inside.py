"""What the benchmark does with the program's own code: `python -m script.benchmark.inside COMMAND RESULT [ARGUMENT…]`.

Runs in a process of its own, whose environment names the database; the answer goes to the file RESULT as JSON.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "script.benchmark.settings")

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tqdm import tqdm

from agents.models import Agent
from agents.roles import Capability, roles_with
from agents.sign_in.authentication import issue_token
from script.benchmark import loading, parts
from tickets import services
from tickets.models import Customer, Ticket
from tickets.ranking import counts, scoring
from tickets.ranking.weights import current_weights
from tickets.services.weights import save_weights
from tickets.topic_alerts.services import alerts_of, create_alert, delete_alert

PATIENCE = 300  # seconds for the worker to re-rank all tickets
SAMPLE = 2000  # tickets and customers used in requests


def load(size: str) -> Any:
    """Migrate and fill the database."""
    call_command("migrate", verbosity=0, interactive=False)
    loading.load(int(size))
    return {}


def facts() -> Any:
    """A token, tickets and customers for the requests, the same in every run."""
    chance = random.Random(42)
    agent = Agent.objects.get(email="senior@bench.example")
    return {
        "token": issue_token(agent),
        "tickets": _sample(Ticket.objects.filter(status=Ticket.Status.OPEN), chance),
        "customers": _sample(Customer.objects.all(), chance),
    }


def _sample(rows: Any, chance: random.Random) -> list[str]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return [str(id) for id in chance.sample(ids, min(SAMPLE, len(ids)))]


def refresh() -> Any:
    """Migrate a database that an earlier run has loaded."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
    return {}


def rerank(customer_value: str) -> Any:
    """Activate another weight, and wait until the worker has re-ranked all tickets."""
    wanted = replace(current_weights(), customer_value=float(customer_value))
    start = time.monotonic()
    made = save_weights(None, wanted)
    if made is None or made.ranked_at:
        raise SystemExit(f"The weight is {customer_value} already.")
    with tqdm(total=made.to_rank, unit=" tickets", desc="Re-ranking", mininterval=0.5) as bar:
        while made.ranked_at is None:
            if time.monotonic() - start > PATIENCE:
                raise SystemExit(
                    f"After {PATIENCE} s the worker has ranked {made.ranked:,} of {made.to_rank:,} tickets."
                )
            time.sleep(0.05)
            made.refresh_from_db()
            bar.update(made.ranked - bar.n)
    # Monotonic time of the machine, comparable across its processes.
    return {"from": start, "to": time.monotonic(), "tickets": made.ranked}


def change_customers(number: str) -> Any:
    """Set one customer's churn risk at a time, as intelligence does, with the re-rank of their tickets."""
    chance = random.Random(7)
    times = []
    chosen = _sample(Customer.objects.all(), chance)
    for count in range(int(number)):
        id = UUID(chosen[count % len(chosen)])
        start = time.perf_counter()
        services.set_churn_risk({id: chance.random()})
        times.append(time.perf_counter() - start)
    return times


def close_highest(number: str) -> Any:
    """Close the highest-ranked tickets in one statement."""
    now = timezone.now()
    highest = Ticket.objects.filter(status=Ticket.Status.OPEN).order_by("rank_at", "id").values("pk")[: int(number)]
    start = time.perf_counter()
    closed = Ticket.objects.filter(pk__in=highest).update(status=Ticket.Status.CLOSED, closed_at=now, updated_at=now)
    return {"closed": closed, "seconds": time.perf_counter() - start}


def take_apart(path: str) -> Any:
    """Measure the parts of a list request."""
    return parts.parts(Agent.objects.get(email="senior@bench.example"), path)


def page(alert: str = "") -> Any:
    """A session of a senior agent who has that topic alert only, and the number of queries of the inbox."""
    agent = Agent.objects.get(email="senior@bench.example")
    for one in alerts_of(agent):
        delete_alert(agent, one.pk)
    if alert:
        create_alert(agent, alert)
    client = Client(headers={"host": "localhost"})
    client.force_login(agent, backend="agents.backends.RoleBackend")
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    return {"session": client.cookies["sessionid"].value, "queries": len(queries)}


def people(number: str) -> Any:
    """Migrate an empty database; create agents of the roles that see all tickets, each with a token, and one ticket."""
    call_command("migrate", verbosity=0, interactive=False)
    roles = roles_with(Capability.SEE_ALL)
    agents = [
        Agent(email=f"agent{index}@bench.example", name=f"Agent {index}", role=roles[index % len(roles)])
        for index in range(int(number))
    ]
    Agent.objects.bulk_create(agents)
    data = services.TicketData("Where is it?", "email", author_email="customer@example.com", initial_message="Hi.")
    tokens = [issue_token(agent) for agent in agents]
    return {"token": tokens[0], "tokens": tokens, "ticket": str(services.create_ticket(None, data).pk)}


def verify() -> Any:
    """Check stored ranks and totals after the measurements."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()
    return {
        "stale": scoring.stale_ranks().count(),
        "miscounted": len(counts.recount()),
        "bytes": size[0] if size else 0,
    }


COMMANDS: dict[str, Callable[..., Any]] = {
    command.__name__: command
    for command in (load, refresh, facts, rerank, change_customers, close_highest, take_apart, page, people, verify)
}

if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[3:])))
