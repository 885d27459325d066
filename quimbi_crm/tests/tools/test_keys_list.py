"""The keyboard shortcut list (`?`) names exactly the keys that work on the page."""

import re
from typing import Any

import pytest

from agents.models import Agent
from agents.tests.browsing import browser
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db
# Acted on by inbox.js, without a control of their own.
ROWS = {"j", "k", "enter", "x", "e", "a", "c"}


def listed(page: str) -> set[str]:
    """Return the listed keys, without those that work on every page and the composer's Ctrl keys."""
    found = set()
    for part in re.findall(r"<dt>(.*?)</dt>", page[page.index('class="keymap"') :].partition("</dl>")[0]):
        keys = [key.lower() for key in re.findall(r"<kbd>(.*?)</kbd>", part)]
        found |= {"1", "2", "3", "4"} if keys == ["1", "4"] else set() if "ctrl" in keys else set(keys)
    return found - {"?", "esc"}


def acting(page: str) -> set[str]:
    return set(re.findall(r'data-key="(.)"', page))


def test_shortcut_list_names_exactly_the_working_keys_of_each_page(manager: Agent, lead: Agent, agent: Agent) -> None:
    customer = make_customer()
    ticket: Any = make_ticket(customer, assigned_to=manager)
    make_ticket(customer)
    pages = {
        "/": ROWS,
        "/agents": set(),
        f"/agents/{agent.pk}": set(),
        "/agents/new": set(),
        "/overview": set(),
        "/order": set(),
        f"/customers/{customer.pk}": set(),
        f"/tickets/{ticket.pk}": set(),
        f"/tickets/{ticket.pk}/history": set(),
        "/accounts/profile/": set(),
    }
    for person in (manager, lead):
        for address, more in pages.items():
            page = browser(person).get(address).content.decode()
            assert listed(page) == acting(page) | more, (person.role, address)
            leads_back = 'data-key="escape"' in page
            assert leads_back == bool(re.search("then (go )?back", page)), address
