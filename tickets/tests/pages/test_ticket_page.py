"""The ticket page: conversation, reply, note, status, snooze and undo send; and the page that explains the ranking."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets import services
from tickets.models import ComposerDraft, Message, Note, ReadMark, ScheduledReply, Ticket
from tickets.tests.factories import NOW, make_customer, make_ticket
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_once(settings: Any) -> None:
    """Sends replies immediately, without an undo window."""
    settings.UNDO_SEND_SECONDS = 0


def html(client: Client, path: str, status: int = 200, **options: Any) -> str:
    answer = client.get(path, **options)
    assert answer.status_code == status
    return answer.content.decode()


def last(ticket: Ticket) -> str:
    """Returns the id of the last message, as the page's form carries it."""
    return str(ticket.messages.order_by("-created_at", "-id").first().pk)  # type: ignore[union-attr]


def reply(client: Client, ticket: Ticket, content: str = "On its way.", seen: str | None = None, **more: str) -> Any:
    data = {"content": content, "seen": last(ticket) if seen is None else seen, **more}
    return client.post(f"/tickets/{ticket.pk}/reply", data, follow=True)


# --- Reading ------------------------------------------------------------------------------------------------------------
def test_ticket_page_shows_messages_and_notes_in_chronological_order(agent: Agent) -> None:
    ticket = make_ticket(make_customer("Dorothy Pelham"), "Where is it?", assigned_to=agent)
    services.post_message(agent, ticket.pk, "On its way.\n\nSoon.")
    services.add_note(agent, ticket.pk, "Called the carrier.")
    page = html(browser(agent), f"/tickets/{ticket.pk}")
    assert page.index("Where is it?") < page.index("<p>On its way.</p>") < page.index("Called the carrier.")
    assert page.index("Internal note") < page.index("only your team sees this") < page.index("Called the carrier.")


def test_ticket_of_another_agent_is_404(agent: Agent, senior: Agent) -> None:
    ticket = make_ticket(assigned_to=senior)
    client = browser(agent)
    for path in ("", "/conversation", "/draft"):
        html(client, f"/tickets/{ticket.pk}{path}", 404)
    data = {"content": "Hello", "status": "closed", "seen": last(ticket), "until": "reply", "kind": "reply"}
    for path in ("reply", "note", "status", "snooze", "unsent", f"undo/{uuid4()}", "draft"):
        assert client.post(f"/tickets/{ticket.pk}/{path}", data).status_code == 404, path
    assert Message.objects.filter(from_agent=True).count() == 0 and not Ticket.objects.get().snoozed


def test_ticket_page_shows_events_between_messages(lead: Agent, agent: Agent) -> None:
    ticket = make_ticket(assigned_to=lead)
    services.update_ticket(lead, ticket.pk, {"priority": "urgent", "tags": ["refund"]})
    services.update_ticket(lead, ticket.pk, {"assigned_to": agent.pk})
    services.snooze_ticket(lead, ticket.pk, until=None)
    services.unsnooze_ticket(agent, ticket.pk)
    create_alert(lead, "parcel")
    page = html(browser(lead), f"/tickets/{ticket.pk}")
    told = (
        "You: priority urgent, tag added: refund",
        "You: assigned to Ada Agent",
        "You: snoozed · Until the customer",
    )
    places = [page.index(words) for words in (*told, "Ada Agent: back in the queue")]
    assert places == sorted(places)
    assert page.index("Where is my parcel?") < page.index("Topic alert “parcel” matched") < places[0]


def test_tags_added_one_by_one_are_shown_as_one_event(lead: Agent, agent: Agent, time_machine: Any) -> None:
    ticket = make_ticket(assigned_to=lead)
    at = NOW
    for name, who, seconds in (("a1", lead, 0), ("b2", lead, 5), ("c3", agent, 5), ("d4", lead, 5), ("e5", lead, 90)):
        at += timedelta(seconds=seconds)
        time_machine.move_to(at, tick=False)
        services.update_ticket(lead if who is lead else None, ticket.pk, {"add_tags": [name]})
    services.update_ticket(lead, ticket.pk, {"remove_tags": ["e5"]})
    page = html(browser(lead), f"/tickets/{ticket.pk}")
    assert "You: tag added: a1, b2<" in page and "System: tag added: c3<" in page and "You: tag added: d4<" in page
    assert "tag added: e5" not in page and "tag removed" not in page  # put on and taken off again: nothing happened


