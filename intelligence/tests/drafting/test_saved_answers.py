"""The knowledge base offers earlier agent replies, only from visible tickets and without personal data."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from agents.models import Agent
from agents.services.keys import create_key
from intelligence.services.saved_answers import LONGEST, without_personal_data
from tickets import services
from tickets.models import Message, Ticket
from tickets.tests.factories import make_customer, make_ticket

URL = "/api/knowledge-base"
LETTER = """Dear Emma,

order 44753 of 3 March left us for Anna Berger, 12 Elm Street, 10115 Berlin. Follow it at https://track.example/44753 or
write to anna@example.com, call +1 415 555 0123. Your refund of $48.00 (#R-9) is on its way, Ms Berger.

Kind regards
Lea Lead"""


def answered(
    content: str = "We trace the parcel.", tag: str = "shipping", name: str = "Anna Berger", **fields: Any
) -> Ticket:
    ticket = make_ticket(make_customer(name), "Where is my parcel?", subject="For Anna Berger", **fields)
    services.update_ticket(None, ticket.pk, {"add_tags": [tag]})
    services.post_message(None, ticket.pk, content, author_name="Lea Lead", status="closed")
    return ticket


def asked(tag: str = "shipping", **fields: Any) -> Ticket:
    ticket = make_ticket(make_customer("Nora New"), **fields)
    services.update_ticket(None, ticket.pk, {"add_tags": [tag]})
    return ticket


def get(client: APIClient, path: str, status: int = 200) -> Any:
    answer = client.get(f"{URL}/{path}")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_personal_data_is_removed_from_earlier_reply() -> None:
    text = without_personal_data(LETTER, "Anna Berger", ["Anna Berger", "Lea Lead"])
    assert not any(character.isdigit() for character in text)
    for word in ("Emma", "Anna", "Berger", "Elm", "example", "Lea", "44753", "R-9", "48"):
        assert word not in text
    assert "left us for" in text and "is on its way" in text


@pytest.mark.parametrize(
    ("text", "language", "left"),
    [
        (
            "We gave it to Emma Stone. Elm Street was closed, so I called.",
            "en",
            "We gave it to [NAME]. [NAME] was closed, so I called.",
        ),
        ("Thanks! We ask Emma on Monday.", None, "Thanks! We ask [NAME] on Monday."),
        ("Wir gaben Ihr Paket bei Emma Stein ab.", "de", "Wir gaben Ihr Paket bei [NAME] ab."),
        ("Call them: Óscar or\tÄnne, in Łódź.", "en", "Call them: Óscar or\t[NAME], in [NAME]."),
    ],
)
def test_unrecorded_names_within_sentences_are_hidden(text: str, language: str | None, left: str) -> None:
    assert without_personal_data(text, "Anna Berger", [], language) == left


@pytest.mark.parametrize("text", ["Order ４４７５３ left.", "Order ٤٤٧٥٣ left.", "See №44753, left.", "x1y2z3 left."])
def test_numbers_of_every_script_are_hidden(text: str) -> None:
    found = without_personal_data(text, "A", [])
    assert not any(character.isnumeric() for character in found) and "left" in found


@pytest.mark.django_db
def test_suggestions_for_a_ticket_have_the_same_topic(api: APIClient) -> None:
    answered()
    answered("We refund it.", "refund")
    ticket = asked()
    body = get(api, f"suggestions?ticket_id={ticket.pk}")
    (one,) = body["suggestions"]
    assert (one["content"], one["category"], one["relevance"], body["total"]) == (
        "We trace the parcel.",
        "shipping",
        1.0,
        1,
    )
    assert body["articles"] == body["results"] == body["suggestions"]


@pytest.mark.django_db
def test_article_reveals_nothing_about_its_customer(api: APIClient) -> None:
    ticket = answered(LETTER)
    services.update_ticket(None, ticket.pk, {"add_tags": ["berger family"]})
    for path in ("articles", "search?q=refund", f"suggestions?ticket_id={asked().pk}"):
        body = str(get(api, path)["articles"])
        assert "left us for" in body and str(ticket.pk) not in body, path
        assert not any(word in body for word in ("Anna", "Berger", "berger", "44753", "Emma", "Lea")), path


@pytest.mark.django_db
def test_agent_is_offered_replies_of_visible_tickets_only(
    agent: Agent, senior: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    own, other = answered("My answer.", assigned_to=agent), answered("Her answer.", assigned_to=senior)
    ticket, foreign = asked(assigned_to=agent), asked(assigned_to=senior)
    client = client_of(agent)
    paths = ("articles", "search?q=answer", f"suggestions?ticket_id={ticket.pk}", "suggestions?query=answer")
    for path in paths:
        assert [one["content"] for one in get(client, path)["articles"]] == ["My answer."], path
    ids = {one.ticket_id: one.pk for one in Message.objects.filter(from_agent=True)}
    assert get(client, f"articles/{ids[own.pk]}")["content"] == "My answer."
    get(client, f"articles/{ids[other.pk]}", 404)
    get(client, f"suggestions?ticket_id={foreign.pk}", 404)


@pytest.mark.django_db
def test_open_tickets_and_customer_messages_are_not_offered(api: APIClient) -> None:
    ticket = make_ticket()
    reply = services.post_message(None, ticket.pk, "We trace it.")
    closed = make_ticket()
    services.update_ticket(None, closed.pk, {"status": "closed"})
    said = Message.objects.get(ticket=closed)
    assert get(api, "articles")["total"] == 0
    get(api, f"articles/{reply.pk}", 404)
    get(api, f"articles/{said.pk}", 404)


@pytest.mark.django_db
def test_duplicate_reply_is_offered_once_and_very_long_reply_is_not(api: APIClient) -> None:
    answered("Hi Anna, we trace the parcel.")
    answered("Hello Bert! we trace the parcel.", name="Bert Beta")
    answered("word " * LONGEST)
    assert [one["content"] for one in get(api, "articles")["articles"]] == ["we trace the parcel."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["search?limit=0", "search?limit=21", "suggestions?ticket_id=x", "articles?limit=many"]
)
def test_invalid_parameters_are_rejected_with_400(api: APIClient, path: str) -> None:
    assert get(api, path, 400)["detail"]


@pytest.mark.django_db
def test_suggestions_fall_back_to_topic_if_no_word_matches(api: APIClient) -> None:
    answered()
    text = "Where is my package? The tracking has not moved, it was not delivered yet."
    assert api.post(f"{URL}/suggestions", {"content": text}).json()["total"] == 1
    assert get(api, "search?q=xylophone")["total"] == 0


@pytest.mark.django_db
def test_knowledge_base_requires_an_api_key_or_login(service: Agent, db: None) -> None:
    answered()
    key = create_key(None, service.pk, name="Reader", scope="read")[1]
    assert get(APIClient(HTTP_X_API_KEY=key), "articles")["total"] == 1
    get(APIClient(), "articles", 401)


@pytest.mark.django_db
def test_suggestion_query_count_is_constant(api: APIClient, django_assert_num_queries: Any) -> None:
    ticket = asked()
    for _ in range(2):
        answered("We trace it.")
        answered("We look for it.")
        with django_assert_num_queries(4):
            assert get(api, f"suggestions?ticket_id={ticket.pk}")["total"] == 2
