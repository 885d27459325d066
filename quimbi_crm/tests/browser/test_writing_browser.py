"""Writing on a ticket's page with fast input and a slow network: no typed text is lost, nothing unintended is sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from agents.tests.waiting import eventually
from intelligence.services import drafts
from quimbi_crm.tests.browsers import VALUE, becomes, come, complaints, cookies, held, open_ticket, settle, until
from tickets import services
from tickets.models import ComposerDraft, Message, Note, ScheduledReply, Ticket
from tickets.tests.factories import make_customer, make_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed_in_as_lead")]
POLL = "document.dispatchEvent(new Event('visibilitychange'))"  # rather than wait for the next time
NOTE = "document.querySelector('#note').value"
MAY_SEND = "!document.querySelector('#send[aria-disabled], #send:disabled')"


@pytest.fixture
def ticket(lead: Agent) -> Ticket:
    return make_ticket(make_customer("Dorothy Pelham"), subject="Never arrived", assigned_to=lead)


@pytest.fixture
def page(context: BrowserContext, live_server: Any, ticket: Ticket) -> Iterator[Page]:
    """The ticket's page with its draft; at the end the browser must have reported no errors."""
    one = opened(context, live_server, ticket)
    said = complaints(one)
    yield one
    assert [told for told in said if "/ws/events" not in told] == []


@pytest.fixture
def page_that_fails(context: BrowserContext, live_server: Any, ticket: Ticket) -> Page:
    return opened(context, live_server, ticket)


def opened(context: BrowserContext, live_server: Any, ticket: Ticket) -> Page:
    page = context.new_page()
    open_ticket(page, live_server, ticket.pk)
    return page


def sent() -> list[str]:
    return [*ScheduledReply.objects.order_by("created_at").values_list("content", flat=True)]


# --- While something is being sent -------------------------------------------------------------------------------------
def test_text_typed_while_a_reply_is_sent_is_kept_and_triggers_no_shortcut(page: Page, ticket: Ticket) -> None:
    waiting = held(page, "**/reply")
    page.fill("#reply", "It is on its way.")
    page.focus("#reply")
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Enter")
    answer = come(page, waiting)
    page.keyboard.type(" Please check once more")
    answer.continue_()
    page.wait_for_selector("#undo")
    until(page, f"{VALUE} === 'Please check once more'")
    becomes(lambda: page.evaluate("document.activeElement.id"), "reply")
    page.keyboard.type(", c")
    page.wait_for_selector("#reply-saved >> text=Saved")
    assert Ticket.objects.get().status == "open" and sent() == ["It is on its way."]
    assert ComposerDraft.objects.get().content == "Please check once more, c"


def test_letter_typed_right_after_sending_does_not_close_the_ticket(page: Page) -> None:
    page.fill("#reply", "It is on its way.")
    # As fast as the answer: the letter meets the page that has just come.
    page.evaluate(
        """() => document.addEventListener("htmx:afterSettle", () => setTimeout(() => document.activeElement.dispatchEvent(
             new KeyboardEvent("keydown", {key: "c", bubbles: true, cancelable: true}))))"""
    )
    page.focus("#reply")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#undo")
    until(page, MAY_SEND)
    assert Ticket.objects.get().status == "open"


def test_saving_a_note_keeps_the_reply_text_and_sending_keeps_the_note_text(page: Page) -> None:
    page.fill("#reply", "First part.")
    page.wait_for_selector("#reply-saved >> text=Saved")
    page.fill("#reply", "First part. The second part that matters.")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    until(page, "document.activeElement.id === 'note'")
    page.keyboard.type("fyi")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".msg.note >> text=fyi")
    becomes(lambda: page.evaluate(VALUE), "First part. The second part that matters.")
    eventually(lambda: ComposerDraft.objects.get().content.endswith("that matters."))

    until(page, MAY_SEND)
    page.keyboard.press("m")
    until(page, "document.activeElement.id === 'note'")
    page.keyboard.type("One more note")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#undo")
    becomes(lambda: page.evaluate(NOTE), "One more note")
    assert Note.objects.count() == 1


