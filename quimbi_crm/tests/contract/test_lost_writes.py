"""How the API and the pages report a write that could not be committed, and failures that do not undo a write."""

from contextlib import nullcontext, suppress
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection
from django.urls import reverse
from rest_framework.test import APIClient

import tickets.services
from agents.common.transactions import TransactionLost, after_commit, atomic
from agents.models import Agent
from agents.sign_in.authentication import issue_token
from agents.tests.browsing import browser
from quimbi_crm.tests import lost_connection
from quimbi_crm.tests.lost_connection import World, end_by_database, listening, losing_in_receivers, settle, stored
from tickets.models import Note

pytestmark = pytest.mark.django_db
world, _django_db_helper = lost_connection.world, lost_connection._django_db_helper


def api_of(agent: Agent) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(agent)}")
    return client


def notes_of(world: World, text: str) -> int:
    return Note.objects.filter(ticket=world.ticket, content=text).count()


def test_api_answers_503_for_a_lost_write_and_stores_its_retry_once(world: World) -> None:
    api, path, body = api_of(world.lead), f"/api/tickets/{world.ticket.pk}/notes", {"content": "Told once."}
    with losing_in_receivers(world, end_by_database):
        answer = api.post(path, body, headers={"Idempotency-Key": "lost"})
    assert answer.status_code == 503 and answer.json()["detail"] and answer.headers["Retry-After"]
    assert notes_of(world, "Told once.") == 0
    answers = [api.post(path, body, headers={"Idempotency-Key": "lost"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert notes_of(world, "Told once.") == 1


def test_page_shows_the_submitted_text_again_after_a_lost_write(world: World) -> None:
    client = browser(world.lead)
    client.raise_request_exception = False
    with losing_in_receivers(world, end_by_database):
        answer = client.post(
            reverse("ticket-note", args=[world.ticket.pk]), {"content": "Kept <words>.", "password": "s3cret"}
        )
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    page = answer.content.decode()
    assert "Kept &lt;words&gt;.</textarea>" in page and "Nothing was saved" in page and "s3cret" not in page
    assert notes_of(world, "Kept <words>.") == 0


def test_page_is_503_when_the_database_is_unavailable(world: World) -> None:
    client = browser(world.lead)
    client.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tickets.pages.overview.views.timezone.now", lambda: refuse())
        answer = client.get("/overview")
    assert answer.status_code == 503 and "The database is not available" in answer.content.decode()


def refuse() -> None:
    raise OperationalError("the connection is closed")


def test_failing_after_commit_hook_stops_no_other_hook_and_undoes_no_write(world: World) -> None:
    called: list[str] = []

    def fail() -> None:
        called.append("failing")
        raise RuntimeError

    before = stored(world)
    with atomic():
        after_commit(fail)
        after_commit(lambda: called.append("other"))
        tickets.services.add_note(world.lead, world.ticket.pk, "With hooks.")
    assert called == ["failing", "other"] and stored(world) != before


def test_write_is_stored_when_a_signal_receiver_fails(world: World) -> None:
    def fail(**facts: Any) -> None:
        raise RuntimeError("a receiver's own fault")

    with listening(fail):
        tickets.services.add_note(world.lead, world.ticket.pk, "In spite of it.")
    assert notes_of(world, "In spite of it.") == 1


def test_write_fails_when_its_event_cannot_be_stored(world: World) -> None:
    before = stored(world)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tickets.receivers.announce", lambda *args, **facts: refuse())
        with pytest.raises(OperationalError):
            tickets.services.add_note(world.lead, world.ticket.pk, "Without an event.")
    assert stored(world) == before


@pytest.mark.parametrize("nested", [False, True])
def test_transaction_fails_when_a_query_error_was_suppressed(world: World, nested: bool) -> None:
    """PostgreSQL answers COMMIT in a failed transaction with a rollback and no error."""
    before = stored(world)
    with pytest.raises(TransactionLost), atomic(), atomic() if nested else nullcontext():
        Note.objects.update(content="changed")
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
    settle()
    assert stored(world) == before


def test_enclosing_block_fails_when_an_inner_transaction_is_lost(world: World) -> None:
    """Code that catches the loss of an inner block cannot commit the outer block."""
    before = stored(world)
    with pytest.raises(TransactionLost), atomic(), suppress(TransactionLost), atomic():
        Note.objects.update(content="changed")
        end_by_database(world)
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    settle()
    assert stored(world) == before


def test_request_is_503_when_its_atomic_transaction_is_lost(world: World) -> None:
    before = stored(world)
    with pytest.MonkeyPatch.context() as patch, losing_in_receivers(world, end_by_database):
        patch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
        answer = api_of(world.lead).post(f"/api/tickets/{world.ticket.pk}/notes", {"content": "Atomic."})
    assert answer.status_code == 503
    settle()
    assert stored(world) == before
