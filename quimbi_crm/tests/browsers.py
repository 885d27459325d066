"""A real Chromium for tests of pages; missing, the tests are skipped and say so, in CI they fail."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# As root Chromium has no sandbox; the rest keeps it from asking anybody outside.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("QUIMBI_REQUIRE_BROWSER"):
            pytest.fail("Chromium is missing, and QUIMBI_REQUIRE_BROWSER is set.")
        pytest.skip("Chromium is missing: install it to run the browser tests (Debian: apt-get install chromium).")
    # Playwright's sync interface runs an event loop in this thread, where Django refuses to use the database otherwise.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


def close(context: BrowserContext) -> None:
    """Closes it so that no page asks the server for anything more: what is asked while a page leaves would meet the next test."""
    for page in context.pages:
        with suppress(Error):
            page.wait_for_load_state("networkidle", timeout=5000)
        with suppress(Error):
            page.evaluate("() => { window.fetch = () => Promise.reject(new Error('closed')); }")
    context.close()


def complaints(page: Page) -> list[str]:
    """A list that fills with whatever the page's console and loader complain about, CSP violations included.

    Not with a socket that does not open: the tests' plain server knows none, as some networks do not, and pages poll then.
    """
    said: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "/ws/events' failed" not in message.text:
            said.append(message.text)

    page.on("console", console)
    page.on("pageerror", lambda error: said.append(str(error)))
    # What a page has asked for when it is left ends with it.
    page.on(
        "requestfailed",
        lambda request: said.append(f"failed: {request.url}") if request.failure != "net::ERR_ABORTED" else None,
    )
    page.on("response", lambda answer: said.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    return said
