"""The inbox keeps the agent's position while it is updated, and copes with a failing server or network."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from agents.models import Agent
from agents.tests.waiting import eventually
from quimbi_crm.tests.browsers import HAPPENED, becomes, complaints, live_client, settle, until
from quimbi_crm.tests.inbox_page import FOCUSED, inbox, subjects
from tickets.pages.inbox.inbox_filters import PAGE_SIZE
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import create_alert

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed_in_as_lead")]


# --- Position in the list -----------------------------------------------------------------------------------------------------
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
