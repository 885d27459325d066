"""A draft counts as answered when its scheduled reply is sent, not when the agent clicks send."""

from typing import Any
from uuid import UUID

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from intelligence.models import Draft
from intelligence.services import drafts
from tickets import services, tasks
from tickets.tests.factories import make_ticket
from tickets.tests.undo_buttons import Clock, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Clock:
    return Clock(time_machine)


def test_draft_is_answered_when_its_scheduled_reply_is_sent(api: APIClient, clock: Clock) -> None:
    ticket = make_ticket()
    draft = drafts.make_draft(ticket.pk).content
    sent = send(api, ticket, draft)
    assert Draft.objects.get(ticket=ticket).state == Draft.State.CURRENT
    clock.forward(8)
    tasks.release_replies(timestamp=0)
    answered = Draft.objects.get(ticket=ticket)
    assert answered.state == Draft.State.SENT and answered.answered_by_id == UUID(sent["id"])
    assert ProcrastinateJob.objects.filter(task_name="intelligence.tasks.record_feedback").count() == 1


def test_draft_for_a_newer_message_is_not_answered_by_an_older_reply(api: APIClient, clock: Clock) -> None:
    ticket = make_ticket()
    send(api, ticket)
    clock.forward(2)
    services.post_message(None, ticket.pk, "Where is my refund?", from_agent=False)
    drafts.make_draft(ticket.pk)
    clock.forward(6)
    tasks.release_replies(timestamp=0)
    assert not Draft.objects.filter(state=Draft.State.SENT).exists()
    assert not ProcrastinateJob.objects.filter(task_name="intelligence.tasks.record_feedback").exists()
    assert api.get(f"/api/ai/tickets/{ticket.pk}/draft-response").json()["draft"]
