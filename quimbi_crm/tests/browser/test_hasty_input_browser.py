"""Fast, repeated and held keys and clicks, and going back: nothing is lost or done twice."""

from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Route

from agents.tests.waiting import eventually
from quimbi_crm.tests.browsers import becomes, live_client, until
from tickets.models import Ticket
from tickets.tests.factories import make_customer, make_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed_in_as_lead")]


def inbox(context: BrowserContext, live_server: Any) -> Page:
    page = context.new_page()
    page.goto(f"{live_server.url}/")
    page.wait_for_selector(".row")
    return page


def test_late_response_of_an_earlier_filter_is_ignored(context: BrowserContext, live_server: Any) -> None:
    for channel in ("email", "sms", "chat"):
        make_ticket(make_customer(), subject=f"By {channel}", channel=channel)
    page = inbox(context, live_server)
    held: list[Route] = []
    page.route("**/?channel=sms", lambda route: held.append(route))
    page.select_option("#f-channel", "sms")
    eventually(lambda: bool(page.evaluate("1")) and len(held) == 1)
    page.select_option("#f-channel", "chat")
    page.wait_for_url("**/?channel=chat")
    with suppress(Error):  # it may be given up already
        held[0].continue_()
    page.wait_for_load_state("networkidle")
    becomes(lambda: page.locator(".row h3").all_inner_texts(), ["By chat"])
    becomes(lambda: page.input_value("#f-channel"), "chat")


def test_filter_response_keeps_text_being_typed(context: BrowserContext, live_server: Any) -> None:
    make_ticket(subject="One", channel="sms")
    page = inbox(context, live_server)
    held: list[Route] = []
    page.route("**/?channel=sms", lambda route: held.append(route))
    page.select_option("#f-channel", "sms")
    page.focus("#word")
    page.keyboard.type("recal")
    eventually(lambda: bool(page.evaluate("1")) and len(held) == 1)
    held[0].continue_()
    page.wait_for_url("**/?channel=sms")
    until(page, "document.querySelector('#f-channel').value === 'sms' && !document.querySelector('#inbox[aria-busy]')")
    becomes(lambda: page.input_value("#word"), "recal")
    becomes(lambda: page.evaluate("document.activeElement.id"), "word")
    page.keyboard.type("l")
    becomes(lambda: page.input_value("#word"), "recall")


# Playwright's own keys and clicks wait for the navigation that the first of them begins, and no second one would meet it.
TWICE = {
    "pressed twice": """() => {
      const key = () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "n", bubbles: true, cancelable: true }));
      key(), key();
    }""",
    "held down": """() => {
      for (const repeat of [false, true, true, true])
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "n", repeat, bubbles: true, cancelable: true }));
    }""",
    "clicked twice": """() => {
      const button = document.querySelector("#take button");
      button.click(), button.click();
    }""",
}


@pytest.mark.parametrize("how", TWICE)
def test_repeated_next_key_or_click_claims_one_ticket(context: BrowserContext, live_server: Any, how: str) -> None:
    for days in range(3):
        make_ticket(subject=f"Number {days}", days=9 - days)
    page = inbox(context, live_server)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.evaluate(TWICE[how])
    page.wait_for_selector("text=This ticket is now assigned to you.")
    assert [url for url in asked if url.endswith("/tickets/next")] == [f"{live_server.url}/tickets/next"]
    assert Ticket.objects.exclude(assigned_to=None).count() == 1


def test_back_from_a_ticket_focuses_its_row(context: BrowserContext, live_server: Any) -> None:
    for days in range(3):
        make_ticket(subject=f"Number {days}", days=9 - days)
    page = inbox(context, live_server)
    page.click(".row >> text=Number 1")
    page.wait_for_url("**/tickets/*")
    until(page, live_client("live.state === 'polling'"))
    page.keyboard.press("Escape")
    page.wait_for_selector("#inbox")
    until(page, "document.activeElement.textContent.trim() === 'Number 1'")
    page.keyboard.press("j")
    becomes(lambda: page.evaluate("document.activeElement.textContent.trim()"), "Number 2")