def test_composer_draft_is_gone_after_sending_during_a_pending_save(
    page: Page, live_server: Any, ticket: Ticket
) -> None:
    waiting = held(page, "**/composer-draft")
    page.fill("#reply", "Short answer.")
    keeping = come(page, waiting)
    page.focus("#reply")
    page.keyboard.press("Control+Enter")
    page.evaluate("1")  # the key has been handled
    assert sent() == []  # it waits for what is on its way
    keeping.continue_()
    page.wait_for_selector("#undo")
    page.unroute("**/composer-draft")
    assert sent() == ["Short answer."] and not ComposerDraft.objects.exists()


def test_reply_with_lost_response_is_reported_and_resending_asks_first(page_that_fails: Page) -> None:
    page = page_that_fails
    page.route("**/reply", lambda route: (route.fetch(), route.abort()))
    page.fill("#reply", "Only once.")
    page.click("#send")
    page.wait_for_selector("#failures >> text=may or may not have been saved")
    assert sent() == ["Only once."]
    becomes(lambda: page.evaluate(VALUE), "Only once.")
    page.unroute("**/reply")
    page.click("#send")
    page.wait_for_selector("#newer >> text=You sent the same text")
    assert sent() == ["Only once."]


# --- Keys that mean something else -------------------------------------------------------------------------------------
def test_control_enter_in_other_fields_sends_no_reply(page: Page) -> None:
    page.focus("#p-tag")
    page.keyboard.type("refund")
    page.keyboard.press("Control+Enter")
    page.click("#give-up summary")
    page.focus("#p-reason")
    page.keyboard.type("Too hard")
    page.keyboard.press("Control+Enter")
    settle(page)
    assert sent() == []
    becomes(lambda: not page.is_visible("#undo"))


def test_repeated_control_enter_after_a_note_does_not_send_the_draft(page: Page) -> None:
    page.keyboard.press("m")
    until(page, "document.activeElement.id === 'note'")
    page.keyboard.type("team note")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".msg.note >> text=team note")
    page.keyboard.press("Control+Enter")
    until(page, MAY_SEND)
    assert sent() == []
    becomes(lambda: not page.is_visible("#undo"))


def test_held_or_repeated_key_does_not_confirm_send_anyway(page: Page, ticket: Ticket) -> None:
    page.fill("#reply", "It must be lost.")
    page.focus("#reply")
    services.post_message(None, ticket.pk, "STOP! It arrived!", from_agent=False)
    page.keyboard.down("Control")
    page.keyboard.down("Enter")
    page.wait_for_selector("#send >> text=Send anyway")
    for _ in range(3):
        page.keyboard.down("Enter")  # repeated
    page.keyboard.up("Enter")
    page.keyboard.press("Enter")  # and once more at once
    page.keyboard.up("Control")
    assert sent() == []
    becomes(lambda: page.evaluate(VALUE), "It must be lost.")
    until(page, MAY_SEND)
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#undo")
    assert sent() == ["It must be lost."]


def test_arrow_keys_in_assignee_field_assign_only_after_enter(page: Page, ticket: Ticket, make_agent: Any) -> None:
    for number in range(4):
        make_agent("agent", name=f"Zed {number}")
    page.keyboard.press("a")
    until(page, "document.activeElement.id === 'p-assignee'")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    chosen = page.evaluate("document.activeElement.value")
    assert Ticket.objects.get().assigned_to_id == ticket.assigned_to_id
    page.keyboard.press("Enter")
    eventually(lambda: str(Ticket.objects.get().assigned_to_id) == chosen)
    page.wait_for_selector("#properties:not(.htmx-request)")


# --- Two tabs, two agents ----------------------------------------------------------------------------------------------
def test_two_tabs_send_the_same_text_once(
    page: Page, context: BrowserContext, live_server: Any, ticket: Ticket
) -> None:
    page.fill("#reply", "Same text in both.")
    page.wait_for_selector("#reply-saved >> text=Saved")
    other = opened(context, live_server, ticket)
    becomes(lambda: other.evaluate(VALUE), "Same text in both.")
    page.click("#send")
    page.wait_for_selector("#undo")
    other.click("#send")
    other.wait_for_selector("#newer >> text=You sent the same text")
    assert sent() == ["Same text in both."]