def test_earlier_entries_are_folded_and_older_messages_load_on_request(agent: Agent) -> None:
    ticket, client = make_ticket(text="Number 0.", assigned_to=agent), browser(agent)
    for number in range(1, 60):
        services.post_message(None, ticket.pk, f"Number {number}.", from_agent=False)
    page = html(client, f"/tickets/{ticket.pk}")
    assert "Show 56 earlier entries" in page and "Show 36 earlier messages" in page
    folded, shown = page.split("</details></li>", 1)[0], page.split("</details></li>", 1)[1]
    assert "Number 36." in folded and "Number 35." not in page and "Number 56." in shown and "Number 59." in shown

    before = page.split("?before=")[1].split('"')[0]
    part = html(client, f"/tickets/{ticket.pk}/conversation?before={before}")
    assert "Number 35." in part and "Number 12." in part and "Number 11." not in part and "<html" not in part
    whole = html(client, f"/tickets/{ticket.pk}?before={before}").split("<aside")[0]
    assert "Number 35." in whole and "Number 59." not in whole and "Back to the newest messages" in whole
    assert "Number 59." in html(client, f"/tickets/{ticket.pk}?before=nonsense")


def test_ticket_page_size_is_limited_for_many_long_messages(agent: Agent) -> None:
    ticket = make_ticket(assigned_to=agent)
    for _ in range(40):
        services.post_message(None, ticket.pk, "word " * 18_000, from_agent=False)
    assert len(browser(agent).get(f"/tickets/{ticket.pk}").content) < 250_000


@pytest.mark.parametrize("path", ["", "/conversation"])
def test_ticket_page_query_count_is_independent_of_message_count(agent: Agent, path: str) -> None:
    def queries(count: int) -> int:
        ticket = make_ticket(assigned_to=agent)
        for number in range(count - 1):
            services.post_message(None, ticket.pk, f"Number {number}.", from_agent=False)
            services.add_note(agent, ticket.pk, "Noted.")
            services.update_ticket(agent, ticket.pk, {"add_tags": [f"tag{number % 20}"]})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            html(client, f"/tickets/{ticket.pk}{path}")
        return len(captured)

    client = browser(agent)
    few = queries(3)
    assert few == queries(60) and few <= (36 if not path else 13)


