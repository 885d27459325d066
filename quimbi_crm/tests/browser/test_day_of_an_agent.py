"""Whole working days on the running program with sockets and worker, in a real browser: by keyboard alone, two agents at once, a
killed
browser, and no JavaScript. The browser's console must stay empty.

Each test signs in as an agent of the demo shop and creates its tickets over the API.
"""

import contextlib
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from agents.tests.waiting import HANGS, eventually
from quimbi_crm.tests.browsers import complaints, live_client
from quimbi_crm.tests.programs import Program
from script.benchmark.chromium import ARGUMENTS, CHROMIUM
from tickets.demo.load import PASSWORD


class Shop:
    """The running program as an API client sees it."""

    def __init__(self, program: Program) -> None:
        self.address = f"http://127.0.0.1:{program.port}"
        self.token = ""
        self.token = self.call("POST", "/api/agents/login", {"email": "lead@quimbi.example", "password": PASSWORD})[
            "access_token"
        ]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  the program under test
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=HANGS) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def is_closed(self, ticket: str) -> bool:
        return bool(self.call("GET", f"/api/tickets/{ticket}")["status"] == "closed")

    def write(self, name: str, text: str, subject: str, tag: str = "e2e") -> str:
        """Create a ticket with a customer's message, and return its id."""
        found: str = self.call(
            "POST",
            "/api/tickets",
            {
                "author_email": f"{name.replace(' ', '.').lower()}@example.com",
                "author_name": name,
                "subject": subject,
                "channel": "email",
                "initial_message": text,
                "tags": [tag],
            },
        )["id"]
        return found

    def id_of(self, email: str) -> str:
        found: str = next(a["id"] for a in self.call("GET", "/api/agents?limit=100")["agents"] if a["email"] == email)
        return found

    def answers(self, ticket: str) -> list[str]:
        return [m["content"] for m in self.call("GET", f"/api/tickets/{ticket}")["messages"] if m["from_agent"]]


@pytest.fixture(scope="module")
def shop(demo_program: Program) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patched:
        # One address signs everybody in, and asks again and again whether something has happened.
        patched.setenv("AGENT_RATE_PER_MINUTE", "100000")
        patched.setenv("LOGIN_RATE_PER_MINUTE", "1000")
        demo_program.serve(real=True)
        yield Shop(demo_program)


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in_by_keyboard(browser: Browser, shop: Shop) -> Iterator[SignIn]:
    """Sign an agent in by keyboard in a separate browser context; at the end, check that no page reported errors."""
    contexts: list[BrowserContext] = []
    said: list[list[str]] = []

    def open_one(email: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1360, "height": 900}, **options})
        context.set_default_timeout(HANGS * 1000)
        contexts.append(context)
        page = context.new_page()
        said.append(complaints(page))
        page.goto(f"{shop.address}/accounts/login/")
        page.focus("input[name=username]")
        page.keyboard.type(email)
        page.keyboard.press("Tab")
        expect(page.locator("input[name=password]")).to_be_focused()
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        expect(page.locator("#inbox")).to_be_visible()
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert sum(said, []) == []


def live(page: Page) -> None:
    """Wait until the page's socket is open, so that later events reach it."""
    eventually(lambda: bool(page.evaluate(live_client("live.state === 'live'"))))


def test_agent_answers_and_closes_ten_tickets_by_keyboard(sign_in_by_keyboard: SignIn, shop: Shop) -> None:
    page = sign_in_by_keyboard("agent@quimbi.example")
    done: list[str] = []
    for _round in range(10):
        page.keyboard.press("n")
        page.wait_for_url("**/tickets/*-*")
        done.append(page.url.rsplit("/", 1)[1].split("#")[0])
        expect(page.locator("#reply")).not_to_have_value("")  # the draft is there before anybody asked
        page.keyboard.press("r")
        expect(page.locator("#reply")).to_be_focused()
        page.keyboard.press("Control+End")
        page.keyboard.type(f" Number {len(done)}.")
        page.keyboard.press("Control+Shift+Enter")
        expect(page.locator("#undo")).to_be_visible()
        expect(
            page.locator("#scroll")
        ).to_be_focused()  # out of the field; a second Escape would ask for the queue again
        page.keyboard.press("Escape")
        page.wait_for_url(lambda url: "/tickets/" not in url)
    assert len(set(done)) == 10
    for number, ticket in enumerate(done, 1):
        # Each goes out, and closes its ticket, when it can't be taken back any more.
        eventually(partial(shop.is_closed, ticket))
        assert shop.answers(ticket)[-1].endswith(f"Number {number}.")


def test_two_agents_see_each_other_and_only_the_first_reply_is_sent(sign_in_by_keyboard: SignIn, shop: Shop) -> None:
    ticket = shop.write("Two Agents", "Where is my parcel?", "Seen by two")
    senior, lead = sign_in_by_keyboard("senior@quimbi.example"), sign_in_by_keyboard("lead@quimbi.example")
    senior.goto(f"{shop.address}/tickets/{ticket}")
    live(senior)
    lead.goto(f"{shop.address}/tickets/{ticket}")
    live(lead)
    expect(senior.locator("#presence")).not_to_have_text("")
    lead.keyboard.press("r")
    expect(lead.locator("#reply")).to_be_focused()

    def seen_typing() -> bool:
        lead.keyboard.type("x")  # who types goes on typing; a single word of it may be lost
        return "typing" in (senior.text_content("#presence") or "")

    eventually(seen_typing)
    senior.fill("#reply", "The first answer.")
    senior.keyboard.press("Control+Enter")
    expect(lead.locator("#overtaken")).to_be_visible()  # after the time to take it back
    lead.fill("#reply", "The second answer.")
    lead.keyboard.press("Control+Enter")
    expect(lead.locator("#reply")).to_have_value("The second answer.")
    assert shop.answers(ticket) == ["The first answer."]