def test_text_sent_in_another_tab_is_cleared(
    page: Page, context: BrowserContext, live_server: Any, ticket: Ticket
) -> None:
    page.fill("#reply", "Sent elsewhere.")
    page.wait_for_selector("#reply-saved >> text=Saved")
    other = opened(context, live_server, ticket)
    page.click("#send")
    page.wait_for_selector("#undo")
    waiting = ScheduledReply.objects.get()
    ScheduledReply.objects.update(goes_out_at=waiting.created_at)
    assert services.send_scheduled_reply(waiting.pk)
    other.evaluate(POLL)
    other.wait_for_selector("#reply-saved >> text=Sent from another tab")
    becomes(lambda: other.evaluate(VALUE), "")


def test_draft_of_another_agent_is_offered_and_not_inserted(page: Page, ticket: Ticket) -> None:
    before = page.evaluate(VALUE)
    tone = page.evaluate("document.querySelector('[name=tone]:checked').value")
    made = drafts.regenerate(
        Agent.objects.get(role="team_lead"), ticket.pk, "concise" if tone != "concise" else "friendly"
    )
    assert made.content != before
    page.evaluate(
        f"document.dispatchEvent(new CustomEvent('quimbi:event', {{detail: {{type: 'draft', ticket: '{ticket.pk}'}}}}))"
    )
    page.wait_for_selector("text=Show the new draft")
    becomes(lambda: page.evaluate(VALUE), before)


def test_typed_text_is_restored_after_viewing_the_draft(page: Page, ticket: Ticket) -> None:
    page.fill("#reply", "My own careful words.")
    page.wait_for_selector("#reply-saved >> text=Saved")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.click("text=Show the new draft")
    becomes(lambda: page.evaluate(VALUE) != "My own careful words.")
    page.click("text=Back to your text")
    becomes(lambda: page.evaluate(VALUE), "My own careful words.")
    page.click("text=Show the draft instead of your text")
    page.reload()
    until(page, f"{VALUE} === 'My own careful words.'")  # a look at the draft does not cost them


def test_reply_can_be_saved_as_a_note_after_a_collision(page: Page, ticket: Ticket, senior: Agent) -> None:
    page.fill("#reply", "INTERNAL: look at the address.")
    services.post_message(senior, ticket.pk, "Refunded.")
    page.evaluate(POLL)
    page.wait_for_selector("#overtaken >> text=Sena Senior replied")
    page.click("text=Show message")
    page.click("text=Save mine as a note")
    page.wait_for_selector(".msg.note >> text=INTERNAL")
    assert Note.objects.get().content.startswith("INTERNAL") and sent() == []
    assert not ComposerDraft.objects.exists()
    becomes(lambda: "INTERNAL" not in page.evaluate(VALUE))


