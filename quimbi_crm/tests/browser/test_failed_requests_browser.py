"""Failed and late requests on a ticket's page in a real browser: errors are in view, retries work, values stay true."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from agents.models import Agent
from intelligence.models import Draft
from quimbi_crm.tests.browsers import HAPPENED, VALUE, become_live, becomes, come, held, open_ticket, until
from tickets.models import ScheduledReply, Ticket
from tickets.tests.factories import make_customer, make_ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("signed_in_as_lead")]
TONE = "document.querySelector('[name=tone]:checked').value"
IN_VIEW = """() => {
  const box = document.querySelector("#failures .notice")?.getBoundingClientRect();
  return Boolean(box) && box.top >= 0 && box.bottom <= innerHeight && box.height > 0;
}"""


@pytest.fixture
def ticket(lead: Agent) -> Ticket:
    return make_ticket(make_customer("Dorothy Pelham"), subject="Never arrived", assigned_to=lead)


@pytest.fixture
def page(context: BrowserContext, live_server: Any, ticket: Ticket) -> Page:
    page = context.new_page()
    open_ticket(page, live_server, ticket.pk)
    return page


def tell(page: Page, event: dict[str, str]) -> None:
    page.evaluate(HAPPENED, event)


def broken(route: Route) -> None:
    route.fulfill(status=500, body="")


# --- Told where one looks, and tried again -----------------------------------------------------------------------------
@pytest.mark.parametrize("width", [390, 800, 1280])
def test_failed_reply_is_reported_in_view_and_can_be_retried(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.route("**/reply", broken)
    page.fill("#reply", "It is on its way.")
    page.click("#send")
    page.wait_for_selector("#failures >> text=Server error.")
    becomes(lambda: page.evaluate(IN_VIEW))
    becomes(lambda: page.evaluate(VALUE), "It is on its way.")
    page.unroute("**/reply")
    page.click("#failures button")
    page.wait_for_selector("#undo")
    assert [reply.content for reply in ScheduledReply.objects.all()] == ["It is on its way."]
    becomes(lambda: page.inner_text("#failures"), "")


def test_failed_send_and_close_is_retried_as_send_and_close(page: Page) -> None:
    page.route("**/reply", broken)
    page.fill("#reply", "Solved.")
    page.keyboard.press("Control+Shift+Enter")
    page.wait_for_selector("#failures >> text=Server error.")
    page.unroute("**/reply")
    page.click("#failures button")
    page.wait_for_selector("#undo >> text=The ticket then closes.")


def test_failed_draft_is_retried_without_sending(page: Page) -> None:
    page.route("**/draft", broken)
    page.click("#regenerate")
    page.wait_for_selector("#failures >> text=Server error.")
    page.unroute("**/draft")
    before = Draft.objects.count()
    page.click("#failures button")
    becomes(lambda: Draft.objects.count() > before)
    becomes(lambda: page.inner_text("#failures"), "")
    assert not ScheduledReply.objects.exists()


def test_failed_automatic_request_offers_no_retry_button(page: Page, ticket: Ticket) -> None:
    """The draft is inside the reply form, so a retry button there would send the reply."""
    page.route("**/draft", broken)
    tell(page, {"type": "draft", "ticket": str(ticket.pk)})
    page.wait_for_selector("#failures >> text=Server error.")
    becomes(lambda: page.locator("#failures button").count(), 0)
    becomes(lambda: page.locator("#failures a").count(), 1)


def test_failed_property_change_shows_the_stored_value(page: Page) -> None:
    page.route("**/properties", broken)
    page.select_option("#p-priority", "urgent")
    page.wait_for_selector("#failures >> text=Server error.")
    becomes(lambda: page.input_value("#p-priority"), "normal")
    becomes(lambda: page.locator("#failures button").count(), 0)  # it is chosen again where it was chosen


def test_property_change_with_lost_response_shows_the_stored_value(page: Page) -> None:
    page.route("**/properties", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.select_option("#p-priority", "urgent")
    page.wait_for_selector("#failures >> text=may or may not have been saved")
    page.locator("#p-priority").blur()
    become_live(page)
    becomes(lambda: page.input_value("#p-priority"), "normal")


# --- Overtaken ---------------------------------------------------------------------------------------------------------
def others_of(page: Page) -> list[str]:
    now = page.evaluate(TONE)
    return [tone for tone in ("professional", "friendly", "concise") if tone != now][:2]


def test_tone_chosen_while_a_draft_arrives_is_kept(page: Page, ticket: Ticket) -> None:
    tone, _other = others_of(page)
    waiting = held(page, "**/draft")
    tell(page, {"type": "draft", "ticket": str(ticket.pk)})
    news = come(page, waiting)
    page.check(f"#tone-{tone}", force=True)
    news.continue_()
    come(page, waiting).continue_()
    page.unroute("**/draft")
    becomes(lambda: Draft.objects.filter(tone=tone).exists())
    becomes(lambda: page.evaluate(TONE), tone)


def test_last_of_two_chosen_tones_wins(page: Page) -> None:
    one, other = others_of(page)
    waiting = held(page, "**/draft")
    page.check(f"#tone-{one}", force=True)
    first = come(page, waiting)
    page.check(f"#tone-{other}", force=True)
    first.continue_()
    come(page, waiting).continue_()
    becomes(lambda: Draft.objects.filter(tone=other).exists())
    until(page, "!document.querySelector('.htmx-request')")
    becomes(lambda: page.evaluate(TONE), other)


# --- Beside that -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("width", [390, 1280])  # on a phone, and at 200 %, the properties are folded
@pytest.mark.parametrize(
    ("words", "field"), [("set the prio", "p-priority"), ("set the status", "p-status"), ("escal", "give-up-s")]
)
def test_command_palette_focuses_the_properties(page: Page, words: str, field: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    if field == "give-up-s":
        page.wait_for_selector("#give-up[open]")
    else:
        becomes(lambda: page.evaluate("document.activeElement.id"), field)


def test_undo_send_notice_expires_without_moving_the_list(page: Page, live_server: Any, settings: Any) -> None:
    make_ticket(make_customer("Somebody Else"), subject="Next")
    settings.UNDO_SEND_SECONDS = 30
    page.fill("#reply", "It is on its way.")
    page.click("#send")
    page.wait_for_selector("#undo")
    page.clock.install()
    page.goto(f"{live_server.url}/")
    page.wait_for_selector("#going-out button")
    before = page.locator(".row").first.bounding_box()
    page.clock.run_for(31_000)
    becomes(lambda: "Your reply is being sent." in page.inner_text("#going-out"))
    becomes(lambda: not page.is_visible("#going-out button"))
    assert before is not None and page.locator(".row").first.bounding_box() == before
