"""Every page is checked by axe-core in both themes, wide and on a phone, at 200 % zoom, and by the Tab key alone.

A new page needs one row in `PAGES`.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from playwright.sync_api import Browser, Page

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from quimbi_crm.tests.axe import examine
from quimbi_crm.tests.browsers import cookies
from tickets import services
from tickets.models import Ticket
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db(transaction=True)

# Its name, who looks at it (a fixture of conftest.py, None for strangers), and its address; {ticket}, {customer} and {agent} are
# ids of records that are there.
PAGES: list[tuple[str, str | None, str]] = [
    ("start", None, "/"),
    ("sign in", None, "/accounts/login/"),
    ("forgotten", None, "/accounts/forgotten/"),
    ("inbox", "lead", "/"),
    ("inbox of an agent", "agent", "/"),
    ("snoozed", "lead", "/?snoozed=true"),
    ("closed", "lead", "/?status=closed"),
    ("search", "lead", "/?q=parcel"),
    ("search without result", "lead", "/?q=nothingofthekind"),
    ("wrong filters", "lead", "/?channel=pigeon&priority=extreme"),
    ("order", "manager", "/order"),
    ("ticket", "lead", "/tickets/{ticket}"),
    ("ticket of an agent", "agent", "/tickets/{own}"),
    ("properties", "lead", "/tickets/{ticket}/properties"),
    ("history", "lead", "/tickets/{ticket}/history"),
    ("customer", "lead", "/customers/{customer}"),
    ("agents", "manager", "/agents"),
    ("agents, deactivated", "manager", "/agents?tab=deactivated"),
    ("invite", "manager", "/agents/new"),
    ("account", "manager", "/agents/{agent}"),
    ("deactivate", "manager", "/agents/{agent}/deactivate"),
    ("overview", "lead", "/overview"),
    ("refused", "agent", "/overview"),
    ("profile", "agent", "/accounts/profile/"),
    ("password", "agent", "/accounts/profile/password/"),
    ("second factor", "agent", "/accounts/second-factor/"),
    ("factor rules", "admin", "/accounts/second-factor/rules/"),
    ("not there", "agent", "/nothing-here"),
]
SIZES = [(1440, 900), (390, 844)]
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def world(agent: Agent, senior: Agent, lead: Agent) -> dict[str, Any]:
    """A shop with content in every part of the pages."""
    whale = make_customer("Dorothy Pelham", churn=0.65, value="2840.00")
    ticket = make_ticket(whale, "My parcel has not moved for nine days.", subject="Order 48213 never arrived", days=9)
    services.post_message(senior, ticket.pk, "I am asking the carrier.")
    services.add_note(senior, ticket.pk, "The carrier says Friday.")
    services.update_ticket(None, ticket.pk, {"status": "open", "add_tags": ["delivery", "vip"]})
    for number, channel in enumerate(Ticket.Channel.values):
        make_ticket(make_customer(f"Customer {number}"), channel=channel, days=number + 1, priority="urgent")
    make_ticket(whale, "Mein Paket ist da.", status="closed", assigned_to=lead)
    own = make_ticket(whale, "Can I change the colour?", assigned_to=agent)
    later = make_ticket(whale, "Until next month, then.", subject="Subscription")
    services.snooze_ticket(lead, later.pk, until=None)
    create_alert(lead, "parcel", team=True)
    create_alert(lead, "recall")
    return {"ticket": ticket.pk, "own": own.pk, "customer": whale.pk, "agent": senior.pk}


@pytest.fixture
def open_page(browser: Browser, live_server: Any, request: pytest.FixtureRequest) -> Callable[..., Page]:
    """Return a function that opens a page as a signed-in agent, without using the sign-in page."""

    def make(who: str | None, **options: Any) -> Page:
        context = browser.new_context(base_url=live_server.url, **options)
        if who is not None:
            cookies(context, live_server, signed_in(request.getfixturevalue(who)))
        return context.new_page()

    return make


def go(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_load_state("load")


def faults_everywhere(page: Page, name: str) -> list[str]:
    """Return axe faults and horizontal scrolling in both themes and sizes."""
    found = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found += [f"{name}, {theme}, {width}: {fault}" for fault in examine(page).faults]
        if page.evaluate(SIDEWAYS):
            found.append(f"{name}, {width}: scrolls sideways")
    return found


@pytest.mark.parametrize(("name", "who", "address"), PAGES, ids=[name for name, _, _ in PAGES])
def test_page_passes_axe_and_works_at_200_percent_zoom_and_by_tab_key(
    name: str, who: str | None, address: str, world: dict[str, Any], open_page: Any
) -> None:
    """axe, 200 % zoom and Tab order in one test, because creating the shop takes as long as checking a page."""
    here = address.format(**world)
    page = open_page(who)
    go(page, here)
    assert faults_everywhere(page, name) == []
    page = open_page(who, viewport={"width": 720, "height": 450}, device_scale_factor=2)
    go(page, here)
    at_200_per_cent(page)
    page = open_page(who, viewport={"width": 1280, "height": 800})
    go(page, here)
    the_tab_key_goes_through_everything_in_reading_order(page)


def test_empty_inbox_has_no_accessibility_fault(lead: Agent, open_page: Any) -> None:
    page = open_page("lead")
    go(page, "/")
    assert page.is_visible("text=No open tickets") and faults_everywhere(page, "empty inbox") == []


def test_inbox_without_database_has_no_accessibility_fault(open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("tickets.pages.inbox.views.list_tickets", fail)
    page = open_page("lead")
    go(page, "/")
    assert page.is_visible("text=could not be loaded") and faults_everywhere(page, "failed inbox") == []


def test_menus_dialogs_and_messages_have_no_accessibility_fault(world: dict[str, Any], open_page: Any) -> None:
    """Open menus, dialogs, the snooze menu and the signed-out notice."""
    page = open_page("lead", viewport={"width": 1280, "height": 900})
    go(page, "/")
    page.click(".me > summary")
    found = faults_everywhere(page, "menu")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += faults_everywhere(page, "keys")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    found += faults_everywhere(page, "palette")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.keyboard.press("j")
    page.keyboard.press("e")
    assert page.is_visible("text=Until the customer writes")
    found += faults_everywhere(page, "snooze")
    page.evaluate("document.dispatchEvent(new CustomEvent('quimbi:live', {detail: {state: 'ended'}}))")
    assert page.is_visible("text=You are signed out.")
    found += faults_everywhere(page, "signed out")
    assert found == []


# --- 200 %, and the Tab key --------------------------------------------------------------------------------------------
def at_200_per_cent(page: Page) -> None:
    assert not page.evaluate(SIDEWAYS)
    floating = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => getComputedStyle(e).position === 'fixed' && "
        "e.checkVisibility() && e.getBoundingClientRect().height > 150).map(e => e.outerHTML.slice(0, 80))"
    )
    assert floating == []  # nothing covers a third of so low a window


FOCUSED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const shown = it.matches('.row h3 a') ? it.closest('.row') : it;
  const label = it.closest('.switch label');
  const box = shown.getBoundingClientRect(), style = getComputedStyle(label ?? shown);
  const within = (value, most) => Math.min(Math.max(value, 0), most - 1);
  const top = document.elementFromPoint(
    within(box.x + box.width / 2, innerWidth), within(box.y + box.height / 2, innerHeight));
  return {
    what: it.outerHTML.slice(0, 90),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    covered: !(top && (shown.contains(top) || top.contains(shown))),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1.5,
    place: [...document.querySelectorAll("*")].indexOf(it),
  };
}"""


def the_tab_key_goes_through_everything_in_reading_order(page: Page) -> None:
    page.evaluate("document.activeElement.blur()")
    visited: list[dict[str, Any]] = []
    for _ in range(150):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None or (visited and here["place"] == visited[0]["place"]):
            break
        visited.append(here)
    assert visited
    wrong = [one for one in visited if not one["seen"] or one["covered"] or not one["outlined"]]
    assert wrong == []
    places = [one["place"] for one in visited]
    turns = sum(after < before for before, after in zip(places, places[1:], strict=False))
    assert turns <= 1, visited  # from the document's order only where a field takes the focus by itself
