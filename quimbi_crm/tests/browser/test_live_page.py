"""The live-event client in a real browser without sockets: it polls and reports the state."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from quimbi_crm.tests.browsers import WATCH, becomes, cookies, live_client, until
from tickets import services
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(browser: Browser, live_server: Any, senior: Agent) -> Page:
    """A signed-in page with the live-event client. The test server supports no sockets, as some networks do not."""
    context = browser.new_context()
    cookies(context, live_server, signed_in(senior))
    page = context.new_page()
    page.add_init_script(WATCH)  # before the page's own scripts
    page.goto(f"{live_server.url}/accounts/profile/")
    return page


def test_live_client_polls_if_no_socket_opens(page: Page, senior: Agent) -> None:
    ticket = make_ticket(make_customer())
    until(page, "states.includes('polling')")
    services.add_note(senior, ticket.pk, "Called.")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # rather than wait for the next time
    until(page, "heard.length === 1")
    becomes(lambda: page.evaluate("heard[0].type"), "note")
    becomes(lambda: page.evaluate("heard[0].ticket"), str(ticket.pk))
    becomes(lambda: page.evaluate(live_client("live.sequence")) == page.evaluate("heard[0].sequence"))
    becomes(lambda: page.evaluate("violations"), [])  # connect-src allows the socket: it failed, it was not blocked


def test_polling_ends_after_sign_out(page: Page) -> None:
    until(page, "states.includes('polling')")
    page.context.clear_cookies()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(page, live_client("live.state === 'ended'"))
