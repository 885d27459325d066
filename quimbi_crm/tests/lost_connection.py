"""Committed records, and ways to lose the database connection while a service writes."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from django.dispatch import Signal
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.util import random_hex

import agents.services
import tickets.services
from agents.services import invitations, keys
from agents.signals import agent_deactivated
from agents.tests.factories import make_agent
from intelligence.models import Draft
from intelligence.services import profiles
from intelligence.services.drafts import make_draft as make_draft
from tickets import signals as ticket_signals
from tickets.models import ScheduledReply
from tickets.services import TicketData
from tickets.tests.factories import NOW, make_customer, make_order, make_ticket
from tickets.topic_alerts.services import create_alert

MD5 = "django.contrib.auth.hashers.MD5PasswordHasher"
NEW_PASSWORD = "another horse battery 7"
LATER = timezone.now() + timedelta(days=30)
World = SimpleNamespace
SIGNALS = [one for one in vars(ticket_signals).values() if isinstance(one, Signal)] + [agent_deactivated]
WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


def totp_code(key: str) -> str:
    return f"{TOTP(bytes.fromhex(key)).token():06d}"


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        try:
            with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
                patch.setattr("django.conf.settings.PASSWORD_HASHERS", [MD5])
                yield build_world(stack)
        finally:
            call_command("flush", verbosity=0, interactive=False)
            with connection.cursor() as cursor:
                cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")
            connection.close()


def build_world(stack: ExitStack) -> World:
    admin, lead, agent = make_agent("admin"), make_agent("team_lead"), make_agent("agent")
    gone = make_agent("agent")
    agents.services.deactivate_agent(admin, gone.pk)
    service = make_agent("senior_agent", is_service=True)
    key, _secret = keys.create_key(admin, service.pk, name="shop")
    factored = make_agent("agent")
    secret = random_hex(20)
    agents.services.add_second_factor(factored.pk, secret, totp_code(secret))
    invited = agents.services.create_agent(admin, email="invited@quimbi.example", name="Ina", role="agent")
    invitations.invite(admin, invited.pk)
    invited.refresh_from_db()
    customer = make_customer()
    for _ in range(3):
        make_order(customer)
    ticket, theirs, snoozed = (make_ticket(customer, assigned_to=who) for who in (None, agent, None))
    answered, chat = make_ticket(customer), make_ticket(customer, channel="chat")
    tickets.services.post_message(lead, chat.pk, "Hello.")
    tickets.services.snooze_ticket(lead, snoozed.pk, until=LATER)
    provisional = tickets.services.create_ticket(agent, TicketData("Call", "email", author_email=make_customer().email))
    tickets.services.save_composer_draft(lead, ticket.pk, content="Typed.")
    draft = make_draft(answered.pk)
    make_draft(ticket.pk)
    tickets.services.post_message(lead, answered.pk, draft.content)
    feedback_of = Draft.objects.get(pk=draft.pk)
    waiting = tickets.services.schedule_reply(lead, snoozed.pk, "Soon.", undo_seconds=30)
    reply = tickets.services.schedule_reply(lead, answered.pk, "Now.", undo_seconds=30)
    ScheduledReply.objects.filter(pk=reply.pk).update(goes_out_at=NOW)
    ScheduledReply.objects.filter(pk=waiting.pk).update(goes_out_at=LATER)
    waiting.refresh_from_db()
    model = profiles.fit_shop()
    profiles.profile_customers([customer.pk])
    profiles.mark_stale([customer.pk])
    made = tickets.services.restart_ranking()
    alert = create_alert(lead, "parcel")
    watcher = stack.enter_context(psycopg.connect(**own_database(), autocommit=True))
    return World(
        admin=admin, lead=lead, agent=agent, gone=gone, service=service, key=key, factored=factored, invited=invited,
        secret=random_hex(20), customer=customer, ticket=ticket, theirs=theirs, snoozed=snoozed, chat=chat,
        provisional=provisional,
        answered=feedback_of, waiting=waiting, reply=reply, model=model, weights=made, alert=alert, watcher=watcher,
    )  # fmt: skip


def own_database() -> dict[str, Any]:
    given = connection.settings_dict
    return {"dbname": given["NAME"], "user": given["USER"], "host": given["HOST"], "port": given["PORT"] or None}


def stored(world: World) -> str:
    """Return a fingerprint of every row of every table."""
    names = world.watcher.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    rows = "(SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {} t)"
    parts = [rows.format(name) for (name,) in names]
    answer: str = world.watcher.execute("SELECT md5(" + " || ".join(parts) + ")").fetchone()[0]
    return answer


def end_by_database(world: World) -> None:
    """End the session as PostgreSQL does: the next query finds a dead connection."""
    pid = connection.connection.info.backend_pid
    world.watcher.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def close_ourselves(world: World) -> None:
    connection.close()


@contextmanager
def listening(receiver: Callable[..., Any]) -> Iterator[None]:
    """Connect the receiver to every signal."""
    receivers = [(one, ticket_signals.listen(one)(receiver)) for one in SIGNALS]
    try:
        yield
    finally:
        for signal, connected in receivers:
            signal.disconnect(connected)


@contextmanager
def losing_in_receivers(world: World, end: Callable[[World], None]) -> Iterator[None]:
    """Give every signal a receiver that loses the connection and then fails in a query."""
    told: list[Any] = []

    def lose(**facts: Any) -> None:
        if not told:
            told.append(facts["signal"])
            end(world)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")

    with listening(lose):
        yield
    assert told


@contextmanager
def losing_after_write(world: World, which: int) -> Iterator[None]:
    """Let the database end the session after the `which`-th writing statement."""
    seen: list[str] = []

    def count(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if WRITE.match(str(sql)):
            seen.append(str(sql))
            if len(seen) == which:
                end_by_database(world)
        return answer

    with connection.execute_wrapper(count):
        yield
    assert len(seen) >= which


def settle() -> None:
    """Close the connection, as at the end of a request or a job."""
    connection.close()


@pytest.fixture
def _django_db_helper(world: World) -> None:
    """Replaces pytest-django's transaction around each test, because these tests commit or lose transactions."""
