"""A ticket's sentiment, difficulty, language and tags follow its conversation; tags edited by agents are kept."""

import math
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from agents.models import Agent
from intelligence.reading import read_conversation as read_texts
from intelligence.services import message_reading
from intelligence.tasks import read_conversation
from tickets import services
from tickets.models import Message, RejectedTag, Ticket, TicketTag
from tickets.ranking import scoring
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_customer, make_ticket

Clients = Callable[[Agent], APIClient]
ANGRY = "This is the third time I write! Where is my parcel? I am furious and will file a chargeback."
CALM = "Thank you so much, it arrived today and is perfect, great service!"


def jobs() -> list[dict[str, Any]]:
    return list(ProcrastinateJob.objects.filter(task_name__endswith="read_conversation").values_list("args", flat=True))


def work() -> None:
    """Run all reading jobs in order, as the worker does."""
    for args in jobs():
        read_conversation(**args)


def tags_of(ticket: Ticket) -> dict[str, bool]:
    return dict(TicketTag.objects.filter(ticket=ticket).values_list("name", "automatic"))


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.django_db
def test_only_customer_messages_enqueue_a_reading_job(api: APIClient, senior: Agent) -> None:
    body = {"author_email": "john@example.com", "subject": "Hello", "channel": "email", "initial_message": ANGRY}
    created = api.post("/api/tickets", body).json()
    assert jobs() == [{"ticket_id": created["id"]}]
    api.post(f"/api/tickets/{created['id']}/messages", {"content": "We are sorry."})
    assert len(jobs()) == 1
    api.post(f"/api/tickets/{created['id']}/messages", {"content": CALM, "from_agent": False})
    assert len(jobs()) == 2
    api.post("/api/tickets", {**body, "initial_message": "We called you.", "from_agent": True})
    api.post("/api/tickets", {k: v for k, v in body.items() if k != "initial_message"})
    assert len(jobs()) == 2


@pytest.mark.django_db
def test_sentiment_difficulty_and_ranking_follow_the_conversation(api: APIClient) -> None:
    body = {"author_email": "john@example.com", "subject": "Hello", "channel": "email", "initial_message": ANGRY}
    url = f"/api/tickets/{api.post('/api/tickets', body).json()['id']}"
    work()
    angry = api.get(url).json()
    assert angry["customer_sentiment"] < 0.3 and angry["estimated_difficulty"] > 0.8 and angry["language"] == "en"
    assert {"chargeback_fraud", "escalation", "shipping"} <= set(angry["tags"]) == set(angry["automatic_tags"])
    assert not scoring.stale_ranks().exists()
    api.post(f"{url}/messages", {"content": CALM, "from_agent": False})
    before = api.get(url).json()
    work()
    calm = api.get(url).json()
    assert calm["customer_sentiment"] > 0.5 > angry["customer_sentiment"]
    assert calm["estimated_difficulty"] < angry["estimated_difficulty"]
    assert calm["updated_at"] == before["updated_at"] and calm["smart_score"] < before["smart_score"]
    assert not scoring.stale_ranks().exists()


@pytest.mark.django_db
def test_reading_job_is_idempotent_and_ignores_missing_or_empty_ticket() -> None:
    ticket = make_ticket(text=ANGRY)
    read_conversation(str(ticket.pk))
    first, tags = vars(fresh(ticket)) | {"_state": None}, tags_of(ticket)
    read_conversation(str(ticket.pk))
    assert vars(fresh(ticket)) | {"_state": None} == first and tags_of(ticket) == tags
    read_conversation(str(uuid4()))
    empty = make_ticket(text=None, customer_sentiment=0.4)
    read_conversation(str(empty.pk))
    assert fresh(empty).customer_sentiment == 0.4


