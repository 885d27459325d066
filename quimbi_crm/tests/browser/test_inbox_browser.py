"""The inbox in a real browser: by keyboard, without JavaScript and on a phone, without browser errors."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from agents.models import Agent
from agents.tests.browsing import HOSTILE
from agents.tests.factories import PASSWORD
from agents.tests.waiting import eventually
from quimbi_crm.tests.browsers import FAULTS, HAPPENED, LIVE, becomes, complaints, dialogs, live_client, sign_in
from quimbi_crm.tests.programs import Program
from tickets.models import Ticket
from tickets.pages.inbox.inbox_filters import PAGE_SIZE
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db(transaction=True)


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def settled(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def test_inbox_works_by_keyboard_alone(context: BrowserContext, live_server: Any, lead: Agent) -> None:
    for number in range(4):
        make_ticket(make_customer(f"Customer {number}"), subject=f"Number {number}", days=9 - number)
    make_ticket(make_customer("Late One"), "It was recalled.", subject="Recall", days=4)
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/")
    becomes(lambda: page.evaluate(FAULTS), [])

    for key in "jjk":
        page.keyboard.press(key)
    becomes(lambda: focused(page), "Number 0")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    becomes(lambda: page.inner_text("#picked"), "2 selected")
    becomes(lambda: page.evaluate(FAULTS), [])
    page.keyboard.press("Control+k")
    page.keyboard.type("close the sel")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2 tickets closed.")
    assert Ticket.objects.filter(status="closed").count() == 2
    becomes(lambda: page.inner_text("#open-count").startswith("3"))

    page.keyboard.press("Control+k")
    page.keyboard.type("topic alert")
    page.keyboard.press("Enter")
    page.keyboard.type("recall")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=topic alert: recall")
    becomes(lambda: page.locator(".row h3").all_inner_texts()[0], "Recall")
    assert TopicAlert.objects.get().owner == lead
    page.keyboard.press("Escape")

    page.keyboard.press("/")
    page.keyboard.type("number")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=number")
    settled(page)
    becomes(lambda: page.locator(".row").count(), 4)
    becomes(lambda: page.evaluate("document.activeElement.id"), "q")
    page.go_back()
    eventually(lambda: page.locator(".row").count() == 3)
    settled(page)

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tickets/*")
    becomes(lambda: page.inner_text("h1"), "Recall")
    becomes(lambda: page.evaluate(FAULTS), [])
    # While its draft is saved, the ticket is locked, and nobody's to take.
    becomes(lambda: page.input_value("#reply") != "")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{live_server.url}/")
    page.keyboard.press("n")
    page.wait_for_selector("text=This ticket is now assigned to you.")
    assert Ticket.objects.get(assigned_to=lead).subject == "Recall"
    assert said == []


def test_shortcuts_user_menu_and_new_ticket_notice_work(context: BrowserContext, live_server: Any, lead: Agent) -> None:
    make_ticket(subject="First")
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/")
    page.keyboard.press("?")
    becomes(lambda: page.is_visible("#keys"))
    page.keyboard.press("Escape")
    becomes(lambda: not page.is_visible("#keys"))

    # What is new waits while the agent is in the list.
    page.keyboard.press("j")
    make_ticket(subject="Second", days=5)
    for kind in ("created", "note", "message"):
        page.evaluate(HAPPENED, {"type": kind, "ticket": "a"})
    page.wait_for_selector("#fresh >> text=Show 1 new ticket")
    becomes(lambda: page.locator(".row").count(), 1)
    page.keyboard.press("u")
    page.wait_for_selector(".row >> text=Second")
    becomes(lambda: not page.is_visible("#fresh button"))
    becomes(lambda: focused(page), "First")

    # In place: status, theme, and no single keys.
    page.click(".me > summary")
    page.click("text=Away")
    page.wait_for_selector("text=You are away and accept new tickets.")
    page.click(".me > summary")
    page.click(".me label:has-text('Dark')")
    page.wait_for_selector("html[data-theme=dark]")
    becomes(lambda: page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(18, 22, 24)")
    page.click(".me > summary")
    page.click("text=Single-key shortcuts")
    page.wait_for_selector("html[data-keys=off]")
    page.keyboard.press("j")
    page.keyboard.press("?")
    becomes(lambda: not page.is_visible("#keys"))
    becomes(lambda: page.evaluate("document.activeElement.tagName"), "BODY")
    page.keyboard.press("Control+k")
    becomes(lambda: page.is_visible("#palette"))
    assert said == []


def test_failed_filter_request_is_reported_and_list_is_kept(
    context: BrowserContext, live_server: Any, lead: Agent
) -> None:
    make_ticket(subject="Still here")
    page = context.new_page()
    sign_in(page, live_server, lead, "/accounts/login/")
    context.set_offline(True)
    page.select_option("#f-channel", "sms")
    page.wait_for_selector("#failures >> text=The server did not respond.")
    becomes(lambda: page.locator(".row").count(), 1)


def test_inbox_works_without_javascript(browser: Browser, live_server: Any, lead: Agent) -> None:
    for number in range(20):
        make_ticket(subject=f"Number {number}", days=30 - number, channel="sms" if number % 2 else "email")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    said = complaints(page)
    page.goto(f"{live_server.url}/accounts/login/")
    page.fill("input[name=username]", lead.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.select_option("#f-channel", "sms")
    page.click("text=Apply")
    becomes(lambda: page.locator(".row").count(), 10)
    becomes(lambda: "channel=sms" in page.url)
    page.locator(".pick input").first.check()
    page.select_option(".bulk select[name=priority]", "urgent")
    page.click(".bulk button[value=priority]")
    becomes(lambda: "1 ticket changed." in page.inner_text("#news"))
    becomes(lambda: "channel=sms" in page.url)
    page.click("text=Clear filters")
    page.click("#more")
    becomes(lambda: page.locator(".row").count(), 20 - PAGE_SIZE)
    page.click(".row h3 a")
    page.fill("#reply", "On its way.")
    page.click("text=Send and close")
    becomes(lambda: "The ticket then closes." in page.inner_text("#undo"))
    assert said == []


@pytest.mark.parametrize("width", [320, 720, 1024, 1440])
def test_extreme_and_hostile_records_do_not_break_the_inbox_layout(
    browser: Browser, live_server: Any, lead: Agent, width: int
) -> None:
    for name in (HOSTILE, "x" * 200, "محمد عبد الرحمن " * 8, "👩‍👩‍👧‍👦🎉" * 20, "\u202eevil", "O'Brien & {{ 7*7 }}"):
        make_ticket(
            make_customer(name.strip()[:200], churn=0.99, value="99999999.00"), name * 3, subject=(name * 9)[:200]
        )
    create_alert(lead, "x" * 100)
    create_alert(lead, HOSTILE, team=True)
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme="dark")
    page = context.new_page()
    said = complaints(page)
    dialogs(page, said)
    sign_in(page, live_server, lead, "/accounts/login/")
    becomes(lambda: page.locator(".row").count(), 6)
    becomes(lambda: page.evaluate(FAULTS), [])
    page.click(".me > summary")
    box = page.locator(".me .panel").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] >= 0
    becomes(lambda: page.evaluate(FAULTS), [])
    assert said == []


# --- Two agents at once, with real sockets -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def program(demo_program: Program) -> Program:
    demo_program.serve(real=True)
    return demo_program


def open_inbox(browser: Browser, program: Program, who: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"http://localhost:{program.port}/accounts/login/")
    page.fill("[name=username]", f"{who}@quimbi.example")
    page.fill("[name=password]", "quimbi-demo")
    page.keyboard.press("Enter")
    page.wait_for_selector(".row")
    eventually(lambda: bool(page.evaluate(live_client("live.state === 'live'"))))
    page.mouse.move(1, 1)
    return page


def subjects(page: Page) -> list[str]:
    return page.locator(".row h3").all_inner_texts()


def test_agent_sees_another_agents_changes_without_losing_the_place(browser: Browser, program: Program) -> None:
    """Changes of one agent appear at once for the other, and rows do not move under an agent who uses the list."""
    lead, senior = open_inbox(browser, program, "lead"), open_inbox(browser, program, "senior")
    said = [complaints(lead), complaints(senior)]
    before = subjects(senior)
    becomes(lambda: subjects(lead), before)

    # At rest: reordered at once, the focus where it was.
    senior.focus("#q")
    lead.locator(".pick input").nth(9).check()
    lead.select_option(".bulk select[name=priority]", "urgent")
    lead.click(".bulk button[value=priority]")
    eventually(lambda: subjects(senior) != before and before[9] in subjects(senior))
    becomes(lambda: subjects(senior).index(before[9]) < 9)
    becomes(lambda: senior.evaluate("document.activeElement.id"), "q")

    # In the list: nothing moves until it is asked for, and the focus stays on its ticket.
    senior.keyboard.press("Escape")
    for key in "jj":
        senior.keyboard.press(key)
    held, order = focused(senior), subjects(senior)
    lead.fill("#word", "order")
    lead.select_option("select[name=for]", "team")
    lead.press("#word", "Enter")
    senior.wait_for_selector("#fresh button:visible")
    becomes(lambda: subjects(senior), order)
    becomes(lambda: focused(senior), held)
    becomes(lambda: "team" in senior.inner_text("#alert-form"))
    senior.keyboard.press("u")
    eventually(lambda: subjects(senior)[:3] == subjects(lead)[:3])
    becomes(lambda: not senior.is_visible("#fresh button"))

    # Who looks at a ticket stands in its row, and goes again.
    ticket = str(lead.locator(".pick input").nth(3).get_attribute("value"))
    senior.evaluate(f"ticket => {LIVE}.then(live => live.watch(ticket, 'viewing'))", ticket)
    lead.wait_for_selector(f".row:has([value='{ticket}']) .viewing")
    senior.evaluate(live_client("live.leave()"))
    lead.wait_for_selector(".viewing", state="detached")
    assert said == [[], []]


def test_offline_notice_is_shown_until_the_connection_is_back(browser: Browser, program: Program) -> None:
    page = open_inbox(browser, program, "agent")
    page.context.set_offline(True)
    page.wait_for_selector("#connection >> text=You are offline.")
    becomes(lambda: re.search(r"Last update \d", page.inner_text("#connection")))
    page.context.set_offline(False)
    page.wait_for_selector("#connection .notice", state="detached")


def test_ticket_is_snoozed_by_keyboard_and_snooze_is_ended(
    context: BrowserContext, live_server: Any, lead: Agent
) -> None:
    for number in range(3):
        make_ticket(subject=f"Number {number}", days=9 - number)
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/")
    for key in ("j", "j", "e"):
        page.keyboard.press(key)
    becomes(lambda: focused(page).startswith("In 3 hours"))
    page.keyboard.press("Enter")
    page.wait_for_selector("text=1 ticket snoozed until ")
    assert Ticket.objects.get(snoozed=True).subject == "Number 1"
    settled(page)
    becomes(lambda: focused(page), "Number 2")  # what took its place
    page.click("#tabs >> text=Snoozed")
    page.wait_for_url("**snoozed=true")
    becomes(lambda: "until" in page.inner_text(".row time"))
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.click("text=End snooze")
    page.wait_for_selector("text=No snoozed tickets")
    assert not Ticket.objects.filter(snoozed=True).exists()
    assert said == []


def test_skeleton_is_shown_while_the_list_loads(context: BrowserContext, live_server: Any, lead: Agent) -> None:
    make_ticket(subject="Here", channel="sms")
    page = context.new_page()
    sign_in(page, live_server, lead, "/accounts/login/")
    page.emulate_media(reduced_motion="reduce")
    held: list[Any] = []
    page.route("**/?channel=sms", lambda route: held.append(route))
    page.select_option("#f-channel", "sms")
    page.wait_for_selector("#inbox.loading .bones i >> nth=0")
    becomes(lambda: page.get_attribute("#inbox", "aria-busy"), "true")
    becomes(lambda: not page.is_visible(".row"))
    becomes(lambda: page.evaluate("getComputedStyle(document.querySelector('.bones i')).animationName"), "none")
    held[0].continue_()
    page.wait_for_selector(".row >> text=Here")
    becomes(lambda: not page.is_visible(".bones"))
