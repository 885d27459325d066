"""Chromium for browser tests; without it the tests are skipped with a message, and fail in CI."""

import inspect
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Route, expect, sync_playwright

from agents.models import Agent
from agents.tests.factories import PASSWORD
from agents.tests.waiting import HANGS, eventually
from script.benchmark.chromium import ARGUMENTS, CHROMIUM

# What a checker of accessibility would ask first: every control has a name, no id is there twice, labels name what exists,
# headings do not jump, and what is to be pressed is large enough.
FAULTS = """() => {
  const faults = [];
  const seen = element => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  const ids = [...document.querySelectorAll("[id]")].map(element => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) faults.push(`id twice: ${id}`);
  for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "for", "form"])
    for (const element of document.querySelectorAll(`[${name}]`))
      for (const id of element.getAttribute(name).split(" "))
        if (!document.getElementById(id)) faults.push(`${name} names nothing: ${id}`);
  const named = element => (element.getAttribute("aria-label") || element.getAttribute("aria-labelledby") ||
    element.labels?.length || element.textContent.trim());
  for (const element of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (!seen(element)) continue;
    if (!named(element)) faults.push(`no name: ${element.outerHTML.slice(0, 90)}`);
    const box = (element.closest("label") ?? element).getBoundingClientRect();
    const inline = element.matches("p a, .row h3 a, .skip");
    if (!inline && (box.width < 24 || box.height < 24)) faults.push(`too small: ${element.outerHTML.slice(0, 90)}`);
  }
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (seen(heading) && next > level + 1) faults.push(`heading jumps: ${heading.textContent.trim()}`);
    if (seen(heading)) level = next;
  }
  for (const element of document.querySelectorAll("[style], script:not([src]), [onclick]"))
    faults.push(`inline: ${element.outerHTML.slice(0, 60)}`);
  if (document.documentElement.scrollWidth > innerWidth) faults.push("scrolls sideways");
  return faults;
}"""


expect.set_options(timeout=HANGS * 1000)  # how fast the machine is decides nothing

HAPPENED = "detail => document.dispatchEvent(new CustomEvent('quimbi:event', {detail}))"

VALUE = "document.querySelector('#reply').value"  # of the reply that is written on a ticket's page

LIVE = "import('/static/quimbi/live.js')"  # a promise of the client of live events, as the page itself has loaded it

WATCH = """
  window.heard = []; window.states = []; window.violations = [];
  document.addEventListener("quimbi:event", (event) => heard.push(event.detail));
  document.addEventListener("quimbi:live", (event) => states.push(event.detail.state));
  document.addEventListener("securitypolicyviolation", (event) => violations.push(event.blockedURI));
"""


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


def close(browser: Browser) -> None:
    """Close all windows and wait for their pending requests to the tests' server.

    A request that runs while the tables are emptied for the next test fails, or deadlocks with it.
    """
    for context in browser.contexts:
        for page in context.pages:
            with suppress(Error):  # a page that is about to leave, asks something, or has crashed
                page.locator(":root").evaluate(
                    "() => { window.fetch = () => Promise.reject(new Error('closed')); }", timeout=2000
                )
        context.close()
    eventually(lambda: not any("process_request_thread" in thread.name for thread in threading.enumerate()))


def complaints(page: Page) -> list[str]:
    """A list that collects what the page's console and loader report, CSP violations included.

    Failed sockets are ignored: the tests' plain server has none, and pages poll then.
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


def dialogs(page: Page, said: list[str]) -> None:
    """Dismiss the page's dialogs, which would block it, and append their messages to `said`."""

    def dismiss(dialog: Dialog) -> None:
        said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("dialog", dismiss)


def cookies(context: Any, live_server: Any, client: Client) -> None:
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])


def until(page: Page, condition: str) -> None:
    """Wait for a condition. Playwright's own wait evaluates text, which the page's policy forbids."""
    eventually(lambda: page.evaluate(condition))


def becomes(found: Callable[[], Any], wanted: Any = True) -> None:
    """Wait until the page has the wanted value: the effect of a key or click may come later than the next line.

    Without `wanted`, until it is true.
    """
    seen: Any = None
    ends = time.monotonic() + HANGS
    while time.monotonic() < ends:
        with suppress(Error):  # the page is just being replaced by the next one
            seen = found()
            if seen == wanted or (wanted is True and seen):
                return
        time.sleep(0.05)
    raise AssertionError(f"{inspect.getsource(found).strip()}\nWithin {HANGS:.0f} seconds it was {seen!r}.")


def settle(page: Page) -> None:
    """Return when every request that the page has started so far is known to the test.

    A page's requests start in order, so the answer to a later one shows that there was no other in between.
    """
    page.evaluate("() => fetch('/health/live').then((answer) => answer.status)")


def live_client(expression: str) -> str:
    """Return JavaScript for the value of `expression`, in which `live` is the page's live-event client."""
    return f"{LIVE}.then((live) => {expression})"


def become_live(page: Page) -> None:
    """Dispatch the events of a lost and restored connection."""
    for state in ("offline", "live"):
        page.evaluate("state => document.dispatchEvent(new CustomEvent('quimbi:live', {detail: {state}}))", state)


def sign_in(page: Page, server: Any, agent: Agent, door: str) -> None:
    page.goto(f"{server.url}{door}")
    page.fill("input[name=username]", agent.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("input[type=submit], button[type=submit]")
    page.wait_for_load_state("networkidle")


def open_ticket(page: Page, server: Any, ticket_id: UUID) -> None:
    """Open the ticket's page and wait for its draft. The test server supports no sockets."""
    page.goto(f"{server.url}/tickets/{ticket_id}")
    until(page, f"{VALUE} !== ''")
    until(page, live_client("live.state === 'polling'"))


def held(page: Page, path: str) -> list[Route]:
    """Hold the page's requests to `path`, and return the list that collects them."""
    waiting: list[Route] = []
    page.route(path, lambda route: waiting.append(route))
    return waiting


def come(page: Page, waiting: list[Route]) -> Route:
    eventually(lambda: bool(page.evaluate("1")) and bool(waiting))
    return waiting.pop(0)
