"""The draft on a ticket's page: shown, regenerated in another tone, never overwriting what the agent typed."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from intelligence.models import Draft
from intelligence.services import drafts
from intelligence.services.wanted import enqueue_wanted
from tickets import services
from tickets.models import ComposerDraft, ScheduledReply, Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db
HTMX = {"hx-request": "true"}


@pytest.fixture
def ticket(agent: Agent) -> Ticket:
    customer = make_customer("Dorothy Pelham")
    make_order(customer, number="48213")
    return make_ticket(customer, "Where is my order 48213?", assigned_to=agent)


def shown(agent: Agent, ticket: Ticket, path: str = "") -> str:
    answer = browser(agent).get(f"/tickets/{ticket.pk}{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_reply_field_is_filled_with_the_draft_and_its_sources_are_listed(agent: Agent, ticket: Ticket) -> None:
    draft = drafts.make_draft(ticket.pk)
    page = shown(agent, ticket)
    assert draft.content.split("\n")[0] in page.split('id="reply"')[1].split("</textarea>")[0]
    assert 'href="#purchase"' in page and "<bdi>Order 48213</bdi>" in page and "Draft is ready" in page
    assert f'value="{draft.tone}" form="reply-form" autocomplete="off" checked' in page
    assert "built-in fallback" not in page and "Not used" not in page


def test_missing_draft_is_made_when_the_page_requests_it(agent: Agent, ticket: Ticket) -> None:
    cache.clear()
    page = shown(agent, ticket)
    assert "A draft is being generated." in page and not Draft.objects.exists()
    assert browser(agent).head(f"/tickets/{ticket.pk}/draft").status_code == 200 and not Draft.objects.exists()
    panel = shown(agent, ticket, "/draft")
    assert "being generated" not in panel and "<html" not in panel and not Draft.objects.exists()
    assert enqueue_wanted() == 1  # the worker stores it
    stored = drafts.prepare(ticket.pk)
    assert stored is not None and stored.content.split("\n")[0] in panel


def test_composer_draft_takes_precedence_over_the_draft(agent: Agent, ticket: Ticket) -> None:
    drafts.make_draft(ticket.pk)
    services.save_composer_draft(agent, ticket.pk, content="My own words.")
    page = shown(agent, ticket)
    assert "\nMy own words.</textarea>" in page and "Show the draft instead of your text" in page
    assert "\nMy own words.</textarea>" not in shown(agent, ticket, "?draft=show")
    assert ComposerDraft.objects.get().content == "My own words."


def test_changing_tone_without_javascript_saves_the_composer_draft(agent: Agent, ticket: Ticket) -> None:
    first, client = drafts.make_draft(ticket.pk), browser(agent)
    address = f"/tickets/{ticket.pk}/draft"
    page = client.post(address, {"tone": "concise", "content": first.content}, follow=True).content.decode()
    assert "A new draft is ready." in page and not ComposerDraft.objects.exists()
    assert Draft.objects.get(state="current").tone == "concise"
    client.post(address, {"tone": "friendly", "content": "My own words."})
    assert ComposerDraft.objects.get().content == "My own words."
    client.post(address, {"tone": "friendly", "content": "Other words."})
    assert ComposerDraft.objects.get().content == "Other words."
    for bad in ("a\0b", "x" * 100_001):
        answer = client.post(address, {"tone": "friendly", "content": bad})
        assert answer.status_code == 400 and "Other words." not in answer.content.decode().split('id="reply"')[1][:200]
        assert ComposerDraft.objects.get().content == "Other words."
    assert "The tone must be one of" in client.post(address, {"tone": "rude"}, follow=True).content.decode()


def test_regeneration_over_the_rate_limit_shows_a_message(agent: Agent, ticket: Ticket, settings: Any) -> None:
    settings.REGENERATION_RATE_PER_MINUTE = 1
    drafts.make_draft(ticket.pk)
    client = browser(agent)
    address = f"/tickets/{ticket.pk}/draft"
    assert "More than 1 new draft" not in client.post(address, {"tone": "concise"}, headers=HTMX).content.decode()
    answer = client.post(address, {"tone": "friendly"}, headers=HTMX)
    assert answer.status_code == 200 and "More than 1 new draft" in answer.content.decode()
    assert Draft.objects.get(state="current").tone == "concise"


def test_fallback_draft_is_marked_and_lists_unused_sources(agent: Agent, ticket: Ticket) -> None:
    draft = drafts.make_draft(ticket.pk)
    draft.provenance = {**draft.provenance, "degraded": True, "reasons": ["The service did not answer in time."]}
    draft.save()
    page = shown(agent, ticket)
    for told in (
        "from the built-in fallback",
        "The service did not answer in time.",
        "Try now",
        "Not used: ",
        "Built-in fallback: check it",
    ):
        assert told in page
    assert "orders" not in page.split("Not used: ")[1].split("<")[0]


def test_draft_of_a_scheduled_reply_is_not_offered_again(agent: Agent, ticket: Ticket, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 8
    draft = drafts.make_draft(ticket.pk)
    seen = str(ticket.messages.get().pk)
    answer = browser(agent).post(f"/tickets/{ticket.pk}/reply", {"content": draft.content, "seen": seen}, follow=True)
    page = answer.content.decode()
    assert page.split('id="reply"')[1].split("</textarea>")[0].endswith(">\n")
    assert "being generated" not in page and "Draft is ready" not in page
    # It counts as used once it is out.
    waiting = ScheduledReply.objects.get()
    ScheduledReply.objects.update(goes_out_at=waiting.created_at)
    services.send_scheduled_reply(waiting.pk)
    draft.refresh_from_db()
    assert draft.state == "sent" and draft.answered_by_id == waiting.pk


def test_draft_based_on_hidden_tickets_is_not_shown(agent: Agent, lead: Agent, ticket: Ticket) -> None:
    drafts.make_draft(ticket.pk)
    Draft.objects.update(saw_all=True, content="Secret words.")
    assert "Secret words." not in shown(agent, ticket) and "Secret words." in shown(lead, ticket)


def test_hostile_draft_is_escaped(agent: Agent, ticket: Ticket) -> None:
    drafts.make_draft(ticket.pk)
    Draft.objects.update(content=f"</textarea>{HOSTILE}", used=[{"kind": "order", "id": HOSTILE, "label": HOSTILE}])
    for path in ("", "/draft"):
        assert "<script>alert" not in shown(agent, ticket, path) and "<img" not in shown(agent, ticket, path)


def test_ticket_page_query_count_is_independent_of_message_count(agent: Agent) -> None:
    def queries(count: int) -> int:
        ticket = make_ticket(make_customer(), assigned_to=agent)
        for number in range(count - 1):
            services.post_message(None, ticket.pk, f"Number {number}.", from_agent=False)
        drafts.make_draft(ticket.pk)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/tickets/{ticket.pk}").status_code == 200
        return len(captured)

    client = browser(agent)
    assert queries(3) == queries(60)
