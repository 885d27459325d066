"""Fills an empty, migrated database with N open tickets as the baseline makes its own, by SQL, with the program's own ranks."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from tqdm import tqdm

from agents.models import Agent
from tickets.models import Ticket
from tickets.ranking import scoring

CHUNK = 20_000  # tickets
TABLES = ("tickets_customer", "tickets_ticket", "tickets_message", "tickets_searchtext", "tickets_tickettag")
# UUIDv7 ids as the program makes them; all else derives from a hash, so that a load is repeatable.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION bench_id(at timestamptz, what text, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
            || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid
      FROM md5(what || i) h
$$;
CREATE OR REPLACE FUNCTION bench_customer(i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT bench_id('2025-01-01Z'::timestamptz + i * interval '1 second', 'customer', i)
$$;
"""
CUSTOMERS = """
INSERT INTO tickets_customer (id, name, email, lifetime_value, total_orders, churn_risk_score, created_at, updated_at)
SELECT bench_customer(i), 'Customer ' || i, 'c' || i || '@example.com', exp(random() * 9)::numeric(18, 2),
       (random() * 40)::int, random(), now() - interval '1 year', now() - interval '1 year'
  FROM generate_series(%(first)s::bigint, %(last)s) i
"""
# In order of creation. Pending and closed tickets, 3% each, come on top of the open ones.
TICKETS = """
WITH drawn AS MATERIALIZED (
    SELECT i, now() - interval '30 days' * (1 - (i - random()) / %(total)s) AS at,
           (array['Order not received','Refund please','Wrong address','Where is my parcel','chargeback notice'])
           [1 + least(4, floor(-ln(random() + 1e-9) * 1.2))::int] || ' #' || i AS subject,
           CASE WHEN i %% 53 < 50 THEN 'open' WHEN i %% 106 < 53 THEN 'pending' ELSE 'closed' END AS status,
           (array['low','normal','normal','high','urgent'])[1 + (random() * 4)::int] AS priority,
           (array['email','sms','chat','phone','form'])[1 + (random() * 4)::int] AS channel,
           (random() * (%(customers)s - 1))::bigint + 1 AS customer, random() AS sentiment, random() AS difficulty
      FROM generate_series(%(first)s::bigint, %(last)s) i
), ticket AS (
    INSERT INTO tickets_ticket (id, customer_id, subject, channel, status, priority, assigned_to_id, customer_sentiment,
        estimated_difficulty, created_at, updated_at, closed_at, rank_at, message_count, last_message_at,
        last_message_from_agent, last_message_preview)
    SELECT bench_id(at, 'ticket', i), bench_customer(customer), subject, channel, status, priority,
           CASE WHEN i %% 2 = 0 THEN %(agent)s::uuid END, sentiment, difficulty, at, at,
           CASE WHEN status = 'closed' THEN at + interval '1 hour' END, at, 3, at, false,
           'I have been waiting for my order ' || i || ' since last week, please tell me where it is. Message 2'
      FROM drawn
    RETURNING id, subject, created_at, split_part(subject, '#', 2)::bigint AS i
), message AS (
    INSERT INTO tickets_message (id, ticket_id, from_agent, content, author_name, created_at)
    SELECT bench_id(created_at, 'message ' || k || ' ', i), id, false, 'I have been waiting for my order ' || i ||
           ' since last week, please tell me where it is. Message ' || k, 'Customer', created_at
      FROM ticket, generate_series(0, 2) k
    RETURNING id, ticket_id, content
), tag AS (
    INSERT INTO tickets_tickettag (ticket_id, name)
    SELECT id, (array['vip','shipping','returns','billing','wholesale'])[1 + i %% 5] FROM ticket WHERE i %% 4 = 0
)
INSERT INTO tickets_searchtext (ticket_id, message_id, text)
SELECT id, NULL, lower(subject) FROM ticket UNION ALL SELECT ticket_id, id, lower(content) FROM message
"""
COUNTS = """
TRUNCATE tickets_ticketcount;
INSERT INTO tickets_ticketcount (status, channel, delta) SELECT status, channel, count(*) FROM tickets_ticket GROUP BY 1, 2
"""


def load(open_tickets: int) -> None:
    """Load open tickets, a few pending and closed ones, a third as many customers, and three messages each."""
    total = -(-open_tickets * 53 // 50)
    customers = max(1, open_tickets // 3)
    agent = Agent.objects.create_user(
        "senior@bench.example", None, name="Sena Senior", role=Agent.Role.SENIOR_AGENT, status=Agent.Status.ONLINE
    )
    with connection.cursor() as cursor:
        # No foreign key checks and triggers: generated rows are valid, and their counts are checked below.
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'; SELECT setseed(0.42)")
        cursor.execute(FUNCTIONS)
        indexes = _drop_indexes(cursor)
        values: dict[str, Any] = {"total": total, "customers": customers, "agent": str(agent.pk)}
        with tqdm(total=total, unit=" tickets", mininterval=0.5, desc="Loading") as bar:
            for first, last in _chunks(customers):
                cursor.execute(CUSTOMERS, {"first": first, "last": last})
            for first, last in _chunks(total):
                cursor.execute(TICKETS, {**values, "first": first, "last": last})
                bar.update(last - first + 1)
        _rank(cursor, total)
        steps = ["VACUUM (FULL) tickets_ticket", *indexes, COUNTS, "RESET session_replication_role", "VACUUM (ANALYZE)"]
        for step in tqdm(steps, desc="Indexes and statistics", unit=" steps", mininterval=0.5):
            cursor.execute(step)


def _chunks(total: int) -> Iterator[tuple[int, int]]:
    for first in range(1, total + 1, CHUNK):
        yield first, min(first + CHUNK - 1, total)


def _drop_indexes(cursor: Any) -> list[str]:
    """Drop the indexes that are faster to build at the end, and return their statements; constraints stay."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS "
        "(SELECT 1 FROM pg_constraint WHERE conname = indexname) AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
        [list(TABLES)],
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _rank(cursor: Any, total: int) -> None:
    """Rank by the program's own formula, chunk by chunk."""
    ids = list(Ticket.objects.order_by("id").values_list("pk", flat=True).iterator(chunk_size=CHUNK))
    with tqdm(total=total, unit=" tickets", mininterval=0.5, desc="Ranking") as bar:
        for start in range(0, total, CHUNK):
            part = ids[start : start + CHUNK]
            scoring.rerank(Ticket.objects.filter(pk__gte=part[0], pk__lte=part[-1]))
            bar.update(len(part))
