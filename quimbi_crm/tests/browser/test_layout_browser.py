"""Layout of the pages: needed controls are inside the window, nothing moves under the pointer, and focus and selection are
visible.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, FloatRect, Page

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from intelligence.services import drafts
from quimbi_crm.tests.browsers import becomes, cookies, until
from tickets.models import Ticket, TicketTag
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db(transaction=True)
Opened = Callable[..., Page]

# Every control of the header that is shown, with its place: a page's width does not tell what lies before its start.
HEADER = """() => [...document.querySelectorAll(".conv > header :is(a, button, summary, select, input:not([type=hidden]))")]
  .filter(control => control.checkVisibility())
  .map(control => [control.textContent.trim().slice(0, 30) || control.id, control.getBoundingClientRect()])
  .map(([name, box]) => ({name, left: box.left, right: box.right}))"""
SMALL = """() => [...document.querySelectorAll("a[href], button, select, summary, label:has(input), input:not([type=hidden])")]
  .filter(control => control.checkVisibility() && !control.matches(".skip, label input, .row h3 a, p a"))
  .map(control => [control.outerHTML.slice(0, 90), control.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.9 || box.width < 43.9).map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
TOPS = "[...document.querySelectorAll('.row')].map(row => row.getBoundingClientRect().top)"


@pytest.fixture
def opened(browser: Browser, live_server: Any, lead: Agent) -> Opened:
    """Return a function that opens a URL as the lead in a window of the given size."""

    def _open(address: str, width: int, height: int, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        cookies(context, live_server, signed_in(lead))
        page = context.new_page()
        page.goto(f"{live_server.url}{address}")
        return page

    return _open


@pytest.fixture
def ticket(lead: Agent) -> Ticket:
    customer = make_customer("Dorothy Pelham", churn=0.7, value="3415.00")
    return make_ticket(customer, "My parcel has not moved for nine days.", subject="Never arrived", assigned_to=lead)


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found


def with_draft(page: Page) -> Page:
    until(page, "document.querySelector('#reply').value !== ''")
    return page


# --- The ticket --------------------------------------------------------------------------------------------------------
def test_ticket_page_does_not_scroll_as_a_whole(opened: Opened, ticket: Ticket) -> None:
    """Three columns scroll separately; screen-reader-only content must not make the page taller than the window."""
    page = with_draft(opened(f"/tickets/{ticket.pk}", 1440, 900))
    becomes(lambda: page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0)


def test_chosen_tone_is_in_view_on_a_phone(opened: Opened, ticket: Ticket) -> None:
    page = with_draft(opened(f"/tickets/{ticket.pk}", 320, 700))
    page.check("#tone-concise", force=True)
    until(page, "!document.querySelector('.htmx-request')")
    label, row = box(page, "label:has(#tone-concise)"), box(page, "#tones fieldset")
    assert row["x"] - 1 <= label["x"] and label["x"] + label["width"] <= row["x"] + row["width"] + 1


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [320, 360, 390, 1000, 1440])
def test_every_control_of_the_ticket_header_is_within_the_window(
    opened: Opened, ticket: Ticket, width: int, language: str
) -> None:
    page = with_draft(opened(f"/tickets/{ticket.pk}", width, 800, locale=language))
    controls = page.evaluate(HEADER)
    assert len(controls) >= 4
    outside = [one["name"] for one in controls if one["left"] < 0 or one["right"] > width]
    assert outside == []


@pytest.mark.parametrize(("width", "height"), [(1200, 800), (1280, 720), (1366, 768), (1440, 900)])
def test_send_button_is_within_the_window(opened: Opened, ticket: Ticket, width: int, height: int) -> None:
    page = with_draft(opened(f"/tickets/{ticket.pk}", width, height))
    send, used = box(page, "#send"), box(page, "#draft-used")
    assert send["y"] + send["height"] <= height
    assert used["y"] + used["height"] <= send["y"] + 1  # and covers nothing
    becomes(lambda: box(page, "#scroll")["height"] >= 128)


def test_composer_is_directly_below_the_conversation_in_a_tall_window(opened: Opened, ticket: Ticket) -> None:
    """The composer is below the conversation, not at the end of the column beside it."""
    page = with_draft(opened(f"/tickets/{ticket.pk}", 1000, 900))
    conversation, composer = box(page, "#scroll"), box(page, ".composer")
    assert composer["y"] <= conversation["y"] + conversation["height"] + 1 <= 600
    becomes(lambda: box(page, ".conv > header")["height"] < 240)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900)])