def test_new_ticket_reorders_an_open_inbox(sign_in_by_keyboard: SignIn, shop: Shop) -> None:
    word = "kettlebell"
    for number in range(3):
        shop.write(f"Earlier {number}", "Where is it?", f"Earlier {number}", tag="gym")
    page = sign_in_by_keyboard("lead@quimbi.example")
    page.goto(f"{shop.address}/?tag=gym")
    page.fill("#word", word)
    page.keyboard.press("Enter")
    expect(page.locator(".chip.word", has_text=word)).to_be_visible()
    page.locator("h1").click()
    live(page)
    page.evaluate(
        """subject => {
          window.shown = new Promise(done => new MutationObserver(() => {
            const first = document.querySelector(".row h3 a");
            if (first.textContent.includes(subject) || document.querySelector("#fresh button:not([hidden])"))
              done(true);
          }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true}));
        }""",
        "Brand new matter",
    )
    shop.write("New Comer", f"My {word} came broken.", "Brand new matter", tag="gym")
    page.evaluate("() => window.shown")
    if page.locator("#fresh button").is_visible():
        page.click("#fresh button")
    first = page.locator(".row").first
    expect(first).to_contain_text("Brand new matter")  # above those who wait longer, for its word
    expect(first.locator(".chip.topic")).to_contain_text(word)
    page.locator(".chip.word", has_text=word).locator("button").click()
    expect(page.locator(".chip.word", has_text=word)).to_have_count(0)


def test_draft_is_regenerated_when_a_tone_is_chosen_by_key(sign_in_by_keyboard: SignIn, shop: Shop) -> None:
    ticket = shop.write("Tone Asker", "My order has not come. Can you help?", "Tones")
    page = sign_in_by_keyboard("senior@quimbi.example")
    page.goto(f"{shop.address}/tickets/{ticket}")
    expect(page.locator("#reply")).not_to_have_value("")
    before = page.input_value("#reply")
    tones = page.locator('[name="tone"]')
    chosen = tones.evaluate_all("boxes => boxes.findIndex(box => box.checked)")
    page.keyboard.press(str(2 if chosen == 0 else 1))
    expect(page.locator("#reply")).not_to_have_value(before)
    assert tones.evaluate_all("boxes => boxes.findIndex(box => box.checked)") != chosen


def test_unsent_text_survives_a_killed_browser(sign_in_by_keyboard: SignIn, shop: Shop, browser: Browser) -> None:
    ticket = shop.write("Cut Off", "Hello?", "Half written")
    doomed = browser.browser_type.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    page = doomed.new_page()
    page.goto(f"{shop.address}/accounts/login/?next=/tickets/{ticket}")
    page.fill("input[name=username]", "senior@quimbi.example")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.address}/tickets/{ticket}")
    page.fill("#reply", "Half a senten")
    expect(page.locator("#reply-form .kept")).to_contain_text("Saved")
    gone = threading.Event()
    doomed.on("disconnected", lambda _: gone.set())
    with contextlib.suppress(Error):
        doomed.new_browser_cdp_session().send("Browser.crash")
    again = sign_in_by_keyboard("senior@quimbi.example")
    assert gone.is_set() and not doomed.is_connected()
    again.goto(f"{shop.address}/tickets/{ticket}")
    expect(again.locator("#reply")).to_have_value("Half a senten")


def test_manager_invites_changes_and_deactivates_an_agent(sign_in_by_keyboard: SignIn, shop: Shop) -> None:
    page = sign_in_by_keyboard("manager@quimbi.example")
    page.goto(f"{shop.address}/agents/new")
    page.get_by_label("Name").fill("Nova Newcomer")
    page.get_by_label("Work email").fill("nova.newcomer@example.com")
    page.get_by_role("button", name="Create and invite").press("Enter")
    expect(page.locator("main")).to_contain_text("is invited")
    agent = shop.id_of("nova.newcomer@example.com")
    page.goto(f"{shop.address}/agents/{agent}")
    page.get_by_label("Name").fill("Nova Renamed")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    expect(page.locator("h1")).to_contain_text("Nova Renamed")
    page.get_by_role("link", name="Deactivate").press("Enter")
    page.get_by_role("button", name="Deactivate").press("Enter")
    expect(page.locator("main")).to_contain_text("deactivated")
    assert shop.call("GET", f"/api/agents/{agent}")["is_active"] is False


def test_agent_searches_notes_replies_and_closes_without_javascript(sign_in_by_keyboard: SignIn, shop: Shop) -> None:
    ticket = shop.write("Plain Reader", "Can I still return it?", "No scripts")
    page = sign_in_by_keyboard("senior@quimbi.example", java_script_enabled=False)
    page.fill("#q", "No scripts")
    page.keyboard.press("Enter")
    page.click(f'a[href="/tickets/{ticket}"]')
    page.wait_for_url(f"**/tickets/{ticket}")
    expect(page.locator("#stream")).to_contain_text("Can I still return it?")
    page.locator("label", has_text="Note").first.click()
    page.fill("#note", "Looked at it.")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator("#stream")).to_contain_text("Looked at it.")
    page.locator("label", has_text="Reply").first.click()
    page.fill("#reply", "Yes, for 30 days.")
    page.get_by_role("button", name="Send", exact=False).first.click()
    expect(page.locator("#undo")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    assert shop.call("GET", f"/api/tickets/{ticket}")["status"] == "closed"
