"""Undo send: a scheduled reply has no effect until it is sent, and then it is sent exactly once as a normal message."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from agents.common.errors import Conflict
from agents.models import Agent, AuditEntry
from tickets import services, tasks
from tickets.models import ComposerDraft, Message, ReadMark, ScheduledReply, Ticket
from tickets.services.messages import messages, scheduled_replies
from tickets.signals import message_posted
from tickets.tests.concurrency import at_once
from tickets.tests.factories import NOW, make_ticket
from tickets.tests.undo_buttons import Clock, send

pytestmark = pytest.mark.django_db
Clients = Callable[[Agent], APIClient]


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Clock:
    return Clock(time_machine)


def undo(client: APIClient, ticket: Ticket, message_id: str) -> Any:
    return client.post(f"/api/tickets/{ticket.pk}/messages/{message_id}/undo")


def shown(client: APIClient, ticket: Ticket) -> dict[str, Any]:
    body: dict[str, Any] = client.get(f"/api/tickets/{ticket.pk}").json()
    return body


@pytest.fixture
def events() -> Any:
    heard: list[tuple[UUID, str]] = []

    def note(message: Message, **kwargs: Any) -> None:
        heard.append((message.pk, message.content))

    message_posted.connect(note)
    yield heard
    message_posted.disconnect(note)


def test_scheduled_reply_is_shown_as_sending_and_affects_nothing_else(
    api: APIClient, clock: Clock, events: list[Any]
) -> None:
    ticket = make_ticket()
    before = {k: v for k, v in shown(api, ticket).items() if k not in ("messages", "unread")}
    sent = send(api, ticket, status="closed")
    assert sent["state"] == "sending" and sent["goes_out_at"] == "2026-03-01T12:00:08Z" and sent["from_agent"] is True
    after = shown(api, ticket)
    assert after["messages"][-1] == sent and [m["state"] for m in after["messages"]] == ["sent", "sending"]
    assert {k: v for k, v in after.items() if k in before} == before
    assert after["unread"] is False
    assert events == [] and Message.objects.filter(ticket=ticket).count() == 1
    row = api.get("/api/tickets").json()["tickets"][0]
    assert (row["message_count"], row["last_message_from_agent"], row["status"]) == (1, False, "open")
    assert api.get("/api/tickets?q=%22on its way%22").json()["total"] == 0


def test_scheduled_reply_is_sent_once_with_all_effects_of_a_message(
    api: APIClient, senior: Agent, clock: Clock, events: list[Any]
) -> None:
    ticket = make_ticket()
    sent = send(api, ticket, status="closed")
    assert services.send_scheduled_reply(UUID(sent["id"])) is None  # too early
    at = clock.forward(8)
    for _ in range(3):
        tasks.release_reply(message_id=sent["id"])
        tasks.release_replies(timestamp=0)
    assert events == [(UUID(sent["id"]), "On its way.")] and not ScheduledReply.objects.exists()
    after = shown(api, ticket)
    message = Message.objects.get(pk=sent["id"])
    assert message.created_at == at and message.author == senior  # the time of the first reply is when it went out
    assert after["messages"][-1] == {**sent, "state": "sent", "goes_out_at": None, "created_at": "2026-03-01T12:00:08Z"}
    assert (after["status"], after["closed_at"]) == ("closed", "2026-03-01T12:00:08Z")
    assert (after["message_count"], after["last_message_from_agent"]) == (2, True)
    entry = AuditEntry.objects.filter(subject_id=str(ticket.pk)).latest("id")
    assert (entry.action, entry.changes, entry.actor) == ("message.posted", {"status": ["open", "closed"]}, senior)
    assert api.get("/api/tickets?q=%22on its way%22&status=all").json()["total"] == 1


def test_scheduled_reply_enqueues_its_job_for_the_send_time(api: APIClient) -> None:
    sent = send(api, make_ticket())
    job = ProcrastinateJob.objects.get(task_name="tickets.tasks.release_reply")
    assert job.args == {"message_id": sent["id"]} and job.scheduled_at == NOW + timedelta(seconds=8)


def test_undo_send_restores_the_reply_as_composer_draft(api: APIClient, clock: Clock, events: list[Any]) -> None:
    ticket = make_ticket()
    based_on = str(Message.objects.get(ticket=ticket).pk)
    url = f"/api/tickets/{ticket.pk}/reply-draft"
    api.put(url, {"content": "On its", "tone": "friendly", "based_on": based_on})
    sent = send(api, ticket)
    assert api.get(url).json()["reply"] is None
    clock.forward(7.9)
    answer = undo(api, ticket, sent["id"])
    assert answer.status_code == 200 and answer.json()["message_id"] == sent["id"]
    kept = api.get(url).json()["reply"]
    assert kept == answer.json()["reply"]
    assert (kept["content"], kept["tone"], kept["based_on"]) == ("On its way.", "friendly", based_on)
    clock.forward(60)
    tasks.release_reply(message_id=sent["id"])
    tasks.release_replies(timestamp=0)
    assert events == [] and len(shown(api, ticket)["messages"]) == 1
    assert AuditEntry.objects.filter(action="message.taken_back").count() == 1
    assert undo(api, ticket, sent["id"]).status_code == 404


def test_undo_send_keeps_text_typed_after_sending(api: APIClient) -> None:
    ticket = make_ticket()
    sent = send(api, ticket, "First")
    old = api.put(f"/api/tickets/{ticket.pk}/reply-draft", {"content": "Second"}).json()
    kept = undo(api, ticket, sent["id"]).json()["reply"]
    assert kept["content"] == "First\n\nSecond" and kept["revision"] > old["revision"]


def test_composer_draft_may_be_based_on_a_scheduled_reply(api: APIClient) -> None:
    ticket = make_ticket()
    sent = send(api, ticket, "First")
    kept = api.put(f"/api/tickets/{ticket.pk}/reply-draft", {"content": "Second", "based_on": sent["id"]})
    assert kept.status_code == 200 and kept.json()["based_on"] == sent["id"]


def test_failing_scheduled_reply_does_not_block_later_ones(
    api: APIClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make_ticket(), make_ticket()
    stuck, sent = send(api, first), send(api, second)
    clock.forward(9)
    deliver = messages.deliver

    def sometimes(ticket: Ticket, reply: ScheduledReply, at: Any) -> Message:
        if ticket.pk == first.pk:
            raise RuntimeError("It does not want to.")
        return deliver(ticket, reply, at)

    monkeypatch.setattr(scheduled_replies, "deliver", sometimes)
    tasks.release_replies(timestamp=0)
    assert Message.objects.filter(pk=sent["id"]).exists()
    assert ScheduledReply.objects.get().pk == UUID(stuck["id"])  # and is tried again in a minute


@pytest.mark.parametrize("released", [True, False], ids=["worker was there", "worker is late"])
def test_undo_send_after_the_window_is_409(api: APIClient, clock: Clock, released: bool) -> None:
    ticket = make_ticket()
    sent = send(api, ticket)
    clock.forward(8)
    if released:
        tasks.release_replies(timestamp=0)
    answer = undo(api, ticket, sent["id"])
    assert answer.status_code == 409
    assert answer.json()["detail"] == "The message was already sent; sending it cannot be undone."
    assert not ComposerDraft.objects.exists()
    tasks.release_replies(timestamp=0)
    assert Message.objects.filter(pk=sent["id"]).count() == 1


def test_only_the_author_may_undo_sending(
    api: APIClient, agent: Agent, admin: Agent, senior: Agent, client_of: Clients
) -> None:
    ticket = make_ticket()
    sent = send(api, ticket)
    refused = undo(client_of(admin), ticket, sent["id"])
    assert (
        refused.status_code == 403 and refused.json()["detail"] == "Only the author of a message can undo sending it."
    )
    assert undo(client_of(agent), ticket, sent["id"]).status_code == 404
    assert undo(api, make_ticket(), sent["id"]).status_code == 404
    assert undo(api, ticket, str(uuid4())).status_code == 404
    assert undo(api, ticket, sent["id"]).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"content": "x", "undo_seconds": 31},
        {"content": "x", "undo_seconds": -1},
        {"content": "x", "undo_seconds": "soon"},
        {"content": "x", "undo_seconds": 5, "from_agent": False},
    ],
)
def test_invalid_undo_seconds_are_400(api: APIClient, body: dict[str, Any]) -> None:
    ticket = make_ticket()
    answer = api.post(f"/api/tickets/{ticket.pk}/messages", body)
    assert answer.status_code == 400 and list(answer.json()["errors"]) == ["undo_seconds"]
    empty = api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "\u200b", "undo_seconds": 5})
    assert empty.status_code == 400 and not ScheduledReply.objects.exists()


@pytest.mark.parametrize("body", [{}, {"undo_seconds": 0}])
def test_reply_without_undo_seconds_is_sent_at_once(api: APIClient, events: list[Any], body: dict[str, Any]) -> None:
    ticket = make_ticket()
    answer = api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "At once", **body})
    assert answer.json()["state"] == "sent" and answer.json()["goes_out_at"] is None
    assert len(events) == 1 and Ticket.objects.get(pk=ticket.pk).status == "pending"


def test_repeated_idempotency_key_schedules_one_reply(api: APIClient) -> None:
    ticket = make_ticket()
    body = {"content": "Once", "undo_seconds": 8}
    answers = [
        api.post(f"/api/tickets/{ticket.pk}/messages", body, headers={"Idempotency-Key": "k"}).json() for _ in range(2)
    ]
    assert answers[0] == answers[1] and ScheduledReply.objects.count() == 1


def test_status_changed_during_the_undo_window_is_kept(api: APIClient, clock: Clock) -> None:
    ticket = make_ticket()
    send(api, ticket)
    services.update_ticket(None, ticket.pk, {"status": "closed"})
    clock.forward(9)
    tasks.release_replies(timestamp=0)
    after = shown(api, ticket)
    assert after["status"] == "closed" and after["message_count"] == 2


def test_customer_message_during_the_undo_window_keeps_ticket_open_and_unread(api: APIClient, clock: Clock) -> None:
    ticket = make_ticket()
    sent = send(api, ticket, status="closed")
    clock.forward(3)
    services.post_message(None, ticket.pk, "And it came broken!", from_agent=False)
    clock.forward(5)
    tasks.release_replies(timestamp=0)
    after = shown(api, ticket)
    assert (after["status"], after["unread"], after["last_message_from_agent"]) == ("open", True, False)
    assert [m["content"] for m in after["messages"]] == ["Where is my parcel?", "On its way.", "And it came broken!"]
    assert after["last_message_preview"] == "And it came broken!" and after["message_count"] == 3
    entry = AuditEntry.objects.filter(subject_id=str(ticket.pk)).latest("id")
    assert entry.reason == "The customer wrote before this reply went out; the ticket stays as it is."
    assert Message.objects.get(pk=sent["id"]).created_at == NOW


def test_scheduled_replies_are_sent_in_the_order_of_writing(api: APIClient, clock: Clock) -> None:
    ticket = make_ticket()
    send(api, ticket, "One", undo_seconds=20)
    assert send(api, ticket, "Two", undo_seconds=1)["goes_out_at"] == "2026-03-01T12:00:20Z"
    clock.forward(1)
    api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "Three"})
    assert [m["content"] for m in shown(api, ticket)["messages"][1:]] == ["One", "Two", "Three"]
    assert not ScheduledReply.objects.exists()


def test_scheduled_reply_is_sent_after_its_author_is_deactivated(
    agent: Agent, client_of: Clients, clock: Clock
) -> None:
    ticket = make_ticket(assigned_to=agent)
    sent = send(client_of(agent), ticket)
    services.hand_back(agent, ticket.pk, "Off sick.")
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    clock.forward(8)
    tasks.release_replies(timestamp=0)
    message = Message.objects.get(pk=sent["id"])
    assert (message.author_id, message.author_name) == (agent.pk, "Ada Agent")
    assert Ticket.objects.get(pk=ticket.pk).assigned_to is None


def test_service_account_may_schedule_a_reply_under_another_author_name(
    service: Agent, client_of: Clients, clock: Clock
) -> None:
    ticket = make_ticket()
    sent = send(client_of(service), ticket, author_name="Robin")
    clock.forward(8)
    tasks.release_replies(timestamp=0)
    assert sent["author_name"] == "Robin" == Message.objects.get(pk=sent["id"]).author_name


def test_reply_is_sent_once_after_a_failure_while_sending(
    api: APIClient, clock: Clock, events: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = make_ticket()
    sent = send(api, ticket)
    clock.forward(8)

    def crash(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("killed after the message was written")

    with monkeypatch.context() as patched:
        patched.setattr("tickets.services.messages.messages.audit.record", crash)
        with pytest.raises(RuntimeError):
            tasks.release_reply(message_id=sent["id"])
    assert ScheduledReply.objects.count() == 1 and Message.objects.filter(ticket=ticket).count() == 1 and events == []
    tasks.release_replies(timestamp=0)
    assert len(events) == 1 and Message.objects.filter(ticket=ticket).count() == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_undo_and_workers_either_undo_or_send_the_reply_once(senior: Agent, clock: Clock) -> None:
    for _ in range(4):
        ticket = make_ticket()
        reply = services.schedule_reply(senior, ticket.pk, "Sent once.", undo_seconds=1)
        now = clock.now

        def work(number: int, reply: ScheduledReply = reply, ticket: Ticket = ticket) -> Any:
            return (
                services.send_scheduled_reply(reply.pk) if number else services.undo_send(senior, ticket.pk, reply.pk)
            )

        # Nobody's clock decides here: the row is due for the workers and not too late for the author.
        ScheduledReply.objects.filter(pk=reply.pk).update(goes_out_at=now + timedelta(microseconds=1))
        taken, *sent = at_once(work, 4)
        assert isinstance(taken, ComposerDraft | Conflict) and not [one for one in sent if isinstance(one, Exception)]
        clock.forward(1)
        at_once(lambda number: work(number + 1), 4)
        stored = Message.objects.filter(pk=reply.pk).count()
        assert stored == (0 if isinstance(taken, ComposerDraft) else 1)
        assert not ScheduledReply.objects.exists() and scheduled_replies.overdue(clock.now) == []
        ComposerDraft.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_send_a_reply_once(senior: Agent, clock: Clock, events: list[Any]) -> None:
    ticket = make_ticket()
    reply = services.schedule_reply(senior, ticket.pk, "Sent once.", undo_seconds=1)
    clock.forward(1)
    answers = at_once(lambda number: services.send_scheduled_reply(reply.pk), 6)
    assert sum(isinstance(one, Message) for one in answers) == 1
    assert [one for one in answers if one is None] == [None] * 5
    assert len(events) == 1 and Message.objects.filter(ticket=ticket, from_agent=True).count() == 1
    assert ReadMark.objects.count() == 1


def test_scheduled_replies_add_no_query_to_ticket_detail(api: APIClient, django_assert_num_queries: Any) -> None:
    ticket = make_ticket()
    shown(api, ticket)
    with django_assert_num_queries(9):
        shown(api, ticket)
    for number in range(3):
        send(api, ticket, f"Reply {number}")
    with django_assert_num_queries(9):
        assert len(shown(api, ticket)["messages"]) == 4