@pytest.mark.django_db
def test_message_is_stored_when_enqueuing_its_job_fails(monkeypatch: pytest.MonkeyPatch, senior: Agent) -> None:
    def broken(**kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    monkeypatch.setattr(read_conversation, "defer", broken)
    ticket = make_ticket()
    message = services.post_message(senior, ticket.pk, "Hello?", from_agent=False)
    assert Message.objects.filter(pk=message.pk).exists()


@pytest.mark.django_db
def test_message_that_arrives_during_reading_is_read_too(monkeypatch: pytest.MonkeyPatch, senior: Agent) -> None:
    ticket = make_ticket(text=ANGRY)
    came: list[Message] = []

    def meanwhile(subject: str, said: Any) -> Any:
        reading = read_texts(subject, said)
        if not came:
            came.append(services.post_message(senior, ticket.pk, CALM, from_agent=False))
        return reading

    monkeypatch.setattr(message_reading, "read_conversation", meanwhile)
    reading = message_reading.read_ticket(ticket.pk)
    assert reading is not None and reading.messages[-1].id == came[0].pk
    sentiment = fresh(ticket).customer_sentiment
    assert sentiment is not None and sentiment > 0.5
    assert not Message.objects.filter(ticket=ticket, language=None).exists()


@pytest.mark.django_db
def test_reading_gives_up_when_new_messages_keep_arriving(monkeypatch: pytest.MonkeyPatch, senior: Agent) -> None:
    ticket = make_ticket(text=ANGRY)

    def restless(subject: str, said: Any) -> Any:
        services.post_message(senior, ticket.pk, "And?", from_agent=False)
        return read_texts(subject, said)

    monkeypatch.setattr(message_reading, "read_conversation", restless)
    with pytest.raises(message_reading.MovingOn):
        message_reading.read_ticket(ticket.pk)
    assert fresh(ticket).customer_sentiment is None


@pytest.mark.django_db(transaction=True)
def test_figures_and_tags_are_correct_after_concurrent_reads_and_writes(senior: Agent) -> None:
    ticket = make_ticket(text=ANGRY, subject="Hello")

    def act(number: int) -> Any:
        for turn in range(4):
            if number % 3 == 0:
                services.post_message(senior, ticket.pk, f"{CALM} {turn}", from_agent=False)
            elif number % 3 == 1:
                services.update_ticket(senior, ticket.pk, {"remove_tags": ["praise"], "add_tags": ["vip"]})
        return services.retrying(lambda: read_conversation(str(ticket.pk)))

    results = at_once(act, 6)
    assert all(result is None or isinstance(result, message_reading.MovingOn) for result in results), results
    work()
    expected = message_reading.explain(fresh(ticket))
    stored = fresh(ticket)
    assert expected.up_to_date and stored.customer_sentiment == pytest.approx(expected.reading.sentiment, abs=1e-6)
    tags = tags_of(ticket)
    assert tags["vip"] is False and "praise" not in tags
    assert not scoring.stale_ranks().exists()


@pytest.mark.django_db
def test_removed_automatic_tag_is_not_added_again(api: APIClient, senior: Agent) -> None:
    ticket = make_ticket(text=ANGRY)
    read_conversation(str(ticket.pk))
    url = f"/api/tickets/{ticket.pk}"
    left = api.patch(url, {"remove_tags": ["escalation"]}).json()
    assert "escalation" not in left["tags"]
    services.post_message(senior, ticket.pk, ANGRY, from_agent=False)
    work()
    after = api.get(url).json()
    assert "escalation" not in after["tags"] and "chargeback_fraud" in after["automatic_tags"]
    rows = {row["name"]: row["state"] for row in api.get(f"/api/ai/tickets/{ticket.pk}/signals").json()["tags"]}
    assert rows["escalation"] == "rejected" and rows["chargeback_fraud"] == "automatic"
    # Put back by hand it is the agent's, and may come again by itself once nobody refuses it.
    api.patch(url, {"add_tags": ["escalation"]})
    assert tags_of(ticket)["escalation"] is False and not RejectedTag.objects.filter(name="escalation").exists()


@pytest.mark.django_db
def test_agent_tag_is_kept_and_outdated_automatic_tag_is_removed(api: APIClient, senior: Agent) -> None:
    ticket = make_ticket(subject="Hello", text="I want a refund, and the mug is broken.", tags=["vip"])
    read_conversation(str(ticket.pk))
    assert tags_of(ticket) == {"vip": False, "refund": True, "damaged": True}
    # Naming a tag makes it one's own.
    api.patch(f"/api/tickets/{ticket.pk}", {"add_tags": ["damaged"]})
    for _ in range(10):
        services.post_message(senior, ticket.pk, "Where is the tracking number?", from_agent=False)
    work()
    assert tags_of(ticket) == {"vip": False, "damaged": False, "shipping": True}


@pytest.mark.django_db
def test_tags_replaced_by_an_agent_are_not_changed_by_reading(api: APIClient) -> None:
    ticket = make_ticket(text=ANGRY)
    read_conversation(str(ticket.pk))
    answer = api.patch(f"/api/tickets/{ticket.pk}", {"tags": ["shipping", "vip"]}).json()
    assert answer["tags"] == ["shipping", "vip"] and answer["automatic_tags"] == []
    read_conversation(str(ticket.pk))
    assert tags_of(ticket) == {"shipping": False, "vip": False}


@pytest.mark.django_db
def test_automatic_tags_do_not_exceed_the_tag_limit() -> None:
    ticket = make_ticket(text=ANGRY, tags=[f"tag {number}" for number in range(29)])
    read_conversation(str(ticket.pk))
    assert len(tags_of(ticket)) == 30 and sum(tags_of(ticket).values()) == 1


@pytest.mark.django_db
def test_ticket_language_is_kept_after_a_short_message(senior: Agent) -> None:
    ticket = make_ticket(text="Guten Tag, mein Paket ist noch immer nicht angekommen. Wo bleibt meine Bestellung?")
    read_conversation(str(ticket.pk))
    assert (fresh(ticket).language, fresh(ticket).customer_sentiment) == ("de", None)
    assert tags_of(ticket) == {"shipping": True}
    services.post_message(senior, ticket.pk, "Danke!", from_agent=False)
    work()
    assert fresh(ticket).language == "de" and fresh(ticket).customer_sentiment is None


@pytest.mark.django_db
def test_signals_explanation_adds_up_and_names_messages(api: APIClient, senior: Agent) -> None:
    ticket = make_ticket(text="The mug arrived broken. Can I get a refund?", subject="Hello")
    second = services.post_message(senior, ticket.pk, "Still waiting! What is taking so long?", from_agent=False)
    waiting = api.get(f"/api/ai/tickets/{ticket.pk}/signals").json()
    assert waiting["up_to_date"] is False and waiting["sentiment"]["stored"] is None
    work()
    body = api.get(f"/api/ai/tickets/{ticket.pk}/signals").json()
    assert body["up_to_date"] and body["language"] == "en" and body["source"] == "embedded" and not body["degraded"]
    assert body["sentiment"]["value"] == pytest.approx(body["sentiment"]["stored"], abs=1e-6)
    assert body["difficulty"]["value"] == pytest.approx(body["difficulty"]["stored"], abs=1e-6)
    shares = [message["weight"] for message in body["messages"]]
    assert math.fsum(shares) == pytest.approx(1) and shares[-1] > 0.5
    mean = math.fsum(message["weight"] * message["sentiment"] for message in body["messages"])
    assert mean == pytest.approx(body["sentiment"]["value"])
    for message in body["messages"]:
        assert math.fsum(p["weight"] for p in message["contributions"]) == pytest.approx(message["sentiment"])
    logit = math.fsum(part["weight"] for part in body["difficulty"]["contributions"])
    assert 1 / (1 + math.exp(-logit)) == pytest.approx(body["difficulty"]["value"])
    found = {tag["name"]: tag["message_id"] for tag in body["tags"]}
    first = Message.objects.filter(ticket=ticket).order_by("created_at")[0]
    assert found == {"refund": str(first.pk), "damaged": str(first.pk)}
    assert str(second.pk) == body["messages"][-1]["message_id"]


@pytest.mark.django_db
def test_signals_api_returns_404_if_agent_may_not_see_the_ticket(
    agent: Agent, client_of: Clients, client: Client
) -> None:
    mine, other = make_ticket(assigned_to=agent), make_ticket()
    theirs = client_of(agent)
    assert theirs.get(f"/api/ai/tickets/{mine.pk}/signals").status_code == 200
    for path in (
        f"/api/ai/tickets/{other.pk}/signals",
        f"/api/ai/tickets/{uuid4()}/signals",
        "/api/ai/tickets/x/signals",
    ):
        assert theirs.get(path).status_code == 404
    assert client.get(f"/api/ai/tickets/{mine.pk}/signals").status_code == 401


@pytest.mark.django_db
def test_signals_api_needs_few_queries_and_no_language_detection(
    api: APIClient, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    ticket = make_ticket(text=ANGRY)
    read_conversation(str(ticket.pk))
    monkeypatch.setattr("intelligence.reading.language.identifier", None)
    with django_assert_max_num_queries(6):
        assert api.get(f"/api/ai/tickets/{ticket.pk}/signals").json()["language"] == "en"


@pytest.mark.django_db
def test_read_messages_command_reads_once_and_keeps_existing_figures(capsys: pytest.CaptureFixture[str]) -> None:
    new = make_ticket(text=ANGRY)
    known = make_ticket(text=ANGRY, customer_sentiment=0.9, tags=["vip"])
    closed = make_ticket(text=ANGRY, status="closed", closed_at=make_ticket().created_at)
    make_ticket(text=None)
    call_command("read_messages")
    assert "3 conversations read." in capsys.readouterr().out
    assert fresh(new).customer_sentiment is not None and "chargeback_fraud" in tags_of(new)
    assert fresh(known).customer_sentiment == 0.9 and fresh(known).estimated_difficulty is not None
    assert fresh(known).language == "en" and tags_of(known) == {"vip": False}
    assert fresh(closed).language is None
    call_command("read_messages")
    assert "0 conversations read." in capsys.readouterr().out
    call_command("read_messages", "--again")
    assert (fresh(known).customer_sentiment or 1) < 0.5 and "chargeback_fraud" in tags_of(known)


@pytest.mark.django_db
def test_figures_are_not_written_when_the_conversation_has_changed() -> None:
    ticket = make_ticket()
    ahead = ticket.message_count + 1
    assert services.set_sentiment_and_difficulty(ticket.pk, sentiment=0.1, difficulty=0.2, message_count=ahead) is None
    assert fresh(ticket).customer_sentiment is None
    foreign = make_ticket(make_customer())
    message = Message.objects.get(ticket=foreign)
    services.set_sentiment_and_difficulty(
        ticket.pk, sentiment=0.1, difficulty=0.2, language="en", languages={message.pk: "de"}
    )
    message.refresh_from_db()
    assert message.language is None and fresh(ticket).language == "en"
    with pytest.raises(Exception, match="two letters"), transaction.atomic():
        services.set_sentiment_and_difficulty(ticket.pk, sentiment=None, difficulty=None, language="english")


@pytest.mark.django_db
def test_admin_site_marks_automatic_tags(manager: Agent, client: Client) -> None:
    ticket = make_ticket(text=ANGRY, tags=["vip"])
    read_conversation(str(ticket.pk))
    client.force_login(manager)
    listed = client.get("/admin/tickets/ticket/").content.decode()
    assert "escalation (auto)" in listed and "vip (auto)" not in listed
    form = client.get(f"/admin/tickets/ticket/{ticket.pk}/change/").content.decode()
    assert "Automatic tags" in form
