"""The about and properties panels in a real browser: changes are saved at once, live updates keep focus and input."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from agents.models import Agent
from agents.tests.browsing import HOSTILE
from agents.tests.waiting import eventually
from intelligence.models import CompletedAction
from quimbi_crm.tests.browsers import FAULTS, becomes, complaints, sign_in
from tickets import services
from tickets.models import Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)
NEWS = "document.dispatchEvent(new CustomEvent('quimbi:about'))"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def told(page: Page, words: str) -> None:
    """Wait until a screen reader is told these words."""
    page.locator("body > p[role=status]", has_text=words).wait_for(state="attached")


def test_completed_action_and_open_sections_are_kept_by_live_updates(
    context: BrowserContext, live_server: Any, senior: Agent
) -> None:
    ticket = make_ticket(make_customer("Dorothy"), created_at=timezone.now() - timedelta(days=2))
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, senior, "/accounts/login/")
    page.goto(f"{live_server.url}/tickets/{ticket.pk}/about")
    box = page.locator(".todo [type=checkbox]").first
    name = box.get_attribute("id")
    box.focus()
    page.keyboard.press("Space")
    page.locator(".todo :checked").wait_for()
    told(page, "Done: ")
    becomes(lambda: focused(page), name)
    assert CompletedAction.objects.count() == 1
    page.locator("#counted > summary").click()
    page.locator("#history > summary").click()
    page.locator(".trail li").first.wait_for()
    services.update_ticket(senior, ticket.pk, {"priority": "urgent"})
    page.locator("#history-s").focus()
    page.evaluate(NEWS)
    page.locator("#why td", has_text="urgent").wait_for()
    page.locator(".trail", has_text="urgent").wait_for()
    becomes(lambda: page.locator("#counted[open], #history[open]").count(), 2)
    becomes(lambda: focused(page), "history-s")
    becomes(lambda: page.evaluate(FAULTS), [])
    page.locator("#customer-page").click()
    page.wait_for_url("**/customers/*")
    becomes(lambda: page.evaluate(FAULTS), [])
    assert not said, said


def test_properties_are_saved_at_once_and_typed_text_is_kept(
    context: BrowserContext, live_server: Any, lead: Agent, agent: Agent
) -> None:
    ticket = make_ticket()
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/")
    page.goto(f"{live_server.url}/tickets/{ticket.pk}/properties")
    page.keyboard.press("a")
    becomes(lambda: focused(page), "p-assignee")
    page.locator("#p-assignee").select_option(str(agent.pk))
    told(page, "Ticket assigned to \u2068Ada Agent\u2069.")
    becomes(lambda: focused(page), "p-assignee")
    page.locator("#p-tag").fill("half a t")
    services.update_ticket(lead, ticket.pk, {"priority": "urgent"})
    page.evaluate(NEWS)
    becomes(lambda: page.locator("#p-tag").input_value(), "half a t")
    becomes(lambda: page.locator("#p-priority").input_value(), "normal")
    page.locator("#p-tag").fill("late")
    page.keyboard.press("Enter")
    told(page, "Tag added: late.")
    becomes(lambda: page.locator("#p-priority").input_value(), "urgent")
    becomes(lambda: focused(page), "p-tag")
    page.get_by_role("button", name="Remove the tag late").press("Enter")
    told(page, "Tag removed: late.")
    becomes(lambda: focused(page), "p-tag")
    page.locator("#give-up > summary").click()
    page.locator("#p-reason").fill("Somebody else knows more.")
    page.get_by_role("button", name="Back to the queue").click()
    told(page, "The ticket is back in the queue.")
    assert Ticket.objects.get().assigned_to is None
    becomes(lambda: page.locator("#p-assignee").input_value(), "none")
    assert not said, said


def test_live_update_keeps_the_focus_in_an_empty_field(
    context: BrowserContext, live_server: Any, lead: Agent, agent: Agent
) -> None:
    ticket = make_ticket(assigned_to=agent)
    page = context.new_page()
    sign_in(page, live_server, lead, "/accounts/login/")
    page.goto(f"{live_server.url}/tickets/{ticket.pk}/properties")
    page.locator("#give-up > summary").click()
    page.locator("#p-reason").focus()
    services.update_ticket(lead, ticket.pk, {"priority": "urgent"})
    page.evaluate(NEWS)
    expect(page.locator("#p-priority")).to_have_value("urgent")
    becomes(lambda: focused(page), "p-reason")
    page.keyboard.type("Somebody else knows more.")
    page.get_by_role("button", name="Back to the queue").click()
    told(page, "The ticket is back in the queue.")


def test_late_live_update_does_not_revert_saved_properties(
    context: BrowserContext, live_server: Any, lead: Agent
) -> None:
    """A live update requested before a change and answered after it; two changes whose responses arrive in reverse order."""
    ticket = make_ticket()
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/")
    page.goto(f"{live_server.url}/tickets/{ticket.pk}/properties")
    held: list[Route] = []
    page.route("**/properties", lambda route: held.append(route) if len(held) < 3 else route.continue_())
    page.evaluate(NEWS)
    expect(page.locator("#properties")).to_have_class("properties htmx-request")
    for control, value in (("#p-priority", "urgent"), ("#p-status", "pending")):
        with page.expect_request("**/properties"):
            page.locator(control).select_option(value)
    eventually(lambda: page.evaluate("1") and len(held) == 3)  # asking the page lets the library hear of them
    news, priority, status = held
    status.continue_()
    told(page, "Status: pending.")
    read = news.fetch()  # before the priority is saved; and it comes after the priority's answer
    priority.continue_()
    told(page, "Priority: urgent.")
    with page.expect_event(
        "requestfinished", lambda asked: asked.url.endswith("/properties") and asked != news.request
    ):
        news.fulfill(response=read)  # asked for once more
    expect(page.locator("#properties")).to_have_class("properties")
    expect(page.locator("#properties .htmx-request")).to_have_count(0)
    expect(page.locator("#p-priority")).to_have_value("urgent")
    expect(page.locator("#p-status")).to_have_value("pending")
    # And nothing that was begun to be typed after the news were asked for.
    held.clear()
    page.evaluate(NEWS)
    page.locator("#p-tag").fill("half a t")
    eventually(lambda: page.evaluate("1") and len(held) == 1)
    with page.expect_response("**/properties"):
        held[0].continue_()
    expect(page.locator("#properties")).to_have_class("properties")
    expect(page.locator("#p-tag")).to_have_value("half a t")
    assert not said, said


def test_properties_are_collapsed_on_a_phone_until_button_or_shortcut(
    browser: Browser, live_server: Any, lead: Agent
) -> None:
    ticket = make_ticket()
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/")
    page.goto(f"{live_server.url}/tickets/{ticket.pk}")
    unfold = page.get_by_role("button", name="Properties")
    expect(page.locator("#p-status")).to_be_visible()
    expect(page.locator("#p-priority")).to_be_hidden()
    unfold.click()
    expect(unfold).to_have_attribute("aria-expanded", "true")
    page.locator("#p-priority").select_option("urgent")
    told(page, "Priority: urgent.")
    expect(page.locator("#p-priority")).to_be_visible()
    unfold.click()
    expect(page.locator("#p-priority")).to_be_hidden()
    page.keyboard.press("a")
    expect(page.locator("#p-assignee")).to_be_focused()
    expect(unfold).to_have_attribute("aria-expanded", "true")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(unfold).to_be_hidden()
    assert not said, said


def test_properties_actions_and_history_work_without_javascript(
    browser: Browser, live_server: Any, lead: Agent
) -> None:
    ticket = make_ticket()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, live_server, lead, "/accounts/login/")
    page.goto(f"{live_server.url}/tickets/{ticket.pk}/properties")
    page.locator("#p-priority").select_option("urgent")
    page.get_by_role("button", name="Set the priority").click()
    becomes(lambda: "Priority: urgent." in page.locator("#news").inner_text())
    page.goto(f"{live_server.url}/tickets/{ticket.pk}/about")
    page.locator(".todo [type=checkbox]").first.check()
    page.locator(".todo").get_by_role("button").first.click()
    becomes(lambda: "Done: " in page.locator("#news").inner_text())
    page.goto(f"{live_server.url}/tickets/{ticket.pk}/about")
    page.locator("#history > summary").click()
    page.locator("#history-page").click()
    becomes(lambda: page.locator(".trail li").count() >= 2)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390), ("light", 320)])
def test_extreme_values_do_not_break_layout_or_accessibility(
    browser: Browser, live_server: Any, lead: Agent, scheme: Any, width: int
) -> None:
    customer = make_customer("W" * 200)
    for number in range(7):
        make_order(
            customer,
            number=f"{HOSTILE[:60]}{number}",
            placed_at=timezone.now() - timedelta(days=400 * number + 1),
            lines=[services.LineData("L" * 300)] * 3,
            tracking_numbers=["T" * 100],
            shipping_carrier="\u202eمرحبا" + "C" * 80,
        )
    tickets = [make_ticket(customer, subject="S" * 300) for _ in range(12)]
    services.update_ticket(lead, tickets[0].pk, {"tags": [f"{'t' * 45}{number}" for number in range(10)]})
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/")
    here = f"/tickets/{tickets[0].pk}"
    for path in (f"{here}/about", f"{here}/properties", f"{here}/history", f"/customers/{customer.pk}"):
        page.goto(f"{live_server.url}{path}")
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        page.wait_for_load_state("networkidle")
        becomes(lambda: page.evaluate(FAULTS), [])
    assert not said, said