def test_customer_message_during_the_undo_window_is_shown(page: Page, ticket: Ticket, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 30
    page.fill("#reply", "It must be lost.")
    page.click("#send")
    page.wait_for_selector("#undo")
    services.post_message(None, ticket.pk, "STOP! It arrived!", from_agent=False)
    page.evaluate(POLL)
    page.wait_for_selector("#overtaken >> text=Dorothy Pelham wrote again")
    becomes(lambda: page.is_visible("#undo button"))


def test_reply_to_a_reassigned_ticket_shows_an_error_and_keeps_the_text(
    page_that_fails: Page, ticket: Ticket, agent: Agent
) -> None:
    page = page_that_fails
    page.fill("#reply", "Dear Dorothy")
    page.route("**/reply", lambda route: route.fulfill(status=404, body="Not found"))
    page.click("#send")
    page.wait_for_selector("#failures >> text=This ticket is no longer assigned to you.")
    becomes(lambda: page.evaluate(VALUE), "Dear Dorothy")


# --- Undo --------------------------------------------------------------------------------------------------------------
def test_undo_send_keeps_text_typed_after_sending(page: Page, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 30
    page.fill("#reply", "It is on its way.")
    page.click("#send")
    page.wait_for_selector("#undo")
    page.fill("#reply", "And one more thing")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    until(page, "document.activeElement.id === 'note'")
    page.keyboard.type("a note meanwhile")
    page.click("#undo button")  # at once, before what was typed is kept
    page.wait_for_selector("text=Your text is back in the composer.")
    becomes(lambda: page.evaluate(VALUE), "It is on its way.\n\nAnd one more thing")
    becomes(lambda: page.evaluate(NOTE), "a note meanwhile")
    assert not ScheduledReply.objects.exists()


def test_undo_send_loses_nothing_if_saving_fails(page_that_fails: Page, settings: Any) -> None:
    settings.UNDO_SEND_SECONDS = 30
    page = page_that_fails
    page.fill("#reply", "It is on its way.")
    page.click("#send")
    page.wait_for_selector("#undo")
    page.route("**/composer-draft", lambda route: route.fulfill(status=500, body=""))
    page.fill("#reply", "More typed.")
    page.click("#undo button")
    page.wait_for_selector("text=Your text is back in the composer.")
    becomes(lambda: page.evaluate(VALUE), "It is on its way.\n\nMore typed.")


# --- Leaving too early -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["reload", "status"])
def test_text_typed_just_before_a_reload_or_status_change_is_restored(page: Page, how: str) -> None:
    page.evaluate("() => { window.fetch = () => Promise.reject(new Error('too late')); }")  # the server has had no time
    page.fill("#reply", "Just typed")
    if how == "reload":
        page.reload()
    else:
        page.click("text=Close >> visible=true")
        page.wait_for_selector("text=Reopen")
    until(page, f"{VALUE} === 'Just typed'")
    assert not ComposerDraft.objects.exists() or ComposerDraft.objects.get().content == "Just typed"


def test_text_typed_before_scripts_load_is_kept(page: Page, ticket: Ticket) -> None:
    scripts = held(page, "**/composer.js")
    page.reload(wait_until="commit")
    page.fill("#reply", "Typed at once")
    come(page, scripts).continue_()
    eventually(lambda: ComposerDraft.objects.filter(content="Typed at once").exists())
    becomes(lambda: page.evaluate(VALUE), "Typed at once")


def test_text_typed_before_scripts_load_is_added_to_the_tabs_unsaved_text(page: Page) -> None:
    page.evaluate("() => { window.fetch = () => Promise.reject(new Error('too late')); }")
    page.fill("#reply", "Typed before")
    scripts = held(page, "**/composer.js")
    page.reload(wait_until="commit")
    page.fill("#reply", "Typed at once")
    come(page, scripts).continue_()
    until(page, f"{VALUE} === 'Typed at once\\n\\nTyped before'")


def test_unsaved_text_of_another_agent_in_the_tab_is_deleted(
    page: Page, context: BrowserContext, live_server: Any, senior: Agent
) -> None:
    page.evaluate("sessionStorage.setItem('unsent 0197-somebody else', '{\"text\": \"secret\"}')")
    page.fill("#reply", "Mine")
    page.reload()
    until(page, f"{VALUE} === 'Mine'")
    becomes(lambda: "secret" not in page.evaluate("JSON.stringify(sessionStorage)"))


def test_sign_out_clears_typed_text_in_the_tab(page_that_fails: Page) -> None:
    page = page_that_fails
    page.evaluate("() => { window.fetch = () => Promise.reject(new Error('too late')); }")
    page.fill("#reply", "About Dorothy")
    page.click(".me > summary")
    page.click(".me >> text=Sign out >> visible=true")
    page.wait_for_url(lambda url: "/tickets/" not in url)
    becomes(lambda: "Dorothy" not in page.evaluate("JSON.stringify(sessionStorage)"))


def test_typed_text_survives_an_ended_session(
    context: BrowserContext, live_server: Any, ticket: Ticket, lead: Agent
) -> None:
    page = opened(context, live_server, ticket)
    page.route("**/composer-draft", lambda route: route.abort())
    page.fill("#reply", "Typed after the session had ended")
    context.clear_cookies(name="sessionid")
    page.click("#send")
    page.wait_for_url("**/accounts/login/**")
    cookies(context, live_server, signed_in(lead))
    page.unroute("**/composer-draft")
    page.goto(f"{live_server.url}/tickets/{ticket.pk}")
    until(page, f"{VALUE} === 'Typed after the session had ended'")
    assert not Message.objects.filter(from_agent=True).exists()
