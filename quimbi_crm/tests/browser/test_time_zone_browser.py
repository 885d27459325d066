"""The browser's time zone at the first sign-in, the profile page that changes it, and customers and orders in search."""

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from agents.models import Agent
from quimbi_crm.tests.browsers import FAULTS, complaints, sign_in
from tickets.tests.factories import make_customer, make_order

pytestmark = pytest.mark.django_db(transaction=True)


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_first_sign_in_stores_the_browsers_time_zone_and_profile_changes_it(
    browser: Browser, live_server: Any, senior: Agent
) -> None:
    page = browser.new_context(timezone_id="Pacific/Chatham", viewport={"width": 1280, "height": 900}).new_page()
    said = complaints(page)
    page.goto(f"{live_server.url}/accounts/login/")
    picture(page, "sign-in")
    sign_in(page, live_server, senior, "/accounts/login/")
    assert Agent.objects.get(pk=senior.pk).time_zone == "Pacific/Chatham"
    page.goto(f"{live_server.url}/accounts/profile/")
    assert page.input_value("#zone") == "Pacific/Chatham"
    page.select_option("#zone", "Europe/Berlin")
    page.get_by_role("button", name="Save time zone").click()
    page.get_by_text("Time zone saved.").first.wait_for()
    assert Agent.objects.get(pk=senior.pk).time_zone == "Europe/Berlin"
    assert page.evaluate(FAULTS) == []
    picture(page, "profile")
    make_order(make_customer("Jürgen Müller", email="jm@example.com"), number="#A-1001")
    page.goto(f"{live_server.url}/?q=muller")
    page.locator(".records a", has_text="Jürgen Müller").wait_for()
    picture(page, "search")
    page.keyboard.press("Control+k")
    page.fill("#palette-q", "a-1001")
    page.keyboard.press("Enter")
    page.locator(".records a", has_text="#A-1001").wait_for()
    assert page.evaluate(FAULTS) == []
    picture(page, "search-order")
    assert said == []
