"""The inbox search shows matching customers and orders that the agent may see."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


def records(agent: Agent, q: str, **extra: Any) -> str:
    page = browser(agent).get("/", {"q": q}, **extra).content.decode()
    found = re.search(r'<div class="card records">(.*?)</div>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_inbox_search_finds_customer_without_tickets(senior: Agent) -> None:
    customer = make_customer("Jürgen Müller", email="jm@example.com", phones=["+49301234567"])
    for q in ("muller", "jm@example", "030 1234-567"):
        assert "Jürgen Müller" in records(senior, q)
    assert f"/customers/{customer.pk}" in browser(senior).get("/?q=muller").content.decode()


def test_inbox_search_finds_order_without_tickets(senior: Agent) -> None:
    make_order(make_customer("Ann Lee"), number="#A-1001")
    assert "#A-1001 Ann Lee" in records(senior, "a-1001")
    assert records(senior, "a-10") == ""


def test_inbox_search_shows_only_visible_customers_and_orders(agent: Agent) -> None:
    mine, other = make_customer("Ann Müller"), make_customer("Bob Müller")
    make_ticket(mine, assigned_to=agent)
    make_ticket(other)
    make_order(other, number="A-1")
    assert "Ann Müller" in records(agent, "muller") and "Bob" not in records(agent, "muller")
    assert records(agent, "A-1") == ""


def test_customer_names_in_inbox_search_are_escaped(senior: Agent) -> None:
    make_customer(f"Ann {HOSTILE}"[:200])
    assert "<script>" not in browser(senior).get("/?q=ann").content.decode().split('class="card records"')[1][:2000]


def test_inbox_search_records_are_limited_and_cost_constant_queries(senior: Agent) -> None:
    client = browser(senior)
    counts = []
    for number in range(9):
        make_order(make_customer(f"Ann {number}"), number=f"A-{number}")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get("/?q=ann").content.decode()
        counts.append(len(queries))
    assert len(set(counts[1:])) == 1
    assert page.count('href="/customers/') == 6 and "There are more results." in page
