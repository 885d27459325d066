"""The catch-up task enqueues the jobs of messages whose jobs were lost."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agents.models import Agent
from intelligence.models import CatchUp, Draft
from intelligence.services import drafts, lost_jobs
from intelligence.services.lost_jobs import ENOUGH_TIME, MOST_ATTEMPTS, catch_up
from intelligence.services.message_reading import read_ticket
from tickets.models import Customer, Message, Ticket
from tickets.services import TicketData, create_ticket, post_message
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
SOON = ENOUGH_TIME + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def ids_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the UUIDv7 clock, because another test may have generated ids in the future."""
    monkeypatch.setattr("uuid6._last_v7_timestamp", None)


def refuse(**anything: Any) -> None:
    raise OperationalError("could not extend file: No space left on device")


@pytest.fixture
def lost(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> Ticket:
    """A ticket whose signal receivers failed to enqueue any job."""
    with monkeypatch.context() as full_disk:
        full_disk.setattr("intelligence.services.enqueueing.enqueue_reading", lambda ticket_id: refuse())
        full_disk.setattr("intelligence.services.enqueueing.enqueue_draft", lambda ticket_id: refuse())
        data = TicketData("Where is it?", "email", customer_id=customer.pk, initial_message="Where is my parcel?")
        ticket = create_ticket(None, data)
    assert Message.objects.filter(ticket=ticket).count() == 1
    assert jobs() == []
    return ticket


def jobs() -> list[str]:
    names = ProcrastinateJob.objects.filter(status="todo").order_by("id").values_list("task_name", flat=True)
    return [name.rsplit(".", 1)[-1] for name in names if "catch" not in name and "profiles" not in name]


def test_lost_jobs_are_enqueued_once_after_the_grace_period(lost: Ticket) -> None:
    now = timezone.now()
    assert catch_up(now) == 0
    assert catch_up(now + SOON) == 1
    assert jobs() == ["read_conversation", "make_draft"]
    assert catch_up(now + SOON) == 0


def test_message_that_is_read_and_drafted_gets_no_job(lost: Ticket) -> None:
    read_ticket(lost.pk)
    drafts.prepare(lost.pk)
    assert catch_up(timezone.now() + SOON) == 0


def test_message_that_only_lacks_a_draft_gets_only_a_draft_job(lost: Ticket) -> None:
    read_ticket(lost.pk)
    assert catch_up(timezone.now() + SOON) == 1
    assert jobs() == ["make_draft"]


def test_message_is_given_up_after_the_maximum_of_attempts(lost: Ticket) -> None:
    now, tried = timezone.now(), 0
    for minutes in range(4, 400, 2):
        tried += catch_up(now + timedelta(minutes=minutes))
    assert tried == MOST_ATTEMPTS
    assert CatchUp.objects.get().attempts == MOST_ATTEMPTS


def test_message_from_two_days_ago_gets_no_job(lost: Ticket) -> None:
    assert catch_up(timezone.now() + timedelta(days=2)) == 0


def test_imported_message_gets_no_job() -> None:
    make_ticket()
    assert catch_up(timezone.now() + SOON) == 0


def test_answered_message_gets_no_draft_job(lost: Ticket, agent: Agent) -> None:
    read_ticket(lost.pk)
    post_message(None, lost.pk, "It is on its way.")
    assert catch_up(timezone.now() + SOON) == 0


def test_lost_feedback_job_of_answered_draft_is_enqueued(lost: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    read_ticket(lost.pk)
    draft = drafts.prepare(lost.pk)
    assert draft is not None
    with monkeypatch.context() as full_disk:
        full_disk.setattr("intelligence.services.enqueueing.enqueue_feedback", lambda draft_id: refuse())
        message = post_message(None, lost.pk, draft.content)
    # The receiver was undone as a whole: the draft is not marked as answered. A job that failed later has left this:
    Draft.objects.filter(pk=draft.pk).update(state=Draft.State.SENT, answered_by=message)
    assert catch_up(timezone.now() + SOON) == 1
    assert jobs() == ["record_feedback"]


def test_failing_message_does_not_hold_up_other_messages(
    lost: Ticket, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue = lost_jobs._enqueue_again
    first = Message.objects.get(ticket=lost)
    create_ticket(None, TicketData("Another", "email", customer_id=customer.pk, initial_message="And another?"))
    ProcrastinateJob.objects.none()

    def fail_first(message: Message, now: Any) -> bool:
        if message.pk == first.pk:
            raise OperationalError
        return enqueue(message, now)

    monkeypatch.setattr(lost_jobs, "_enqueue_again", fail_first)
    assert catch_up(timezone.now() + SOON) == 1


def test_catch_up_run_is_bounded_and_needs_one_query(lost: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_jobs, "MOST_AT_ONCE", 0)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert catch_up(timezone.now() + SOON) == 0
    assert len(asked) <= 1
