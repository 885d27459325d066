"""A ticket in a real browser: answered by keyboard, restored after a restart, and open in two browsers at once."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from agents.models import Agent
from agents.tests.browsing import HOSTILE
from agents.tests.browsing import browser as signed_in
from agents.tests.factories import PASSWORD
from agents.tests.waiting import eventually
from intelligence.services import drafts
from quimbi_crm.tests.browsers import FAULTS, VALUE, becomes, complaints, cookies, live_client, open_ticket, until
from tickets import services
from tickets.models import ComposerDraft, Message, Note, ScheduledReply, Ticket
from tickets.tests.factories import make_customer, make_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed_in_as_lead")]
POLL = "document.dispatchEvent(new Event('visibilitychange'))"  # rather than wait for the next time
MAY_SEND = "!document.querySelector('#send[aria-disabled]')"  # not while hands are still at what was before


@pytest.fixture
def ticket(lead: Agent) -> Ticket:
    return make_ticket(make_customer("Dorothy Pelham"), subject="Never arrived", assigned_to=lead)


def opened(context: BrowserContext, live_server: Any, ticket: Ticket) -> tuple[Page, list[str]]:
    """Open the ticket's page with its draft, and return the browser's errors. The test server supports no sockets."""
    page = context.new_page()
    said = complaints(page)
    open_ticket(page, live_server, ticket.pk)
    return page, said


def wrong(said: list[str]) -> list[str]:
    return [one for one in said if "/ws/events" not in one]


def test_ticket_is_noted_answered_snoozed_and_closed_by_keyboard(
    context: BrowserContext, live_server: Any, ticket: Ticket, lead: Agent
) -> None:
    page, said = opened(context, live_server, ticket)
    becomes(lambda: page.evaluate(FAULTS), [])
    first = page.evaluate(VALUE)
    tone = page.evaluate("document.querySelector('[name=tone]:checked')?.value")
    key = "4" if tone != "concise" else "1"
    page.keyboard.press(key)
    until(page, f"{VALUE} !== {first!r}")
    page.keyboard.press("g")
    until(page, "!document.querySelector('.htmx-request')")

    page.keyboard.press("m")
    until(page, "document.activeElement.id === 'note'")
    becomes(lambda: not page.is_visible("#send"))
    becomes(lambda: page.evaluate(FAULTS), [])
    page.keyboard.type("Ask the carrier.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".msg.note >> text=Ask the carrier.")
    until(page, MAY_SEND)
    assert Note.objects.get().author == lead and not ScheduledReply.objects.exists()

    page.keyboard.press("r")
    until(page, "document.activeElement.id === 'reply'")
    page.keyboard.press("Control+a")
    page.keyboard.type("It is on its way.")
    page.keyboard.press("Control+Shift+Enter")
    page.wait_for_selector("#undo >> text=The ticket then closes.")
    assert ScheduledReply.objects.get().content == "It is on its way."
    page.click("#undo button")
    page.wait_for_selector("text=Your text is back in the composer.")
    becomes(lambda: page.evaluate(VALUE), "It is on its way.")
    assert not ScheduledReply.objects.exists()

    until(page, "document.activeElement.id === 'reply'")
    for key in ("Escape", "e", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("text=End snooze")
    assert Ticket.objects.get().snoozed
    page.keyboard.press("c")
    page.wait_for_selector("text=Reopen")
    assert Ticket.objects.get().status == "closed"
    becomes(lambda: page.evaluate(FAULTS), [])
    assert wrong(said) == []


def test_typed_text_survives_reload_another_tab_and_browser_restart(
    browser: Browser, context: BrowserContext, live_server: Any, ticket: Ticket, lead: Agent
) -> None:
    page, said = opened(context, live_server, ticket)
    page.fill("#reply", "Dear Dorothy, ")
    page.wait_for_selector("#reply-saved >> text=Saved")
    assert ComposerDraft.objects.get().content == "Dear Dorothy, "
    page.reload()
    until(page, f"{VALUE} === 'Dear Dorothy, '")

    # Another tab, and another computer.
    other = context.new_page()
    other.goto(page.url)
    other.fill("#reply", "Dear Ms Pelham, ")
    other.wait_for_selector("#reply-saved >> text=Saved")
    page.fill("#reply", "Hello ")
    page.wait_for_selector("text=This text was changed in another tab.")
    page.click("text=Show the other version")
    becomes(lambda: page.evaluate(VALUE), "Dear Ms Pelham, ")
    page.fill("#reply", "Dear Ms Pelham, it is lost.")
    page.close()  # at once: what was typed leaves with the page
    context.close()
    again = browser.new_context()
    cookies(again, live_server, signed_in(lead))
    page = again.new_page()
    eventually(lambda: ComposerDraft.objects.get().content.endswith("lost."))
    page.goto(f"{live_server.url}/tickets/{ticket.pk}")
    becomes(lambda: page.evaluate(VALUE), "Dear Ms Pelham, it is lost.")
    assert wrong(said) == []


def test_presence_and_replies_of_another_agent_are_shown(
    context: BrowserContext, live_server: Any, ticket: Ticket, senior: Agent
) -> None:
    page, said = opened(context, live_server, ticket)
    present = {"type": "presence", "ticket": str(ticket.pk)}
    there = [{"id": str(senior.pk), "name": "Sena Senior", "state": "typing"}]
    tell = "detail => document.dispatchEvent(new CustomEvent('quimbi:event', {detail}))"
    page.evaluate(tell, {**present, "agents": there})
    becomes(lambda: page.inner_text("#presence > span:last-child"), "Sena Senior is typing")
    page.evaluate(tell, {**present, "agents": []})
    becomes(lambda: page.inner_text("#presence"), "")

    page.fill("#reply", "We look into it.")
    services.post_message(senior, ticket.pk, "Refunded.")
    page.evaluate(POLL)
    page.wait_for_selector(".msg.out >> text=Refunded.")
    page.wait_for_selector("#overtaken >> text=Sena Senior replied")
    becomes(lambda: page.evaluate(VALUE), "We look into it.")
    page.focus("#reply")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#send >> text=Send anyway")
    until(page, MAY_SEND)
    assert not ScheduledReply.objects.exists()
    becomes(lambda: page.evaluate(VALUE), "We look into it.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#undo")
    waiting = ScheduledReply.objects.get()
    assert waiting.content == "We look into it."
    becomes(lambda: page.is_visible(".msg.sending"))
    ScheduledReply.objects.update(goes_out_at=waiting.created_at)
    assert services.send_scheduled_reply(waiting.pk)
    page.evaluate(POLL)
    page.wait_for_selector(".msg.sending", state="detached")
    becomes(lambda: page.is_visible(".msg.out >> text=We look into it."))
    assert wrong(said) == []


def test_live_update_keeps_the_scroll_position(context: BrowserContext, live_server: Any, ticket: Ticket) -> None:
    for number in range(30):
        services.post_message(
            None, ticket.pk, f"Number {number}. " + "More words than one line holds. " * 20, from_agent=False
        )
    page, said = opened(context, live_server, ticket)
    page.click("text=earlier entries")
    page.evaluate("document.querySelector('#scroll').scrollTop = -1500")
    place = "document.querySelector('.inner li:last-child').getBoundingClientRect().top"
    before = page.evaluate(place)
    services.post_message(None, ticket.pk, "And one more.", from_agent=False)
    page.evaluate(POLL)
    page.wait_for_selector("text=Show 1 new message")
    becomes(lambda: abs(page.evaluate(place) - before) < 2)
    page.click("text=Show 1 new message")
    until(page, "Math.abs(document.querySelector('#scroll').scrollTop) < 2")
    becomes(lambda: page.is_visible("text=And one more."))
    becomes(lambda: not page.is_visible("text=Show 1 new message"))
    page.click("text=/Show \\d+ earlier message/")
    page.wait_for_selector("text=Number 0.", state="attached")
    assert wrong(said) == []


def test_new_draft_is_not_inserted_while_the_agent_types(
    context: BrowserContext, live_server: Any, ticket: Ticket
) -> None:
    page, said = opened(context, live_server, ticket)
    page.fill("#reply", "My own words.")
    services.post_message(None, ticket.pk, "Please refund me, it is broken!", from_agent=False)
    made = drafts.prepare(ticket.pk)
    assert made is not None
    page.evaluate(POLL)
    page.wait_for_selector("text=Show the new draft")
    becomes(lambda: page.evaluate(VALUE), "My own words.")
    page.click("text=Show the new draft")
    becomes(lambda: page.evaluate(VALUE), made.content.replace("\r\n", "\n"))
    assert wrong(said) == []


def test_text_typed_offline_is_saved_when_online_and_not_sent(
    context: BrowserContext, live_server: Any, ticket: Ticket
) -> None:
    page, _ = opened(context, live_server, ticket)
    context.set_offline(True)
    page.wait_for_selector("#draft >> text=You are offline.")
    page.fill("#reply", "Written under ground.")
    page.focus("#reply")
    page.keyboard.press("Control+Enter")
    becomes(lambda: page.evaluate(VALUE), "Written under ground.")
    context.set_offline(False)
    page.wait_for_selector("#reply-saved >> text=Saved")
    becomes(lambda: not page.is_visible("#draft >> text=You are offline."))
    assert not Message.objects.filter(from_agent=True).exists()
    page.click("#send")
    page.wait_for_selector("#undo")


def test_ticket_page_works_without_javascript(browser: Browser, live_server: Any, ticket: Ticket, lead: Agent) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    said = complaints(page)
    page.goto(f"{live_server.url}/accounts/login/?next=/tickets/{ticket.pk}")
    page.fill("input[name=username]", lead.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.fill("#reply", "Begun by hand.")
    page.check("#tone-friendly", force=True)
    page.click("#regenerate")
    becomes(lambda: "A new draft is ready." in page.inner_text("#news"))
    becomes(lambda: page.input_value("#reply"), "Begun by hand.")
    page.click("text=Show the draft instead of your text")
    becomes(lambda: page.input_value("#reply") not in ("", "Begun by hand."))
    page.check("#m-note", force=True)
    page.fill("#note", "Ask the carrier.")
    page.click("text=Save note")
    assert Note.objects.get().content == "Ask the carrier."
    page.fill("#reply", "On its way.")
    page.click("#send")
    page.click("text=Undo")
    becomes(lambda: page.input_value("#reply"), "On its way.")
    page.click(".snooze summary")
    page.click("text=Until the customer writes")
    becomes(lambda: "Snoozed until the customer writes." in page.inner_text("#news"))
    assert said == []


@pytest.mark.parametrize("size", [(1440, 900), (1000, 800), (800, 700), (390, 844), (320, 640)])
def test_extreme_texts_do_not_break_the_ticket_page_layout(
    context: BrowserContext, live_server: Any, lead: Agent, size: tuple[int, int]
) -> None:
    customer = make_customer("W" * 200)
    word = "x" * 300
    absurd = make_ticket(
        customer, f"{HOSTILE} {word} https://example.com/{word}\n\n> {word}", subject=word[:290], assigned_to=lead
    )
    services.add_note(lead, absurd.pk, "\u202e" + "\U0001f9f5" * 200 + word)
    services.update_ticket(lead, absurd.pk, {"add_tags": [f"{'t' * 45}{number}" for number in range(30)]})
    services.save_composer_draft(lead, absurd.pk, content=word)
    page = context.new_page()
    said = complaints(page)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{live_server.url}/tickets/{absurd.pk}")
    until(page, "document.querySelector('#draft-text').value !== ''")
    until(page, live_client("live.state === 'polling'"))
    becomes(lambda: page.evaluate(FAULTS), [])
    assert wrong(said) == []
