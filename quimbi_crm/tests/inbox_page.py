"""An inbox in a browser with some tickets, and what is listed and selected in it."""

from typing import Any

from playwright.sync_api import BrowserContext, Page

from tickets.tests.factories import make_customer, make_ticket

FOCUSED = "document.activeElement.textContent.trim()"


def inbox(context: BrowserContext, live_server: Any, query: str = "", rows: int = 3) -> Page:
    for number in range(rows):
        make_ticket(make_customer(), subject=f"Number {number}", days=30 - number / 2)
    page = context.new_page()
    page.goto(f"{live_server.url}/{query}")
    page.wait_for_selector(".row")
    return page


def subjects(page: Page) -> list[str]:
    return page.locator(".row h3").all_inner_texts()


def ticked(page: Page) -> list[str]:
    return page.locator(".row:has(.pick :checked) h3").all_inner_texts()
