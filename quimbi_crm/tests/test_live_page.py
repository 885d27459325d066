"""The pages' client of live events in a real browser, where no socket gets through: it polls, and says so."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from quimbi_crm.tests.browsers import chromium
from tickets import services
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)
WATCH = """
  window.heard = []; window.states = []; window.violations = [];
  document.addEventListener("quimbi:event", (event) => heard.push(event.detail));
  document.addEventListener("quimbi:live", (event) => states.push(event.detail.state));
  document.addEventListener("securitypolicyviolation", (event) => violations.push(event.blockedURI));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser: Browser, live_server: Any, senior: Agent) -> Iterator[Page]:
    """A page of ours, signed in, which loads the client. The tests' server knows no sockets, as some networks do not."""
    context = browser.new_context()
    cookies(context, live_server, signed_in(senior))
    page = context.new_page()
    page.add_init_script(WATCH)  # before the page's own scripts
    page.goto(f"{live_server.url}/accounts/profile/")
    yield page
    context.close()


def cookies(context: Any, live_server: Any, client: Client) -> None:
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])


def until(page: Page, condition: str) -> None:
    """Playwright's own waiting evaluates text, which the page's policy forbids."""
    for _ in range(800):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"Not within 40 seconds: {condition}")


def test_without_sockets_it_polls(page: Page, senior: Agent) -> None:
    ticket = make_ticket(make_customer())
    until(page, "states.includes('polling')")
    services.add_note(senior, ticket.pk, "Called.")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # rather than wait for the next time
    until(page, "heard.length === 1")
    assert page.evaluate("heard[0].type") == "note" and page.evaluate("heard[0].ticket") == str(ticket.pk)
    assert page.evaluate("quimbiLive.sequence") == page.evaluate("heard[0].sequence")
    assert page.evaluate("violations") == []  # connect-src allows the socket: it failed, it was not blocked


def test_who_has_signed_out_is_left_alone(page: Page) -> None:
    until(page, "states.includes('polling')")
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(page, "quimbiLive.state === 'ended'")
