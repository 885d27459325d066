"""The inbox keeps selection, typed text, messages and position while responses are slow or fail."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from agents.tests.waiting import eventually
from quimbi_crm.tests.browsers import HAPPENED, becomes, come, complaints, cookies, held, live_client, settle, until
from tickets import services
from tickets.models import Ticket
from tickets.pages.inbox.inbox_filters import PAGE_SIZE
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import create_alert

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed_in_as_lead")]
FOCUSED = "document.activeElement.textContent.trim()"


def inbox(context: BrowserContext, live_server: Any, query: str = "", rows: int = 3) -> Page:
    for number in range(rows):
        make_ticket(make_customer(), subject=f"Number {number}", days=30 - number / 2)
    page = context.new_page()
    page.goto(f"{live_server.url}/{query}")
    page.wait_for_selector(".row")
    return page


def subjects(page: Page) -> list[str]:
    return page.locator(".row h3").all_inner_texts()


def ticked(page: Page) -> list[str]:
    return page.locator(".row:has(.pick :checked) h3").all_inner_texts()


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


# --- Where one was -----------------------------------------------------------------------------------------------------
def a_second_click_counts(page: Page) -> None:
    """Wait by the page's own clock until a click no longer counts as the second half of a double click."""
    until(page, f"performance.now() > {page.evaluate('performance.now()') + 600}")


def test_double_click_removes_only_one_topic_alert(context: BrowserContext, live_server: Any, lead: Agent) -> None:
    for word in ("aaa", "bbb", "ccc"):
        create_alert(lead, word)
    page = inbox(context, live_server)
    page.evaluate("""() => new MutationObserver((all, own) => {
      if (document.querySelectorAll(".word").length === 2) own.disconnect(), document.querySelector(".word button").dispatchEvent(
        new MouseEvent("click", {bubbles: true, cancelable: true, detail: 2}));
    }).observe(document.body, {subtree: true, childList: true})""")
    page.click(".word button >> nth=0")
    page.wait_for_selector("#news >> text=Topic alert removed.")
    page.wait_for_load_state("networkidle")
    assert sorted(alert.keyword for alert in TopicAlert.objects.all()) == ["bbb", "ccc"]
    becomes(lambda: "bbb" in page.evaluate("document.activeElement.textContent"))  # the next one's button
    page.click("#news >> text=Undo")
    page.wait_for_selector(".word >> text=aaa")
    a_second_click_counts(page)
    for left in (2, 1, 0):
        page.click(".word button >> nth=0")
        until(page, f"document.querySelectorAll('.word').length === {left}")
        a_second_click_counts(page)
    becomes(lambda: page.evaluate("document.activeElement.id"), "word")


@pytest.mark.parametrize("how", ["Back", "Escape", "reload"])
def test_return_to_inbox_focuses_the_row_and_shows_live_changes(
    context: BrowserContext, live_server: Any, how: str
) -> None:
    page = inbox(context, live_server, rows=10)
    page.click(".row >> text=Number 7")
    page.wait_for_url("**/tickets/*-*")
    until(page, live_client("live.state === 'polling'"))
    if how == "Back":
        page.go_back()
    else:
        page.keyboard.press("Escape")
    page.wait_for_selector(".row")
    until(page, f"{FOCUSED} === 'Number 7'")
    if how == "reload":
        page.reload()
        page.wait_for_selector(".row")
    make_ticket(make_customer(), subject="News", days=90)
    page.evaluate(HAPPENED, {"type": "created", "ticket": "a"})
    until(page, "document.querySelector('.row h3').textContent === 'News'")
    if how == "reload":
        return
    becomes(lambda: page.evaluate(FOCUSED), "Number 7")
    # Once something is done in the list, it waits.
    page.keyboard.press("k")
    make_ticket(make_customer(), subject="More news", days=91)
    page.evaluate(HAPPENED, {"type": "created", "ticket": "b"})
    page.wait_for_selector("#fresh >> text=Show 1 new ticket")
    becomes(lambda: subjects(page)[0], "News")
    becomes(lambda: page.evaluate(FOCUSED), "Number 6")


