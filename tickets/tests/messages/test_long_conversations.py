"""Ticket detail, message lists and note lists have size limits for conversations of any length."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.models import Agent
from tickets.conversation_part import CUT, MOST, MOST_BYTES, cut
from tickets.models import Message, Note, Ticket
from tickets.tests.factories import NOW, make_ticket

pytestmark = pytest.mark.django_db


def talk(ticket: Ticket, count: int, kind: Any = Message, size: int = 0, character: str = "x") -> list[str]:
    """Adds `count` texts to the ticket, oldest first; returns their ids."""
    made = [
        kind(
            ticket=ticket,
            content=(character * size) or f"Line {number}",
            author_name="Somebody",
            created_at=NOW - timedelta(days=2) + timedelta(minutes=number // 2),  # two of each moment
            **({"from_agent": bool(number % 2)} if kind is Message else {}),
        )
        for number in range(count)
    ]
    kind.objects.bulk_create(made)
    return [str(one.pk) for one in kind.objects.filter(ticket=ticket).order_by("created_at", "id")]


@pytest.fixture
def ticket(db: None) -> Ticket:
    return make_ticket(text=None)


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_detail_has_the_last_hundred_messages_and_notes_oldest_first(api: APIClient, ticket: Ticket) -> None:
    said, noted = talk(ticket, 250), talk(ticket, 130, Note)
    body = api.get(f"/api/tickets/{ticket.pk}").json()
    assert (ids(body["messages"]), body["messages_total"], body["messages_truncated"]) == (said[-MOST:], 250, True)
    assert (ids(body["notes"]), body["notes_total"], body["notes_truncated"]) == (noted[-MOST:], 130, True)


def test_short_conversation_is_returned_completely(api: APIClient, ticket: Ticket) -> None:
    said = talk(ticket, MOST)
    body = api.get(f"/api/tickets/{ticket.pk}").json()
    assert (ids(body["messages"]), body["messages_total"], body["messages_truncated"]) == (said, MOST, False)
    assert (body["notes"], body["notes_total"], body["notes_truncated"]) == ([], 0, False)


@pytest.mark.parametrize(("character", "shown"), [("x", 11), ("é", 5), ("😀", 2)])
def test_detail_has_at_most_a_megabyte_of_text(api: APIClient, ticket: Ticket, character: str, shown: int) -> None:
    said = talk(ticket, 20, size=90_000, character=character)
    body = api.get(f"/api/tickets/{ticket.pk}").json()
    assert ids(body["messages"]) == said[-shown:] and body["messages_truncated"]
    assert sum(len(one["content"].encode()) for one in body["messages"]) <= MOST_BYTES


def test_oversized_newest_message_is_truncated_but_complete_at_its_own_url(api: APIClient, ticket: Ticket) -> None:
    said = talk(ticket, 3, size=MOST_BYTES + 1)
    body = api.get(f"/api/tickets/{ticket.pk}").json()
    (shown,) = body["messages"]
    assert shown["id"] == said[-1] and shown["content_truncated"] and body["messages_truncated"]
    assert shown["content"].endswith("x" + CUT) and len(shown["content"].encode()) <= MOST_BYTES
    whole = api.get(f"/api/tickets/{ticket.pk}/messages/{said[-1]}").json()
    assert whole["content"] == "x" * (MOST_BYTES + 1) and not whole["content_truncated"]


@pytest.mark.parametrize(("name", "kind"), [("messages", Message), ("notes", Note)])
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_paging_with_before_returns_every_entry_once(
    api: APIClient, ticket: Ticket, name: str, kind: Any, limit: int
) -> None:
    said = talk(ticket, 15 if limit == 1 else 215, kind)
    talk(make_ticket(), 5, kind)
    url, before, found = f"/api/tickets/{ticket.pk}/{name}?limit={limit}", "", list[str]()
    while True:
        body = api.get(url + before).json()
        found = ids(body[name]) + found
        assert body.get("messages_total", body.get("total")) == len(said)
        if body["before"] is None:
            break
        assert body["before"] == body[name][0]["id"] and body[f"{name}_truncated"] is True
        before = f"&before={body['before']}"
    assert found == said and body[f"{name}_truncated"] is False


def test_earlier_messages_are_limited_in_size_but_at_least_one(api: APIClient, ticket: Ticket) -> None:
    said = talk(ticket, 3, size=MOST_BYTES * 2)
    body = api.get(f"/api/tickets/{ticket.pk}/messages?before={said[-1]}").json()
    assert ids(body["messages"]) == [said[-2]] and body["messages"][0]["content_truncated"]


@pytest.mark.parametrize("name", ["messages", "notes"])
@pytest.mark.parametrize(
    "query", ["before=x", "before={other}", "before={nothing}", "limit=0", "limit=101", "limit=many"]
)
def test_invalid_message_list_parameter_is_400(api: APIClient, ticket: Ticket, name: str, query: str) -> None:
    other = make_ticket()
    query = query.format(other=Message.objects.get(ticket=other).pk, nothing=uuid4())
    answer = api.get(f"/api/tickets/{ticket.pk}/{name}?{query}")
    assert answer.status_code == 400 and answer.json()["detail"] and query.split("=")[0] in answer.json()["errors"]


def test_messages_of_an_invisible_ticket_are_404(
    agent: Agent, senior: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    ticket, other = make_ticket(assigned_to=senior), make_ticket(assigned_to=agent)
    message = Message.objects.get(ticket=ticket)
    client = client_of(agent)
    for path in (f"{ticket.pk}/messages", f"{ticket.pk}/messages/{message.pk}", f"{other.pk}/messages/{message.pk}"):
        assert client.get(f"/api/tickets/{path}").status_code == 404, path
    assert client.get(f"/api/tickets/{other.pk}/messages").json()["messages_total"] == 1


def test_scheduled_reply_is_last_and_not_counted(api: APIClient, ticket: Ticket) -> None:
    talk(ticket, MOST + 1)
    sent = api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "Soon", "undo_seconds": 30}).json()
    body = api.get(f"/api/tickets/{ticket.pk}").json()
    assert body["messages"][-1]["id"] == sent["id"] and body["messages_total"] == MOST + 1
    assert body["messages"][-1].keys() == body["messages"][0].keys()


def test_query_count_is_independent_of_conversation_length(
    api: APIClient, ticket: Ticket, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        said = talk(ticket, 150)
        talk(ticket, 150, Note)
        with django_assert_num_queries(9):
            api.get(f"/api/tickets/{ticket.pk}")
        with django_assert_num_queries(6):
            api.get(f"/api/tickets/{ticket.pk}/messages?before={said[-1]}")


def test_patch_response_contains_only_the_last_hundred_messages(api: APIClient, ticket: Ticket) -> None:
    talk(ticket, 150)
    body = api.patch(f"/api/tickets/{ticket.pk}", {"priority": "high"}).json()
    assert len(body["messages"]) == MOST and body["messages_total"] == 150


def test_page_shows_the_newest_part_with_a_link_to_earlier_messages(ticket: Ticket, senior: Agent, client: Any) -> None:
    said = talk(ticket, 60)
    client.force_login(senior)
    page = client.get(f"/tickets/{ticket.pk}").content.decode()
    assert f"m-{said[-1]}" in page and f"m-{said[0]}" not in page and "earlier messages" in page
    met = set()
    for _ in range(5):
        met |= {one for one in said if f'id="m-{one}"' in page}
        link = f'href="/tickets/{ticket.pk}?before='
        if link not in page:
            break
        page = client.get(f"/tickets/{ticket.pk}?before={page.split(link)[1].split(chr(34))[0]}").content.decode()
    assert met == set(said)


@given(st.text(max_size=40))
@settings(max_examples=50)
def test_truncated_text_fits_the_limit_and_is_a_prefix(text: str) -> None:
    text = text * 40_000
    sent = cut(text)
    assert len(sent.encode()) <= MOST_BYTES and (sent == text or text.startswith(sent.removesuffix(CUT)))
