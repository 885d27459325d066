"""The inbox keeps selection, typed text and messages while responses are slow or refused."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from agents.tests.waiting import eventually
from quimbi_crm.tests.browsers import becomes, come, complaints, cookies, held, until
from quimbi_crm.tests.inbox_page import FOCUSED, inbox, subjects, ticked
from tickets import services
from tickets.models import Ticket
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import create_alert

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed_in_as_lead")]


# --- Keys for many, and for one ----------------------------------------------------------------------------------------
def test_canceled_snooze_menu_deselects_the_row_that_the_e_key_selected(
    context: BrowserContext, live_server: Any
) -> None:
    page = inbox(context, live_server)
    for key in ("j", "e", "Escape"):
        page.keyboard.press(key)
    until(page, f"{FOCUSED} === 'Number 0'")
    becomes(lambda: ticked(page), [])
    becomes(lambda: not page.is_visible("#bulk"))
    for key in ("j", "e"):
        page.keyboard.press(key)
    becomes(lambda: ticked(page), ["Number 1"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#news >> text=1 ticket snoozed until ")
    assert Ticket.objects.get(snoozed=True).subject == "Number 1"
    # What the agent has ticked stays.
    for key in ("x", "e", "Escape"):
        page.keyboard.press(key)
    becomes(lambda: len(ticked(page)), 1)


def test_c_key_closes_tickets_and_undo_reopens_them(context: BrowserContext, live_server: Any) -> None:
    page = inbox(context, live_server)
    said = complaints(page)
    for key in ("j", "j", "c"):
        page.keyboard.press(key)
    page.wait_for_selector("#news >> text=1 ticket closed.")
    assert Ticket.objects.get(status="closed").subject == "Number 1"
    becomes(lambda: subjects(page), ["Number 0", "Number 2"])
    until(page, f"{FOCUSED} === 'Number 2'")
    page.click("#news >> text=Undo")
    page.wait_for_selector("#news >> text=1 ticket restored.")
    assert not Ticket.objects.filter(status="closed").exists()
    becomes(lambda: len(subjects(page)), 3)
    until(page, f"{FOCUSED} === 'Number 1'")
    for key in ("x", "k", "x", "c"):
        page.keyboard.press(key)
    page.wait_for_selector("#news >> text=2 tickets closed.")
    becomes(lambda: subjects(page), ["Number 2"])
    assert said == []


def test_undo_works_without_javascript(browser: Browser, live_server: Any, lead: Agent) -> None:
    context = browser.new_context(java_script_enabled=False)
    cookies(context, live_server, signed_in(lead))
    page = inbox(context, live_server)
    page.locator(".pick input").first.check()
    page.click("#bulk [value=close]")
    becomes(lambda: "1 ticket closed." in page.inner_text("#news"))
    becomes(lambda: len(subjects(page)), 2)
    page.click("#news >> text=Undo")
    becomes(lambda: "1 ticket restored." in page.inner_text("#news"))
    becomes(lambda: len(subjects(page)), 3)
    create_alert(lead, "recall")
    page.reload()
    page.click(".word button")
    page.click("#news >> text=Undo")
    assert TopicAlert.objects.get().keyword == "recall"


def test_refused_form_without_javascript_keeps_input(browser: Browser, live_server: Any, lead: Agent) -> None:
    context = browser.new_context(java_script_enabled=False)
    cookies(context, live_server, signed_in(lead))
    page = inbox(context, live_server)
    page.set_viewport_size({"width": 390, "height": 844})
    page.check("#choosing")  # on a phone, what ticks and what is done with it is shown by this
    page.locator(".pick input").first.check()
    page.click("#bulk [value=assign]")
    becomes(lambda: page.locator(".pick input").first.is_visible())
    becomes(lambda: page.is_visible("#bulk"))
    becomes(lambda: len(ticked(page)), 1)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(live_server.url)
    for box in page.locator(".pick input").all()[:2]:
        box.check()
    two = ticked(page)
    page.fill("#b-tag", "vip")
    page.select_option("#bulk [name=priority]", "urgent")
    page.click("#bulk [value=assign]")
    becomes(lambda: "Choose an assignee" in page.inner_text("#news"))
    becomes(lambda: ticked(page), two)
    becomes(lambda: page.input_value("#b-tag"), "vip")
    becomes(lambda: page.input_value("#bulk [name=priority]"), "urgent")
    page.reload()  # it is shown once: later nobody would know any more why something is ticked
    becomes(lambda: ticked(page), [])
    becomes(lambda: page.input_value("#b-tag"), "")
    services.update_ticket(lead, make_ticket(make_customer(), subject="Number done").pk, {"status": "closed"})
    page.goto(f"{live_server.url}/?q=number&status=all")
    page.locator(".row:has-text('Number done') .pick input").check()
    page.locator(".row:has-text('Number 1') .pick input").check()
    page.evaluate("document.querySelector('#snooze').open = true")
    page.click("#snooze [value=reply]")
    becomes(lambda: "1 ticket not changed: The ticket is closed" in page.inner_text("#news"))
    becomes(lambda: ticked(page), ["Number done"])
    page.goto(live_server.url)
    create_alert(lead, "recall", team=True)
    page.fill("#word", "recall")
    page.select_option("select[name=for]", "team")
    page.click("#alert-add button")
    becomes(lambda: "The topic alert" in page.inner_text("#news"))
    becomes(lambda: page.input_value("#word"), "recall")
    becomes(lambda: page.input_value("select[name=for]"), "team")


def test_a_key_assigns_to_the_chosen_agent_or_to_oneself(
    context: BrowserContext, live_server: Any, lead: Agent, senior: Agent, browser: Browser
) -> None:
    page = inbox(context, live_server)
    page.keyboard.press("j")
    page.keyboard.press("a")
    becomes(lambda: page.evaluate("document.activeElement.id"), "b-who")
    becomes(lambda: ticked(page), ["Number 0"])
    page.keyboard.press("Escape")
    becomes(lambda: ticked(page), [])
    becomes(lambda: page.evaluate(FOCUSED), "Number 0")
    page.keyboard.press("a")
    page.select_option("#b-who", str(senior.pk))
    page.keyboard.press("Enter")
    page.wait_for_selector(f".row >> text={senior.name}")
    assert Ticket.objects.get(assigned_to=senior).subject == "Number 0"
    # Who may not assign to others takes it.
    other = browser.new_context()
    cookies(other, live_server, signed_in(senior))
    page = other.new_page()
    page.goto(live_server.url)
    for key in "jja":
        page.keyboard.press(key)
    page.wait_for_selector("#news >> text=1 ticket changed.")
    assert Ticket.objects.filter(assigned_to=senior).count() == 2


def test_shift_click_selects_a_range_and_enter_opens_the_row(context: BrowserContext, live_server: Any) -> None:
    page = inbox(context, live_server, rows=5)
    boxes = page.locator(".pick input")
    boxes.nth(3).click()
    boxes.nth(1).click(modifiers=["Shift"])
    becomes(lambda: ticked(page), ["Number 1", "Number 2", "Number 3"])
    becomes(lambda: page.inner_text("#picked"), "3 selected")
    boxes.nth(2).click()
    boxes.nth(3).click(modifiers=["Shift"])
    becomes(lambda: ticked(page), ["Number 1"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*-*")
    becomes(lambda: page.inner_text("h1"), "Number 3")


# --- What a refusal keeps ----------------------------------------------------------------------------------------------
def test_refused_bulk_form_keeps_selection_and_input(context: BrowserContext, live_server: Any) -> None:
    make_ticket(make_customer(), subject="Number done", status="closed")
    page = inbox(context, live_server, "?q=number")
    for box in page.locator(".pick input").all()[:2]:
        box.check()
    two = ticked(page)
    page.click("#bulk [value=assign]")
    page.wait_for_selector("#news >> text=Choose an assignee")
    becomes(lambda: ticked(page), two)
    becomes(lambda: page.inner_text("#picked"), "2 selected")
    page.evaluate("document.querySelector('#b-tag').maxLength = 100")
    page.fill("#b-tag", "x" * 60)
    page.click("#bulk .btn[value=tag]")
    page.wait_for_selector("#news >> text=The tag can have at most 50 characters")
    becomes(lambda: ticked(page), two)
    becomes(lambda: page.input_value("#b-tag"), "x" * 60)
    # What was done to tickets that are still there may be followed by more.
    page.fill("#b-tag", "vip")
    page.click("#bulk .btn[value=tag]")
    page.wait_for_selector("#news >> text=2 tickets changed.")
    becomes(lambda: ticked(page), two)
    becomes(lambda: page.input_value("#b-tag"), "")
    page.locator(".row:has-text('Number done') .pick input").check()
    page.click("#snooze summary")
    page.click("#snooze [value=reply]")
    page.wait_for_selector("#news >> text=1 ticket not changed: The ticket is closed")
    becomes(lambda: "Number done" in ticked(page))


def test_refused_topic_alert_stays_in_its_field(context: BrowserContext, live_server: Any, lead: Agent) -> None:
    create_alert(lead, "recall", team=True)
    page = inbox(context, live_server)
    page.locator(".pick input").first.check()
    page.select_option("select[name=for]", "team")
    page.fill("#word", "recall")
    page.keyboard.press("Enter")
    page.wait_for_selector("#news >> text=The topic alert “recall” already exists.")
    becomes(lambda: page.input_value("#word"), "recall")
    becomes(lambda: page.input_value("select[name=for]"), "team")
    becomes(lambda: ticked(page), ["Number 0"])


@pytest.mark.parametrize(("field", "pattern"), [("#word", "**/tickets/alerts"), ("#f-tag", "**/?tag=mug")])
def test_text_typed_before_the_response_arrives_is_kept(
    context: BrowserContext, live_server: Any, field: str, pattern: str
) -> None:
    page = inbox(context, live_server)
    Ticket.objects.earliest("created_at").ticket_tags.create(name="mug")
    waiting = held(page, pattern)
    page.fill(field, "mug")
    page.keyboard.press("Enter")
    # The very first key may come before what makes one request of "change" and "submit": then the later one counts.
    eventually(lambda: bool(page.evaluate("1")) and bool(waiting))
    page.fill(field, "plate")
    waiting[-1].continue_()
    until(page, "!document.querySelector('[aria-busy]') && (location.search || document.querySelector('.word'))")
    becomes(lambda: page.input_value(field), "plate")
    becomes(lambda: page.evaluate("document.activeElement.id"), field[1:])


# --- Answers that come late --------------------------------------------------------------------------------------------
def test_action_result_is_shown_when_another_status_tab_is_opened_meanwhile(
    context: BrowserContext, live_server: Any
) -> None:
    make_ticket(make_customer(), subject="Long done", status="closed")
    page = inbox(context, live_server)
    said = complaints(page)
    for first in ("the tab", "the deed"):
        page.goto(live_server.url)
        page.wait_for_selector(".row")
        posts, gets = held(page, "**/tickets/bulk"), held(page, "**/?status=pending")
        page.locator(".pick input").first.check()
        page.click("#bulk [value=close]")
        deed = come(page, posts)
        page.click("#tabs >> text=Pending")
        look = come(page, gets)
        order = [look, deed] if first == "the tab" else [deed, look]
        order[0].continue_()
        page.wait_for_selector(
            "text=No tickets with this status" if first == "the tab" else "#news >> text=1 ticket closed."
        )
        order[1].continue_()
        page.wait_for_selector("text=No tickets with this status")
        page.wait_for_selector("#news >> text=1 ticket closed.")
        until(page, "!document.querySelector('[aria-busy]')")
        becomes(lambda: page.url.endswith("?status=pending"))
        becomes(lambda: page.is_visible("text=No tickets with this status"))
        becomes(lambda: page.is_visible("#news >> text=Undo"))
        becomes(lambda: not page.is_visible(".bones"))
        page.unroute_all()
    page.click("#news >> text=Undo")
    page.wait_for_selector("#news >> text=1 ticket restored.")
    assert said == []


def test_search_words_are_kept_if_the_input_script_loads_late(context: BrowserContext, live_server: Any) -> None:
    make_ticket(make_customer(), subject="Blue one")
    page = inbox(context, live_server)
    script = held(page, "**/inbox_input.js")
    page.fill("#q", "blue")
    page.click("#tabs >> text=Open")
    come(page, script).continue_()
    page.wait_for_url("**/?*q=blue*")
    becomes(lambda: subjects(page), ["Blue one"])
    becomes(lambda: page.input_value("#q"), "blue")


def test_status_tab_loads_if_the_input_script_fails_to_load(context: BrowserContext, live_server: Any) -> None:
    make_ticket(make_customer(), subject="Blue one")
    page = inbox(context, live_server)
    script = held(page, "**/inbox_input.js")
    page.click("#tabs >> text=Closed")
    come(page, script).abort()
    page.wait_for_selector("text=No tickets with this status")
    becomes(lambda: page.url.endswith("?status=closed"))


def test_status_tab_keeps_typed_search_words(context: BrowserContext, live_server: Any) -> None:
    make_ticket(make_customer(), subject="Blue one")
    page = inbox(context, live_server)
    asked: list[str] = []
    page.on(
        "request",
        lambda request: (
            asked.append(request.url)
            if "HX-Request" in str(request.headers) or "hx-request" in request.headers
            else None
        ),
    )
    page.fill("#q", "blue")
    page.click("#tabs >> text=Open")
    page.wait_for_url("**/?*q=blue*")
    until(page, "!document.querySelector('[aria-busy]')")
    becomes(lambda: subjects(page), ["Blue one"])
    becomes(lambda: "status=open" in page.url)
    becomes(lambda: page.input_value("#q"), "blue")
    page.fill("#q", "")
    page.click("#tabs >> text=All")
    page.wait_for_url(f"{live_server.url}/")
    assert len(asked) == 2
    page.fill("#q", "number")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=number")
    page.wait_for_load_state("networkidle")
    page.fill("#f-tag", "vip")
    page.keyboard.press("Enter")
    page.wait_for_url("**tag=vip**")
    page.wait_for_load_state("networkidle")
    becomes(lambda: len(asked) == 4 and "q=number" in page.url)