def test_moving_pointer_defers_reordering(context: BrowserContext, live_server: Any) -> None:
    page = inbox(context, live_server)
    page.click(".row >> text=Number 1")
    page.wait_for_url("**/tickets/*-*")
    until(page, live_client("live.state === 'polling'"))
    page.go_back()
    until(page, f"{FOCUSED} === 'Number 1'")
    box = page.locator(".row").nth(2).bounding_box()
    assert box is not None
    for step in (10, 20, 30):
        page.mouse.move(box["x"] + 300 + step, box["y"] + 20)
    make_ticket(make_customer(), subject="News", days=90)
    page.evaluate(HAPPENED, {"type": "created", "ticket": "a"})
    page.wait_for_selector("#fresh >> text=Show 1 new ticket")


def test_later_page_keeps_its_order_until_the_new_ranking_is_requested(
    context: BrowserContext, live_server: Any, lead: Agent
) -> None:
    page = inbox(context, live_server, rows=PAGE_SIZE + 4)
    page.click("#more")
    page.wait_for_url("**cursor=**")
    page.wait_for_selector("#first")
    before, address = subjects(page), page.url
    page.mouse.move(1, 1)
    create_alert(lead, "recall", team=True)  # the cursor is of another order now
    page.evaluate(HAPPENED, {"type": "order", "because": "topic_alerts"})
    page.wait_for_selector("#fresh >> text=Show new ranking")
    becomes(lambda: subjects(page), before)
    becomes(lambda: page.url, address)
    page.keyboard.press("u")
    until(page, "document.querySelectorAll('.row').length > 10")
    becomes(lambda: page.url, f"{live_server.url}/")
    becomes(lambda: subjects(page)[0], "Number 0")


def test_messages_are_visible_at_any_scroll_position(context: BrowserContext, live_server: Any) -> None:
    page = inbox(context, live_server, rows=PAGE_SIZE)
    page.locator(".pick input").last.check()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.evaluate("document.querySelector('#bulk [value=assign]').click()")
    page.wait_for_selector("#news >> text=Choose an assignee")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    becomes(lambda: page.evaluate("scrollY") > 300)
    box = page.locator("#news .notice").bounding_box()
    assert box is not None and 0 <= box["y"] < 100


# --- When the server or the network fails ------------------------------------------------------------------------------
def test_failed_live_reload_is_retried(context: BrowserContext, live_server: Any) -> None:
    page = inbox(context, live_server)
    page.mouse.move(1, 1)
    tried: list[str] = []

    def fail(route: Route) -> None:
        if "x-quimbi-live" not in route.request.headers:
            route.continue_()
            return
        tried.append(route.request.url)
        if len(tried) == 1:
            route.fulfill(status=503)
        elif len(tried) == 2:
            route.abort()
        else:
            route.continue_()

    page.route(f"{live_server.url}/", fail)
    make_ticket(make_customer(), subject="News", days=90)
    page.evaluate(HAPPENED, {"type": "created", "ticket": "a"})
    page.wait_for_selector(".row >> text=News")
    assert len(tried) == 3


def test_live_change_of_a_ticket_not_on_the_page_reloads_nothing_at_once(
    context: BrowserContext, live_server: Any
) -> None:
    page = inbox(context, live_server, "?channel=email")
    asked: list[float] = []
    page.on("request", lambda request: asked.append(1) if "x-quimbi-live" in request.headers else None)
    page.clock.install()
    page.evaluate(HAPPENED, {"type": "message", "ticket": "a"})
    page.clock.fast_forward(1500)
    settle(page)
    assert asked == []
    page.evaluate(HAPPENED, {"type": "message", "ticket": page.locator(".pick input").first.get_attribute("value")})
    eventually(lambda: bool(page.evaluate("1")) and len(asked) == 1)


def test_next_ticket_while_offline_shows_an_error_and_stays_on_the_inbox(
    context: BrowserContext, live_server: Any
) -> None:
    page = inbox(context, live_server)
    context.set_offline(True)
    page.keyboard.press("n")
    page.wait_for_selector("#failures >> text=The next ticket waits until the connection is back.")
    becomes(lambda: subjects(page))
    context.set_offline(False)
    page.keyboard.press("n")
    page.wait_for_selector("text=This ticket is now assigned to you.")


def test_htmx_swap_violates_no_style_policy(context: BrowserContext, live_server: Any) -> None:
    page = inbox(context, live_server)
    said = complaints(page)
    page.evaluate("document.querySelector('#inbox').style.width = '90%'")
    page.click("#tabs >> text=Pending")
    page.wait_for_selector("text=No tickets with this status")
    assert said == []
