"""The browser of the tests of pages, and its windows."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from quimbi_crm.tests.browsers import chromium, close, cookies


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(autouse=True)
def windows_are_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up after the database, so that no page asks anything any more when its tables are emptied."""
    if "browser" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("_django_db_helper")
    browser = request.getfixturevalue("browser")
    yield
    close(browser)


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    one = browser.new_context(viewport={"width": 1280, "height": 900})
    one.set_default_timeout(20_000)
    return one


@pytest.fixture
def signed_in_as_lead(context: BrowserContext, live_server: Any, lead: Agent) -> None:
    cookies(context, live_server, signed_in(lead))
