"""Composer drafts: saved, private to the agent, and never overwritten by an older tab."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from agents.common.errors import Conflict
from agents.models import Agent, AuditEntry
from tickets import services, tasks
from tickets.models import ComposerDraft, Message, Ticket
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_ticket

pytestmark = pytest.mark.django_db
Clients = Callable[[Agent], APIClient]


def url(ticket: Ticket) -> str:
    return f"/api/tickets/{ticket.pk}/composer-draft"


def save(client: APIClient, ticket: Ticket, content: str, revision: int = 0, **more: Any) -> Any:
    return client.put(url(ticket), {"content": content, "revision": revision, **more})


def test_reply_and_note_composer_drafts_are_saved_as_typed(api: APIClient) -> None:
    ticket = make_ticket()
    last = Message.objects.get(ticket=ticket)
    assert api.get(url(ticket)).json() == {"reply": None, "note": None}
    first = save(api, ticket, "Dear John,\n ", tone="friendly", based_on=str(last.pk))
    assert first.status_code == 200
    second = save(api, ticket, "Dear John,\nyour parcel ", first.json()["revision"], tone="friendly").json()
    save(api, ticket, "Call the carrier", kind="note")
    kept = api.get(url(ticket)).json()
    assert kept["reply"] == second and kept["note"]["content"] == "Call the carrier"
    assert second["content"] == "Dear John,\nyour parcel " and second["tone"] == "friendly"
    assert second["revision"] > first.json()["revision"] and second["warning"] is None
    assert not AuditEntry.objects.filter(subject_id=str(ticket.pk)).exclude(action="ticket.imported").exists()


def test_outdated_revision_is_409_with_the_newer_text(api: APIClient) -> None:
    ticket = make_ticket()
    seen = save(api, ticket, "One").json()["revision"]
    newer = save(api, ticket, "Two", seen).json()
    refused = save(api, ticket, "Older tab", seen)
    assert refused.status_code == 409 and refused.json()["current"] == newer
    assert refused.json()["detail"] == "Another tab has a newer version of the text; nothing was saved."
    assert save(api, ticket, "Never saw one").status_code == 409
    # The same text again, after an answer that was lost on its way.
    assert save(api, ticket, "Two", seen).json() == newer
    assert api.get(url(ticket)).json()["reply"] == newer


def test_revision_is_not_reused_after_composer_draft_is_deleted(api: APIClient) -> None:
    ticket = make_ticket()
    old = save(api, ticket, "One").json()["revision"]
    for _ in range(2):
        assert api.delete(url(ticket)).status_code == 204
    gone = save(api, ticket, "Two", old)
    assert gone.status_code == 409 and gone.json()["current"] is None and not ComposerDraft.objects.exists()
    assert save(api, ticket, "Anew").json()["revision"] > old


@pytest.mark.parametrize("kind", ["reply", "note"])
def test_sending_deletes_only_the_sent_composer_draft(
    api: APIClient, lead: Agent, client_of: Clients, kind: str
) -> None:
    ticket, other = make_ticket(), make_ticket()
    for one in (ticket, other):
        save(api, one, "A reply")
        save(api, one, "A note", kind="note")
    save(client_of(lead), ticket, "The lead's")
    where = {"reply": "messages", "note": "notes"}[kind]
    assert api.post(f"/api/tickets/{ticket.pk}/{where}", {"content": "Sent"}).status_code == 201
    left = api.get(url(ticket)).json()
    assert left[kind] is None and left["note" if kind == "reply" else "reply"] is not None
    assert None not in api.get(url(other)).json().values()
    assert client_of(lead).get(url(ticket)).json()["reply"]["content"] == "The lead's"


def test_customer_message_keeps_the_composer_draft(api: APIClient) -> None:
    ticket = make_ticket()
    save(api, ticket, "Mine")
    api.post(f"/api/tickets/{ticket.pk}/messages", {"content": "By phone: hurry!", "from_agent": False})
    assert api.get(url(ticket)).json()["reply"]["content"] == "Mine"


def test_composer_draft_is_invisible_to_other_agents(
    api: APIClient, agent: Agent, manager: Agent, admin: Agent, service: Agent, client_of: Clients
) -> None:
    ticket = make_ticket()
    save(api, ticket, "My secret")
    for other in (manager, admin, service):
        client = client_of(other)
        assert client.get(url(ticket)).json() == {"reply": None, "note": None}
        client.delete(url(ticket))
        assert "My secret" not in client.get(f"/api/tickets/{ticket.pk}").content.decode()
    assert api.get(url(ticket)).json()["reply"]["content"] == "My secret"
    client = client_of(agent)
    assert {client.get(url(ticket)).status_code, save(client, ticket, "x").status_code} == {404}
    assert client.delete(url(ticket)).status_code == 404
    assert client.get(f"/api/tickets/{uuid4()}/composer-draft").status_code == 404


def test_admin_site_does_not_register_composer_drafts() -> None:
    from django.contrib import admin

    assert ComposerDraft not in admin.site._registry


def test_composer_draft_warns_if_another_agent_has_replied_since(
    api: APIClient, lead: Agent, client_of: Clients
) -> None:
    ticket = make_ticket()
    based_on = str(Message.objects.get(ticket=ticket).pk)
    kept = save(api, ticket, "Let me look", based_on=based_on).json()
    services.post_message(None, ticket.pk, "And?", from_agent=False)
    assert api.get(url(ticket)).json()["reply"]["warning"] is None
    answer = client_of(lead).post(f"/api/tickets/{ticket.pk}/messages", {"content": "Sent anew."}).json()
    warned = save(api, ticket, "Let me look again", kept["revision"], based_on=based_on).json()
    assert warned["warning"] == "Lea Lead has answered since you began."
    assert warned["answered_since"]["message_id"] == answer["id"]
    assert api.get(url(ticket)).json()["reply"]["warning"] == warned["warning"]
    # Begun again from where the conversation is now.
    assert save(api, ticket, "Anew", warned["revision"], based_on=answer["id"]).json()["warning"] is None


def test_warning_without_based_on_counts_from_the_first_save(api: APIClient, lead: Agent) -> None:
    ticket = make_ticket()
    services.post_message(lead, ticket.pk, "Long ago.")
    save(api, ticket, "Hm")
    assert api.get(url(ticket)).json()["reply"]["warning"] is None
    services.post_message(lead, ticket.pk, "Just now.")
    assert "Lea Lead" in api.get(url(ticket)).json()["reply"]["warning"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "content"),
        ({"content": "x" * 100_001}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"content": "x", "kind": "letter"}, "kind"),
        ({"content": "x", "tone": "<script>"}, "tone"),
        ({"content": "x", "tone": "f" * 21}, "tone"),
        ({"content": "x", "based_on": "last"}, "based_on"),
        ({"content": "x", "based_on": str(uuid4())}, "based_on"),
        ({"content": "x", "revision": -1}, "revision"),
        ({"content": "x", "revision": "new"}, "revision"),
    ],
)
def test_invalid_composer_draft_is_400(api: APIClient, body: dict[str, Any], field: str) -> None:
    ticket = make_ticket()
    answer = api.put(url(ticket), body)
    assert answer.status_code == 400 and list(answer.json()["errors"]) == [field]
    assert api.delete(f"{url(ticket)}?kind=letter").status_code == 400
    half = api.put(url(ticket), '{"content": "half \\ud83d"}', content_type="application/json")
    assert half.status_code == 400
    assert not ComposerDraft.objects.exists()


def test_longest_and_empty_composer_drafts_are_accepted(api: APIClient) -> None:
    ticket = make_ticket()
    kept = save(api, ticket, "x" * 100_000).json()
    assert save(api, ticket, "", kept["revision"]).json()["content"] == ""


def test_composer_draft_is_pruned_a_month_after_ticket_is_closed(api: APIClient) -> None:
    long_ago, lately, open_one = make_ticket(), make_ticket(), make_ticket()
    for ticket, days in ((long_ago, 31), (lately, 29)):
        services.update_ticket(None, ticket.pk, {"status": "closed"})
        Ticket.objects.filter(pk=ticket.pk).update(closed_at=timezone.now() - timedelta(days=days))
    for ticket in (long_ago, lately, open_one):
        save(api, ticket, "Never sent")
    tasks.prune_composer_drafts(timestamp=0)
    assert set(ComposerDraft.objects.values_list("ticket_id", flat=True)) == {lately.pk, open_one.pk}


@pytest.mark.django_db(transaction=True)
def test_concurrent_tabs_leave_one_composer_draft_and_others_get_conflict(senior: Agent) -> None:
    ticket = make_ticket()

    def begin(number: int) -> Any:
        return services.retrying(lambda: services.save_composer_draft(senior, ticket.pk, content=f"Tab {number}"))

    def go_on(number: int, seen: int) -> Any:
        return services.save_composer_draft(senior, ticket.pk, content=f"More {number}", revision=seen)

    for answers in (at_once(begin, 5), at_once(lambda n: go_on(n, ComposerDraft.objects.get().revision), 5)):
        written = [answer for answer in answers if isinstance(answer, ComposerDraft)]
        refused = [answer for answer in answers if isinstance(answer, Conflict)]
        assert len(written) + len(refused) == 5 and len(written) >= 1
        if len(written) == 1:
            assert {error.details["current"]["content"] for error in refused} == {written[0].content}
    assert ComposerDraft.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_concurrent_save_and_send_leave_no_composer_draft(senior: Agent) -> None:
    ticket = make_ticket()
    seen = services.save_composer_draft(senior, ticket.pk, content="Dear John").revision

    def work(number: int) -> Any:
        if number:
            return services.post_message(senior, ticket.pk, "Dear John")
        return services.save_composer_draft(senior, ticket.pk, content="Dear John and", revision=seen)

    saved, sent = at_once(work, 2)
    assert isinstance(sent, Message) and isinstance(saved, ComposerDraft | Conflict)
    assert not ComposerDraft.objects.exists()


def test_composer_draft_stores_based_on_as_uuid(senior: Agent) -> None:
    ticket = make_ticket()
    kept = services.save_composer_draft(senior, ticket.pk, content="x", based_on=Message.objects.get(ticket=ticket).pk)
    assert isinstance(kept.based_on, UUID)
