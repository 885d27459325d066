"""Imported conversations are read in the background, one by one, and an interrupted run resumes."""

import logging

import pytest

from intelligence.services import old_conversations
from intelligence.services.message_reading import read_ticket
from intelligence.services.old_conversations import read_old_conversations
from tickets.models import Customer, Message
from tickets.services import TicketData, create_ticket
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_conversations, "_failed", set())


def unread_messages() -> int:
    return Message.objects.filter(language=None).count()


def test_imported_conversations_are_read_once_with_progress_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        make_ticket()
    with caplog.at_level(logging.INFO):
        assert read_old_conversations() == 3
    assert unread_messages() == 0 and "conversations_read" in caplog.text
    assert read_old_conversations() == 0


def test_closed_and_new_conversations_are_skipped(customer: Customer) -> None:
    make_ticket(status="closed")
    create_ticket(None, TicketData("New", "email", customer_id=customer.pk, initial_message="It has its own job."))
    assert read_old_conversations() == 0


def test_interrupted_run_resumes_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        make_ticket()
    read = read_ticket
    with monkeypatch.context() as stopped:
        stopped.setattr(
            old_conversations,
            "read_ticket",
            lambda pk, keep: read(pk, keep=keep) if unread_messages() > 1 else (_ for _ in ()).throw(SystemExit),
        )
        with pytest.raises(SystemExit):
            read_old_conversations()
    assert unread_messages() == 1
    assert read_old_conversations() == 1


def test_unreadable_conversation_is_tried_once_and_does_not_block_others(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, _other = make_ticket(), make_ticket()
    read, tried = read_ticket, list[object]()

    def fail(pk: object, keep: bool) -> object:
        tried.append(pk)
        if pk == broken.pk:
            raise RuntimeError
        return read(pk, keep=keep)  # type: ignore[arg-type]

    monkeypatch.setattr(old_conversations, "read_ticket", fail)
    assert [read_old_conversations(), read_old_conversations()] == [1, 0]
    assert tried.count(broken.pk) == 1