def test_long_subject_and_name_leave_room_for_the_conversation(
    opened: Opened, lead: Agent, width: int, height: int
) -> None:
    name = "Maximiliana-" + "Konstantinopolitanischedudelsackpfeifenmacher " * 4
    absurd = make_ticket(make_customer(name.strip()), "W" * 300, subject="W" * 250, assigned_to=lead)
    for number in range(9):
        TicketTag.objects.create(ticket=absurd, name="t" * 40 + str(number))
    page = with_draft(opened(f"/tickets/{absurd.pk}", width, height))
    becomes(lambda: box(page, "#scroll")["height"] >= 128)
    send = box(page, "#send")
    assert send["y"] + send["height"] <= height
    becomes(lambda: box(page, "#customer-h")["height"] < 60)
    becomes(lambda: page.get_attribute("h1", "title"), "W" * 250)


def test_customer_texts_have_the_lang_attribute_of_their_language(opened: Opened, ticket: Ticket) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(language="it", subject="Il mio pacco")
    ticket.messages.update(language="it", content="Buongiorno")
    page = with_draft(opened(f"/tickets/{ticket.pk}", 1280, 900))
    becomes(lambda: page.get_attribute("h1", "lang"), "it")
    becomes(lambda: page.get_attribute(".msg .text", "lang"), "it")
    becomes(lambda: page.get_attribute("#reply", "lang"), "en")
    becomes(lambda: "The customer writes in Italian; this draft is in English." in page.inner_text("#draft-notice"))
    page = opened("/", 1280, 900)
    becomes(lambda: page.get_attribute(".row h3", "lang"), "it")
    becomes(lambda: page.get_attribute(".row .preview", "lang"), "it")
    page = opened("/", 1280, 900, locale="it")
    assert page.get_attribute(".row h3", "lang") == "it"  # the page itself is English


def test_jump_links_mark_the_current_section(opened: Opened, ticket: Ticket) -> None:
    drafts.prepare(ticket.pk)  # as the worker does: a reload finds it
    page = with_draft(opened(f"/tickets/{ticket.pk}", 390, 844, has_touch=True, is_mobile=True))
    current = "document.querySelector('.jump [aria-current]')?.hash"
    until(page, f"{current} === '#subject'")
    page.reload()
    page.wait_for_selector("#dock")
    page.click("#dock a")
    until(page, f"{current} === '#draft'")
    send = box(page, "#send")
    assert send["y"] >= 0 and send["y"] + send["height"] <= 844
    # It stands on a ground of its own, above the text that scrolls under it.
    background = "getComputedStyle(document.querySelector('#reply-form .actions')).backgroundColor"
    becomes(lambda: page.evaluate(background) != "rgba(0, 0, 0, 0)")


