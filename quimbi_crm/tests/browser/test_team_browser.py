"""Account management in a real browser: invite, edit and deactivate by keyboard, without browser errors."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from agents.models import Agent
from agents.tests.browsing import HOSTILE
from quimbi_crm.tests.browsers import FAULTS, becomes, complaints, sign_in
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


def command(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the control with that name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()") == name:
            return
    pytest.fail(f"Tab never reaches {name}")


def test_manager_invites_edits_and_deactivates_an_agent_by_keyboard(
    context: BrowserContext, live_server: Any, manager: Agent
) -> None:
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, manager, "/accounts/login/")
    command(page, "go to the agents")
    page.wait_for_url("**/agents")
    becomes(lambda: page.evaluate(FAULTS), [])

    page.keyboard.press("c")
    page.wait_for_url("**/agents/new")
    becomes(lambda: page.evaluate(FAULTS), [])
    tab_to(page, "Name")
    page.keyboard.type("Nora New")
    tab_to(page, "Work email")
    page.keyboard.type("nora@example.com")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nora New is invited")
    becomes(lambda: "/accounts/invitation/" in page.input_value("#link"))
    becomes(lambda: page.evaluate(FAULTS), [])
    nora = Agent.objects.get(email="nora@example.com")
    for number in range(2):
        make_ticket(make_customer(f"Customer {number}"), assigned_to=nora)

    tab_to(page, "Go to the account")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2 of 20")
    becomes(lambda: page.evaluate(FAULTS), [])
    tab_to(page, "Department")
    page.keyboard.type("Returns")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Account of \u2068Nora New\u2069 saved.")
    nora.refresh_from_db()
    assert nora.department == "Returns"

    command(page, "deactivate")
    page.wait_for_selector("text=2 assigned tickets")
    becomes(lambda: page.evaluate(FAULTS), [])
    tab_to(page, "Deactivate account")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=\u2068Nora New\u2069 is deactivated")
    nora.refresh_from_db()
    assert not nora.is_active
    assert said == []


def test_agent_list_is_filtered_in_place(context: BrowserContext, live_server: Any, lead: Agent, agent: Agent) -> None:
    page = context.new_page()
    said = complaints(page)
    sign_in(page, live_server, lead, "/accounts/login/?next=/agents")
    page.keyboard.press("/")
    page.keyboard.type("ada")
    page.wait_for_selector("#found >> text=1 account")
    becomes(lambda: page.evaluate("document.activeElement.id"), "q")
    becomes(lambda: page.url.endswith("/agents?q=ada"))
    page.select_option("select[name=role]", "team_lead")
    page.wait_for_selector("text=No accounts match")
    page.go_back()
    page.wait_for_selector("text=Ada Agent")
    assert said == []


def test_extreme_names_break_no_agent_page_on_a_phone_or_without_javascript(
    browser: Browser, live_server: Any, manager: Agent, make_agent: Any
) -> None:
    names = ["W" * 200, HOSTILE, "محمد عبد الرحمن", "👩‍👩‍👧‍👦 Emoji", "\u202eReversed"]
    people = [make_agent(name=name, department=name[:100]) for name in names]
    for options in ({"viewport": {"width": 320, "height": 640}}, {"java_script_enabled": False}):
        context = browser.new_context(**options)
        page = context.new_page()
        said = complaints(page)
        sign_in(page, live_server, manager, "/accounts/login/")
        for path in ("/agents", "/agents?q=w&status=online", "/agents/new", *(f"/agents/{one.pk}" for one in people)):
            page.goto(f"{live_server.url}{path}")
            if options.get("java_script_enabled", True):
                assert page.evaluate(FAULTS) == []
        assert said == []
        context.close()


def test_long_name_does_not_widen_the_profile_or_the_user_menu(
    browser: Browser, live_server: Any, make_agent: Any
) -> None:
    context = browser.new_context(viewport={"width": 320, "height": 700})
    page = context.new_page()
    sign_in(page, live_server, make_agent(name="W" * 200, department="W" * 100), "/accounts/login/")
    page.goto(f"{live_server.url}/accounts/profile/")
    becomes(lambda: page.evaluate(FAULTS), [])
    page.click("nav details.me > summary")
    wide = page.evaluate("""() => [...document.querySelectorAll("main *, .me .panel *")].filter((one) =>
      one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML.slice(0, 80))""")
    assert wide == []


def test_profile_pages_and_error_pages_have_no_fault_and_lead_to_the_inbox(
    context: BrowserContext, live_server: Any, agent: Agent
) -> None:
    page = context.new_page()
    sign_in(page, live_server, agent, "/accounts/login/")
    for path in ("profile/", "profile/password/", "second-factor/"):
        page.goto(f"{live_server.url}/accounts/{path}")
        becomes(lambda: page.evaluate(FAULTS), [])
        becomes(lambda: page.locator("nav.rail").count(), 1)
    for path in ("/agents", "/nothing/here"):
        page.goto(f"{live_server.url}{path}")
        becomes(lambda: page.evaluate(FAULTS), [])
        page.click("text=Back to the home page")
        page.wait_for_selector("h1 >> text=Inbox")
