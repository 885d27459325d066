"""The customer page: records, figures, forecast and permissions."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import override

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from intelligence.contract.facts import CustomerFacts
from intelligence.contract.results import Archetype, CustomerAnalysis, Provenance
from intelligence.pages.customer_profile import person
from intelligence.services.customer_intelligence import CustomerIntelligence
from tickets import services
from tickets.models import Customer
from tickets.pages.customer.purchase_chart import MOST, WIDTH, chart
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


def shown(client: Client, customer: Customer, query: str = "") -> str:
    answer = client.get(f"/customers/{customer.pk}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def bought(customer: Customer, days: float, **fields: Any) -> None:
    fields.setdefault("lines", [services.LineData("Blue mug", 2)])
    make_order(customer, placed_at=timezone.now() - timedelta(days=days), **fields)


def test_customer_page_shows_records_figures_and_forecast(senior: Agent) -> None:
    customer = make_customer("Dorothy Pelham", email="dorothy@example.com", phones=["+14155550123"])
    for days in (300, 200, 100, 5):
        bought(customer, days, number=f"#{days}", total=Decimal(80))
    make_ticket(customer, subject="Lost parcel")
    page = shown(browser(senior), customer)
    for said in ("Dorothy Pelham", "dorothy@example.com", "+14155550123", "reply address", "Lost parcel", "#300", "#5"):
        assert said in page
    for said in (
        "Purchases over time",
        "Churn risk",
        "Segment",
        "Data sources",
    ):
        assert said in page
    assert "<dt>Lifetime value</dt><dd>320</dd>" in page and "Orders repeatedly" in page
    assert page.count('<rect class="b1"') >= 10 and "Source: built-in rules" in page


def test_customer_page_says_unknown_for_customer_without_orders(senior: Agent) -> None:
    customer = make_customer(email=None)
    page = shown(browser(senior), customer)
    for said in (
        "no orders yet, created on",
        "Churn risk unknown",
        "No forecast",
        "Unknown: no orders yet",
    ):
        assert said in page
    assert "No contact details" in page and "No tickets that you can see" in page and "<rect" not in page


def test_customer_page_is_hidden_from_agents_without_a_ticket_of_the_customer(agent: Agent, senior: Agent) -> None:
    customer, client = make_customer(), browser(agent)
    make_ticket(customer, subject="Of others", assigned_to=senior)
    assert client.get(f"/customers/{customer.pk}").status_code == 404
    assert client.post(f"/customers/{customer.pk}").status_code == 405
    assert Client().get(f"/customers/{customer.pk}").status_code == 302
    mine = make_ticket(customer, subject="Of mine", assigned_to=agent)
    page = shown(client, customer)
    assert "Of mine" in page and "Of others" not in page
    services.update_ticket(senior, mine.pk, {"status": "closed"})
    assert "Of mine" in shown(client, customer)


def test_order_and_ticket_lists_are_paginated_with_constant_queries(
    senior: Agent, django_assert_num_queries: Any
) -> None:
    little, much = make_customer(), make_customer()
    bought(little, 3)
    make_ticket(little)
    for number in range(40):
        bought(much, 20 * number + 1, number=f"order {number}.", lines=[services.LineData("A"), services.LineData("B")])
    for number in range(30):
        make_ticket(much, subject=f"Ticket {number}.", days=number + 1)
    client = browser(senior)
    for customer in (little, much):
        with django_assert_num_queries(15):
            page = shown(client, customer)
    assert "order 0." in page and "order 39." not in page and "Ticket 0." in page and "Ticket 29." not in page
    page = shown(client, much, "?orders=5&tickets=3")
    assert "order 39." in page and "Ticket 29." in page and "Older" not in page and "page 5 of 5" in page
    for odd in ("x", "-1", "0", "9" * 30, "²"):
        assert 'class="orders"' in shown(client, much, f"?orders={odd}&tickets={odd}")


def test_customer_page_escapes_hostile_data(senior: Agent) -> None:
    customer = make_customer(HOSTILE)
    bought(customer, 3, number=HOSTILE, shipping_carrier=HOSTILE, tracking_numbers=[HOSTILE], currency="EUR")
    bought(customer, 20_000, number="#old", total=Decimal("9999999999.99"))
    bought(customer, -4000, number="#future")
    make_ticket(customer, HOSTILE, subject=HOSTILE)
    page = shown(browser(senior), customer)
    assert "<script>alert" not in page and "<img" not in page and "Before " in page


# --- The chart ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("months", "bars"), [(1, 1), (24, 24), (25, 9), (60, 20), (70, 24), (71, 6), (900, 24)])
def test_chart_bars_are_months_then_quarters_then_years(months: int, bars: int) -> None:
    first = date(1950, 1, 1)
    last = date(1950 + (months - 1) // 12, (months - 1) % 12 + 1, 1)
    found = chart([(first, 10.0, 1), (last, 20.0, 2)] if months > 1 else [(first, 10.0, 1)], last)
    assert len(found.bars) == bars <= MOST
    assert all(float(bar.x) + float(bar.width) <= WIDTH and float(bar.height) >= 0 for bar in found.bars)
    assert bool(found.left_out) == (months == 900)


def test_chart_includes_months_without_orders_and_free_orders() -> None:
    found = chart(
        [(date(2026, 1, 1), 100.0, 1), (date(2026, 4, 1), 0.0, 1), (date(2026, 5, 1), -20.0, 1)], date(2026, 5, 3)
    )
    assert [bar.height for bar in found.bars[1:]] == ["0.0", "0.0", "2.0", "2.0"]
    assert "most in January 2026, with 100" in found.told
    assert chart([], date(2026, 5, 3)).bars == []


def test_chart_extends_to_today() -> None:
    found = chart([(date(2025, 12, 1), 100.0, 1), (date(2026, 1, 1), 50.0, 1)], date(2026, 4, 2))
    assert [bar.amount for bar in found.bars] == ["100", "50", "0", "0", "0"]
    assert found.told == "Spent from December 2025 to April 2026; most in December 2025, with 100."
    assert len(chart([(date(2025, 12, 1), 100.0, 1)], date(2025, 11, 1)).bars) == 1  # an order dated ahead


@pytest.mark.parametrize(
    ("months", "told"),
    [
        (1, "Ausgegeben im Mai 2026: 10."),
        (12, "Ausgegeben von Juni 2025 bis Mai 2026; am meisten im Juni 2025, mit 10."),
        (40, "Ausgegeben vom 1. Quartal 2023 bis zum 2. Quartal 2026; am meisten im 1. Quartal 2023, mit 10."),
        (100, "Ausgegeben von 2018 bis 2026; am meisten 2018, mit 10."),
    ],
)
def test_chart_summary_names_periods_in_german(months: int, told: str) -> None:
    first = 2026 * 12 + 5 - months
    with override("de"):
        assert chart([(date(first // 12, first % 12 + 1, 1), 10.0, 1)], date(2026, 5, 20)).told == told


def test_forecast_explains_each_figure_and_marks_fallback_source() -> None:
    told = Provenance("quimbi", "q 2", degraded=True, reasons=("Quimbi failed.",))
    customer = make_customer()
    analysis = CustomerAnalysis(
        customer.pk,
        told,
        Archetype("whale_at_risk", 1, 0.1),
        churn_risk=0.654,
        churn_level="critical",
        churn_percentile=91.25,
        churn_base_rate=0.3,
        horizon_days=90,
        predicted_ltv_12mo=1234.5,
        revenue_at_risk=800.0,
    )
    facts = CustomerFacts(customer.pk, customer.name, 0.0, 0)
    found = person(customer, CustomerIntelligence(facts, analysis, timezone.now()))
    assert [one.value for one in found.forecast] == ["1,234", "800", "91.2", "30\u00a0%"]
    assert all(one.how for one in found.forecast)
    assert found.told.stands_in and found.told.reasons == ("Quimbi failed.",) and found.told.source == "quimbi"
    assert found.churn and (found.churn.percent, found.churn.level, found.churn.grave) == (
        "65\u00a0%",
        "critical",
        True,
    )
    assert found.churn.about == "Probability of no order within 90 days." and len(found.meanings) == 2


def test_refund_total_includes_cancelled_orders(senior: Agent) -> None:
    customer = make_customer()
    bought(customer, 9, total=Decimal(80), refunded=Decimal(10))
    bought(customer, 5, total=Decimal(50), refunded=Decimal(50), status="cancelled")
    page = shown(browser(senior), customer)
    assert "<dt>Refunds</dt><dd>60</dd>" in page and "including cancelled orders" in page


def test_english_text_on_german_page_is_marked_with_lang_attribute(senior: Agent) -> None:
    customer = make_customer()
    for days in (400, 300, 200):
        bought(customer, days)
    client = browser(senior, HTTP_ACCEPT_LANGUAGE="de")
    answer = client.get(f"/customers/{customer.pk}")
    page = answer.content.decode()
    person = answer.context["person"]
    for said in (*person.churn.reasons, person.churn.advice, *person.guidance, *person.told.reasons):
        assert re.search(rf'lang="en">{re.escape(escape(said))}<', page), said
    assert person.churn.reasons and person.guidance and person.told.reasons
    assert "<li dir=" not in page  # its bullet would stand at the other side, outside the card
    ticket = make_ticket(customer)
    page = client.get(f"/tickets/{ticket.pk}").content.decode()
    todo = client.get(f"/tickets/{ticket.pk}").context["todo"]
    for said in (*person.guidance, *(box.title for box in todo.boxes), *(box.reason for box in todo.boxes)):
        assert re.search(rf'lang="en">{re.escape(escape(said))}<', page), said


def test_dates_follow_the_language_of_the_reader(senior: Agent) -> None:
    customer = make_customer()
    make_order(customer, placed_at=datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert ">5 Mar 2026<" in shown(browser(senior), customer)
    assert ">5. Mär 2026<" in shown(browser(senior, HTTP_ACCEPT_LANGUAGE="de"), customer)