# --- The inbox ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def queue(lead: Agent) -> None:
    for number in range(12):
        make_ticket(make_customer(f"Customer {number}", churn=1.0), subject=f"Number {number}", days=40 - number)


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("width", [320, 390, 800, 1000, 1200, 1440])
def test_selecting_tickets_moves_no_row(opened: Opened, width: int) -> None:
    page = opened("/", width, 900)
    if width < 721:
        page.check("#choosing")
    before = page.evaluate(TOPS)
    for place in (0, 1):
        spot = page.locator(".pick").nth(place).bounding_box()
        assert spot is not None
        page.mouse.click(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    becomes(lambda: page.inner_text("#picked"), "2 selected")
    becomes(lambda: page.evaluate(TOPS), before)
    bar = box(page, "#bulk")
    assert bar["x"] >= 0 and bar["x"] + bar["width"] <= width and bar["y"] + bar["height"] <= 900
    assert bar["height"] <= (64 if width < 721 or width > 1280 else 104)
    if width < 721:
        becomes(lambda: not page.is_visible("#take"))  # whose place it takes
        becomes(lambda: bar["y"] + bar["height"] <= box(page, ".rail")["y"] + 1)


@pytest.mark.usefixtures("queue")
def test_inbox_rows_are_at_most_two_lines_high(opened: Opened) -> None:
    for width in (1200, 1280, 1344, 1440):
        page = opened("/", width, 900)
        assert max(page.evaluate("[...document.querySelectorAll('.row')].map(row => row.offsetHeight)")) <= 74
    # Nothing is cut that tells one ticket from another.
    page = opened("/", 390, 844)
    assert page.evaluate(
        "[...document.querySelectorAll('.row time')].every(time => time.getBoundingClientRect().right <= innerWidth - 15)"
    )


@pytest.mark.usefixtures("queue")
def test_filters_are_collapsed_on_a_phone_until_one_is_set(opened: Opened) -> None:
    page = opened("/", 390, 844)
    becomes(lambda: not page.is_visible("#f-channel"))
    becomes(lambda: box(page, ".row >> nth=0")["y"] < 260)
    page.click("[data-unfold]")
    page.select_option("#f-channel", "sms")
    page.wait_for_selector("text=No tickets match these filters.")
    becomes(lambda: page.is_visible("#f-channel"))  # what is filtered by stays in view


@pytest.mark.usefixtures("queue")
def test_focus_stays_in_the_form_after_a_topic_alert_is_removed(opened: Opened, lead: Agent) -> None:
    for word in ("recall", "zipper"):
        create_alert(lead, word)
    page = opened("/", 1280, 900)
    for left in (1, 0):
        page.focus("#alert-form button")
        page.keyboard.press("Enter")
        until(page, f"document.querySelectorAll('#alert-form button').length === {left}")
        until(page, "document.activeElement !== document.body")
        becomes(lambda: page.evaluate("document.activeElement.matches('#alert-form button, #word')"))
    becomes(lambda: page.evaluate("document.activeElement.id"), "word")
    assert not TopicAlert.objects.exists()


@pytest.mark.usefixtures("queue")
def test_current_status_tab_is_in_view_on_a_phone(opened: Opened) -> None:
    page = opened("/?q=parcel", 320, 844)
    box_of = "element => { const {left, right} = element.getBoundingClientRect(); return [left, right]; }"
    left, right = page.eval_on_selector("#tabs ul", box_of)
    becomes(lambda: page.eval_on_selector("#tabs [aria-current]", box_of)[1] <= right + 1)
    assert page.eval_on_selector("#tabs [aria-current]", box_of)[0] >= left


# --- All pages ---------------------------------------------------------------------------------------------------------
@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("address", ["/", "/tickets/{ticket}", "/agents"])
def test_every_control_is_large_enough_for_touch_on_a_phone(
    opened: Opened, ticket: Ticket, lead: Agent, address: str
) -> None:
    create_alert(lead, "parcel")
    page = opened(address.format(ticket=ticket.pk), 390, 844, has_touch=True, is_mobile=True)
    if page.query_selector("#reply"):
        with_draft(page)
    page.wait_for_load_state("networkidle")
    becomes(lambda: page.evaluate(SMALL), [])


def test_selection_is_outlined_in_forced_colors_mode(opened: Opened, ticket: Ticket) -> None:
    outlined = "selector => getComputedStyle(document.querySelector(selector)).outlineStyle"
    page = opened(f"/tickets/{ticket.pk}", 1440, 900, forced_colors="active")
    with_draft(page)
    for chosen in (".strip [aria-current]", ".switch label:has(:checked)"):
        assert page.evaluate(outlined, chosen) == "solid"
    page.keyboard.press("Control+k")
    becomes(lambda: page.evaluate(outlined, "#palette [aria-selected=true]"), "solid")
    becomes(lambda: page.evaluate(outlined, "#palette [aria-selected=false]"), "none")
    page = opened("/", 1440, 900, forced_colors="active")
    becomes(lambda: page.evaluate(outlined, ".rail [aria-current]"), "solid")


@pytest.mark.usefixtures("queue")
def test_command_palette_lists_the_pages_own_actions_first(opened: Opened) -> None:
    page = opened("/", 1280, 900)
    page.keyboard.press("Control+k")
    names = page.locator("#palette-list li").all_inner_texts()
    assert names.index("Next ticket") < 4 and names.index("Go to the inbox") > names.index("Add a topic alert")
    assert len(names) == len(set(names))
