"""Housekeeping tasks: pruning of expired tokens, event positions and queued work."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agents.models import EndedToken
from intelligence.services.wanted import Work, want
from quimbi_crm.job_worker import serve_readers
from quimbi_crm.tasks import prune
from tickets import services
from tickets.models import Event
from tickets.tests.factories import make_ticket


@pytest.mark.django_db
def test_prune_deletes_ended_tokens_after_they_expire() -> None:
    now = timezone.now()
    EndedToken.objects.create(jti="expired", expires_at=now - timedelta(seconds=1))
    EndedToken.objects.create(jti="held", expires_at=now + timedelta(hours=1))
    async_to_sync(prune.func)(0)
    assert list(EndedToken.objects.values_list("jti", flat=True)) == ["held"]


@pytest.mark.django_db(transaction=True)
def test_worker_sets_event_positions_and_enqueues_wanted_work_once() -> None:
    cache.clear()
    ticket = make_ticket()
    services.announce(Event.Kind.UPDATED, ticket.pk, changes=["status"])
    for _ in range(2):
        want(Work.DRAFT, ticket.pk)
    serve_readers()
    assert Event.objects.exists() and not Event.objects.filter(position=None).exists()
    jobs = ProcrastinateJob.objects.filter(task_name="intelligence.tasks.make_draft", status="todo")
    assert jobs.filter(args__ticket_id=str(ticket.pk)).count() == 1
