"""Pages in a real browser: the content security policy blocks nothing, nothing is missing or loaded from other hosts."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from agents.models import Agent
from agents.tests.factories import PASSWORD
from quimbi_crm.tests.browsers import becomes, complaints, dialogs, sign_in
from tickets.tests.factories import make_customer, make_ticket


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.mark.django_db(transaction=True)
def test_start_page_api_docs_and_browsable_api_load_without_errors(page: Page, live_server: Any, senior: Agent) -> None:
    said = complaints(page)
    page.goto(live_server.url)
    becomes(lambda: "Quimbi CRM" in page.inner_text("h1"))
    page.click("text=API documentation")
    page.wait_for_selector("text=List tickets in smart order")
    assert {host(url) for url in page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")} <= {
        host(live_server.url),
        "",
    }
    make_ticket(make_customer("<script>alert(1)</script>"), "<img src=x onerror=alert(1)>")
    sign_in(page, live_server, senior, "/accounts/login/?next=/api/tickets")
    becomes(lambda: page.url.endswith("/api/tickets"))
    becomes(lambda: "smart_score" in page.inner_text(".response-info"))
    becomes(lambda: "<script>alert(1)</script>" in page.inner_text(".response-info"))
    assert said == []


def host(url: str) -> str:
    return url.split("/")[2] if "://" in url else ""


@pytest.mark.django_db(transaction=True)
def test_sign_in_works_by_keyboard_on_a_phone_without_javascript(
    browser: Browser, live_server: Any, agent: Agent
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640}, color_scheme="dark", java_script_enabled=False
    )
    page = context.new_page()
    said = complaints(page)
    page.goto(f"{live_server.url}/accounts/login/?next=/accounts/profile/")
    expect(page.locator("input[name=username]")).to_be_focused()
    page.keyboard.type(agent.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    for _ in range(2):  # past "Forgot your password?"
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # stay signed in
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/profile/")
    becomes(lambda: page.inner_text("h1"), agent.name)
    kept = [cookie for cookie in context.cookies() if cookie["name"] == "sessionid"]
    assert kept[0]["expires"] > 0 and kept[0]["httpOnly"]
    for path in (
        "/accounts/profile/",
        "/accounts/second-factor/",
        "/accounts/profile/password/",
        "/accounts/forgotten/",
    ):
        page.goto(f"{live_server.url}{path}")
        box = page.locator("main .card").first.bounding_box()
        assert box is not None and box["x"] + box["width"] <= 320, path
    assert said == []


@pytest.mark.django_db(transaction=True)
def test_admin_site_pages_load_without_errors_and_escape_hostile_data(
    page: Page, live_server: Any, manager: Agent
) -> None:
    hostile = make_customer("<b onmouseover=alert(1)>Klee</b>")
    ticket = make_ticket(hostile, "<script>document.title = 'owned'</script>", subject="<svg onload=alert(1)>")
    said = complaints(page)
    dialogs(page, said)
    sign_in(page, live_server, manager, "/admin/")
    for path in (
        "/admin/",
        "/admin/tickets/ticket/",
        f"/admin/tickets/ticket/{ticket.pk}/change/",
        "/admin/tickets/customer/",
        f"/admin/tickets/customer/{hostile.pk}/change/",
        "/admin/tickets/order/",
        "/admin/agents/agent/",
        f"/admin/agents/agent/{manager.pk}/change/",
        "/admin/agents/auditentry/",
        "/admin/ai/",
    ):
        answer = page.goto(f"{live_server.url}{path}")
        page.wait_for_load_state("networkidle")
        assert answer is not None and answer.status == 200, path
        assert said == [], path
    assert page.title() != "owned"