def test_opened_ticket_is_marked_read_only_by_a_post_request(agent: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    page = html(client, f"/tickets/{ticket.pk}")
    assert " data-unread" in page and "Mark as read" in page and not ReadMark.objects.exists()
    address, shown = f"/tickets/{ticket.pk}/read", ticket.messages.get()
    assert client.get(address).status_code == 405
    page = client.post(address, {"message_id": str(shown.pk)}, follow=True).content.decode()
    assert ReadMark.objects.get().seen_at == ticket.last_message_at
    assert " data-unread" not in page and "Mark as read" not in page


def test_message_received_after_page_load_stays_unread(agent: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    shown = ticket.messages.get()
    services.post_message(None, ticket.pk, "Any news?", from_agent=False)
    page = client.post(f"/tickets/{ticket.pk}/read", {"message_id": str(shown.pk)}, follow=True).content.decode()
    assert ReadMark.objects.get().seen_at == shown.created_at and " data-unread" in page


# --- Writing ------------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("at_once")
def test_reply_note_and_status_are_saved_from_the_ticket_page(agent: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    here = f"/tickets/{ticket.pk}"
    page = reply(client, ticket).content.decode()
    assert "Sent." in page and "On its way." in page
    assert Ticket.objects.get().status == "pending"
    reply(client, ticket, "Arrived.", close="1")
    assert Ticket.objects.get().status == "closed"
    assert "Only agents see it." in client.post(f"{here}/note", {"content": "Nice."}, follow=True).content.decode()
    assert Note.objects.get().content == "Nice."
    assert "The ticket is open." in client.post(f"{here}/status", {"status": "open"}, follow=True).content.decode()
    assert "The status must be one of" in client.post(f"{here}/status", {"status": "x"}, follow=True).content.decode()


@pytest.mark.parametrize(("path", "model"), [("reply", Message), ("note", Note)])
def test_rejected_text_stays_in_the_composer(agent: Agent, path: str, model: type[Message | Note]) -> None:
    ticket = make_ticket(text=None, assigned_to=agent)
    answer = browser(agent).post(f"/tickets/{ticket.pk}/{path}", {"content": "kept " * 20_001})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert "can have at most 100,000 characters" in page and "kept kept" in page and 'aria-invalid="true"' in page
    assert not model.objects.exists()


def test_undo_send_on_the_ticket_page_restores_the_text_until_it_is_sent(agent: Agent, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 8
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    page = reply(client, ticket, "Too early.", close="1").content.decode()
    assert f'action="/tickets/{ticket.pk}/undo/' in page
    assert f'action="/tickets/{ticket.pk}/snooze"' in page
    assert "It is sent within 8 seconds." in page and "The ticket then closes." in page and "not sent yet" in page
    waiting = ScheduledReply.objects.get()
    taken = waiting.pk
    page = client.post(f"/tickets/{ticket.pk}/undo/{taken}", follow=True).content.decode()
    assert "Your text is back in the composer." in page and "\nToo early.</textarea>" in page
    assert not ScheduledReply.objects.exists() and Message.objects.filter(from_agent=True).count() == 0

    reply(client, ticket, "Now.")
    waiting = ScheduledReply.objects.get()
    ScheduledReply.objects.update(goes_out_at=waiting.created_at - timedelta(seconds=1))
    assert services.send_scheduled_reply(waiting.pk)
    page = client.post(f"/tickets/{ticket.pk}/undo/{waiting.pk}", follow=True).content.decode()
    assert "Too late: the reply was already sent." in page
    for gone in (taken, uuid4()):  # pressed twice, or in another tab
        page = client.post(f"/tickets/{ticket.pk}/undo/{gone}", follow=True).content.decode()
        assert "Nothing to undo" in page


def test_undo_send_is_offered_in_the_inbox_and_on_other_tickets(agent: Agent, lead: Agent, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 8
    ticket, other = make_ticket(make_customer("Dorothy <b>"), assigned_to=agent), make_ticket(assigned_to=agent)
    client = browser(agent)
    assert 'id="going-out"' not in reply(client, ticket, "Too early.").content.decode()  # it has a way back of its own
    waiting = ScheduledReply.objects.get()
    for path in ("/", f"/tickets/{other.pk}"):
        page = html(client, path)
        assert f'action="/tickets/{ticket.pk}/undo/{waiting.pk}"' in page and "Dorothy &lt;b&gt;" in page
        assert "quimbi/undo_send.js" in page and 'id="going-out"' not in html(browser(lead), path)
    ScheduledReply.objects.update(goes_out_at=waiting.created_at - timedelta(seconds=1))
    assert 'id="going-out"' not in html(client, "/") and "quimbi/undo_send.js" not in html(client, "/")


def test_only_the_author_may_undo_sending(agent: Agent, lead: Agent) -> None:
    ticket = make_ticket(assigned_to=agent)
    waiting = services.schedule_reply(agent, ticket.pk, "On its way.", undo_seconds=8)
    page = browser(lead).post(f"/tickets/{ticket.pk}/undo/{waiting.pk}", follow=True).content.decode()
    assert "Only the author of a message can undo sending it." in page and ScheduledReply.objects.exists()


# --- Somebody was faster -------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("at_once")
def test_reply_after_an_unseen_reply_needs_confirmation_once(agent: Agent, lead: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    seen = last(ticket)
    services.post_message(lead, ticket.pk, "Refunded.")
    answer = reply(client, ticket, "We look into it.", seen)
    page = answer.content.decode()
    assert answer.status_code == 409 and "<bdi>Lea Lead</bdi> replied" in page and "Refunded." in page
    assert "\nWe look into it.</textarea>" in page and "Send anyway" in page
    assert Message.objects.filter(from_agent=True).count() == 1
    assert f'name="seen" id="seen" value="{last(ticket)}"' in page
    assert reply(client, ticket, "We look into it.").status_code == 200
    assert Message.objects.filter(from_agent=True).count() == 2


@pytest.mark.parametrize(
    "seen", ["", "nonsense", "6258bc01-f21e-4bbe-aa1b-3b22c3271f56", "ffffffff-ffff-7fff-bfff-ffffffffffff"]
)
def test_reply_without_a_valid_seen_message_needs_confirmation(agent: Agent, seen: str) -> None:
    ticket = make_ticket(make_customer("Dorothy Pelham"), assigned_to=agent)
    answer = reply(browser(agent), ticket, seen=seen)
    assert answer.status_code == 409 and "<bdi>Dorothy Pelham</bdi> wrote again" in answer.content.decode()


def test_unseen_reply_of_another_agent_needs_confirmation_but_own_reply_does_not(agent: Agent, lead: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    seen = last(ticket)
    services.post_message(agent, ticket.pk, "From my other tab.")
    assert reply(client, ticket, seen=seen).status_code == 200
    sending = services.schedule_reply(lead, ticket.pk, "Refunded.", undo_seconds=8)
    assert reply(client, ticket).status_code == 409
    assert reply(client, ticket, "As she says.", str(sending.pk)).status_code == 200
    services.undo_send(lead, ticket.pk, sending.pk)  # what was seen is gone: asked once more than needed, never less
    assert reply(client, ticket, "One more thing.", str(sending.pk)).status_code == 409
    services.post_message(lead, ticket.pk, "Refunded.")
    assert reply(client, ticket, "And another.", str(sending.pk)).status_code == 409
    part = html(client, f"/tickets/{ticket.pk}/conversation?seen={seen}")
    assert "<bdi>Lea Lead</bdi> replied" in part and "Refunded." in part


@pytest.mark.parametrize("gone_out", [True, False])
def test_repeated_reply_text_from_another_tab_needs_confirmation_once(agent: Agent, gone_out: bool) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    seen = last(ticket)
    if gone_out:
        services.post_message(agent, ticket.pk, "On its way.")
    else:
        services.schedule_reply(agent, ticket.pk, "On its way.", undo_seconds=8)
    answer = reply(client, ticket, "On its way.", seen)
    assert answer.status_code == 409 and "You sent the same text just now." in answer.content.decode()
    again = re.search(r'id="seen" value="([^"]+)"', answer.content.decode())
    assert again is not None and reply(client, ticket, "On its way.", again[1]).status_code == 200


def test_saving_the_reply_as_a_note_deletes_the_reply_draft(agent: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    services.save_composer_draft(agent, ticket.pk, content="They have it.")
    services.save_composer_draft(agent, ticket.pk, kind="note", content="Half a no")
    client.post(f"/tickets/{ticket.pk}/note", {"content": "They have it.", "from_reply": "1"})
    assert Note.objects.get().content == "They have it."
    assert ComposerDraft.objects.get().content == "Half a no"  # which is not finished yet


# --- What is not sent yet ------------------------------------------------------------------------------------------------
def test_composer_draft_is_stored_for_its_agent_only(agent: Agent, lead: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    address = f"/tickets/{ticket.pk}/unsent"
    kept = client.post(address, {"kind": "reply", "content": "Dear Dorothy", "seen": last(ticket)}).json()
    assert kept["revision"] > 0 and kept["saved"]
    assert client.post(address, {"kind": "note", "content": "Ask her"}).json()["revision"] > 0
    page = html(client, f"/tickets/{ticket.pk}")
    assert "\nDear Dorothy</textarea>" in page and "\nAsk her</textarea>" in page
    assert "Dear Dorothy" not in html(browser(lead), f"/tickets/{ticket.pk}")

    told = client.post(address, {"kind": "reply", "content": "Dear Ms Pelham", "revision": "5"}).json()
    assert "Another tab" in told["conflict"] and told["current"]["content"] == "Dear Dorothy"
    emptied = {"kind": "reply", "content": " "}
    assert client.post(address, emptied).json()["current"]["content"] == "Dear Dorothy"  # of an older tab
    emptied["revision"] = str(kept["revision"])
    assert client.post(address, emptied).json() == {"revision": 0, "saved": ""}
    assert ComposerDraft.objects.get().kind == "note"


def test_composer_draft_is_stored_after_undo_of_the_last_message(agent: Agent) -> None:
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    sending = services.schedule_reply(agent, ticket.pk, "Sent.", undo_seconds=8)
    data = {"kind": "reply", "content": "One more", "seen": str(sending.pk)}
    kept = client.post(f"/tickets/{ticket.pk}/unsent", data).json()
    assert kept["revision"] and ComposerDraft.objects.get().based_on == sending.pk
    services.undo_send(agent, ticket.pk, sending.pk)
    data |= {"content": "One more thing", "revision": str(ComposerDraft.objects.get().revision)}
    assert client.post(f"/tickets/{ticket.pk}/unsent", data).json()["revision"] > kept["revision"]
    assert ComposerDraft.objects.get().content == "One more thing"


@pytest.mark.parametrize("data", [{"kind": "x", "content": "a"}, {"kind": "reply", "content": "a\0b"}])
def test_invalid_composer_draft_is_400(agent: Agent, data: dict[str, str]) -> None:
    answer = browser(agent).post(f"/tickets/{make_ticket(assigned_to=agent).pk}/unsent", data)
    assert answer.status_code == 400 and answer.json()["detail"]
    assert not ComposerDraft.objects.exists()


# --- Snoozing ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("choice", "until"),
    [
        ("hours", NOW + timedelta(hours=3)),
        ("tomorrow", NOW.replace(hour=9) + timedelta(days=1)),
        ("monday", NOW.replace(hour=9) + timedelta(days=1)),  # it is a Sunday
        ("reply", None),
    ],
)
def test_ticket_page_snoozes_and_ends_the_snooze(agent: Agent, time_machine: Any, choice: str, until: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    ticket, client = make_ticket(assigned_to=agent), browser(agent)
    page = client.post(f"/tickets/{ticket.pk}/snooze", {"until": choice}, follow=True).content.decode()
    assert "Snoozed until" in page and "End snooze" in page
    assert (Ticket.objects.get().snoozed, Ticket.objects.get().snoozed_until) == (True, until)
    page = client.post(f"/tickets/{ticket.pk}/snooze", {"until": "queue"}, follow=True).content.decode()
    assert "The ticket is back in the queue." in page and not Ticket.objects.get().snoozed


def test_snoozing_until_a_chosen_time_needs_a_valid_future_time(agent: Agent, time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)
    ticket, client = make_ticket(assigned_to=agent), browser(agent)

    def told(**data: str) -> str:
        return client.post(f"/tickets/{ticket.pk}/snooze", data, follow=True).content.decode()

    assert "Choose a date and time." in told(until="later")
    assert "Choose a date and time." in told(until="at", at="")
    assert "Choose a date and time." in told(until="at", at="2026-02-31T10:00")
    assert "must be in the future" in told(until="at", at="2026-02-01T10:00")
    assert not Ticket.objects.get().snoozed
    assert "Snoozed until Tue 3 Mar, 10:00." in told(until="at", at="2026-03-03T10:00")
    services.update_ticket(agent, ticket.pk, {"status": "closed"})
    assert "The ticket is closed; reopen it first." in told(until="reply")


# --- Whatever is written --------------------------------------------------------------------------------------------------
def test_hostile_texts_are_escaped_on_the_ticket_page(agent: Agent) -> None:
    ticket = make_ticket(make_customer(HOSTILE), HOSTILE, subject=HOSTILE, assigned_to=agent)
    services.add_note(agent, ticket.pk, HOSTILE)
    services.save_composer_draft(agent, ticket.pk, content=f"</textarea>{HOSTILE}")
    services.update_ticket(agent, ticket.pk, {"add_tags": [HOSTILE[:40]]})
    create_alert(agent, "<script>")
    page = html(browser(agent), f"/tickets/{ticket.pk}")
    assert "<script>alert" not in page and "<img" not in page and "&lt;/textarea&gt;" in page


def test_ticket_page_accepts_a_trailing_slash(agent: Agent) -> None:
    html(browser(agent), f"/tickets/{make_ticket(assigned_to=agent).pk}/")


def test_ranking_page_shows_weights_and_edit_link_for_managers(agent: Agent, manager: Agent) -> None:
    page = html(browser(agent), "/order")
    for said in ("5.00", "0.75", "urgent 3.00, high 1.50, normal 0.50, low 0.00"):
        assert said in page
    assert "Change the weights" not in page and "Change the weights" in html(browser(manager), "/order")
    assert Client().get("/order").status_code == 302
