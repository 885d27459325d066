"""The about panel of a ticket page: customer, next best actions, ranking score and other tickets."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from intelligence.contract.results import Factor
from intelligence.models import CompletedAction
from intelligence.pages.customer_profile import _reason
from intelligence.pages.ticket_context import about_context
from intelligence.tests.stubs import Stub, install
from tickets import services
from tickets.models import Customer, Ticket
from tickets.pages.customer.purchases import parcels
from tickets.tests.factories import make_customer, make_order, make_ticket
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
HERE = "/tickets/{}/about"


def shown(client: Client, ticket: Ticket) -> str:
    answer = client.get(HERE.format(ticket.pk), headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def asked(customer: Customer | None = None, text: str = "Where is my parcel?", **fields: Any) -> Ticket:
    return make_ticket(customer, text, created_at=timezone.now() - timedelta(days=2), **fields)


def bought(customer: Customer, days: float = 3, **fields: Any) -> None:
    lines = fields.pop("lines", [services.LineData("Blue mug", 2)])
    make_order(customer, placed_at=timezone.now() - timedelta(days=days), lines=lines, **fields)


def tick(client: Client, ticket: Ticket, key: str, page: str = "", done: bool = True, **more: Any) -> Any:
    """Submit the form of an action checkbox as the page does."""
    about = page.split(f'name="key" value="{key}"><input type="hidden" name="about" value="')[-1].split('"')[0]
    data = {"key": key, "about": about, **({"done": "1"} if done else {})}
    return client.post(f"/tickets/{ticket.pk}/action", data, **more)


# --- The customer ------------------------------------------------------------------------------------------------------
def test_about_panel_shows_customer_figures_and_churn_risk(senior: Agent) -> None:
    customer = make_customer("Dorothy Pelham")
    for days in (400, 340, 280, 40):
        bought(customer, days, total=Decimal(80), refunded=Decimal(10), fulfillment_status="returned")
    page = shown(browser(senior), asked(customer))
    assert f'href="/customers/{customer.pk}"' in page and "Dorothy Pelham" in page
    for name, value in (("Lifetime value", "280"), ("Orders", "4"), ("Returns", "4"), ("Refunds", "40")):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    assert "<dt>Order interval</dt><dd>120 days</dd>" in page
    assert "Churn risk " in page and "Last order 40 days ago." in page and 'class="p-churn" width="' in page
    assert "Communication guidance" in page


def test_about_panel_says_unknown_for_customer_without_orders(senior: Agent) -> None:
    page = shown(browser(senior), asked())
    assert "no orders yet" in page and "Churn risk unknown" in page and "No orders from the shop yet" in page
    assert "<dt>Order interval</dt><dd>unknown</dd>" in page
    assert "No tickets that you can see" in page
    assert "<bdi>unknown</bdi>" in page and "<bdi>not analyzed yet</bdi>" in page and "<td>–</td>" in page


def test_churn_reason_without_text_is_built_from_name_and_value() -> None:
    assert _reason(Factor("Two late parcels.", 2, "late")) == "Two late parcels."
    assert _reason(Factor("", 0.5, "recency_score")) == "Recency score: 0.5"
    assert (_reason(Factor("", None, "few_visits")), _reason(Factor(""))) == ("Few visits", "")


# --- Orders ------------------------------------------------------------------------------------------------------------
def test_about_panel_shows_latest_order_with_shipping_progress_and_tracking_link(senior: Agent) -> None:
    customer = make_customer()
    bought(
        customer,
        number="#48213",
        total=Decimal("186.40"),
        status="paid",
        fulfillment_status="shipped",
        shipping_carrier="UPS",
        tracking_numbers=["1Z 88"],
        tracking_urls=["https://ups.example/1Z88"],
    )
    bought(customer, 1, number="#gone", status="cancelled")
    page = shown(browser(senior), asked(customer))
    assert "186.40" in page and "2 × Blue mug" in page and "<bdi>UPS</bdi>" in page
    assert '<a href="https://ups.example/1Z88" rel="noopener noreferrer nofollow" target="_blank">' in page
    assert page.count('<li class="done">') == 2 and page.index("#48213") < page.index("Other orders") < page.index(
        "#gone"
    )


def test_tracking_url_becomes_a_link_only_if_it_is_http_or_https() -> None:
    addresses = [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example",
        "http://[bad",
        "https://",
        "HTTP://a.example/1",
    ]
    found = parcels([f"n{place}" for place in range(len(addresses))], addresses)
    assert [one.address for one in found] == ["", "", "", "", "", "HTTP://a.example/1"]
    assert [one.number for one in parcels([], ["https://a.example/x", "javascript:alert(1)"])] == ["a.example"]


# --- What to do --------------------------------------------------------------------------------------------------------
def test_action_is_completed_and_reopened(senior: Agent) -> None:
    ticket, client = asked(), browser(senior)
    services.update_ticket(senior, ticket.pk, {"add_tags": ["shipping"]})
    page = shown(client, ticket)
    assert 'name="key" value="ask_order_number"' in page and "0 of " in page
    answer = tick(client, ticket, "ask_order_number", page, headers=HTMX)
    page = answer.content.decode()
    assert "<section" not in page and "done by Sena Senior" in page and 'data-said="Done:' in page
    assert CompletedAction.objects.get().completed_by == senior
    page = tick(client, ticket, "ask_order_number", page, done=False, headers=HTMX).content.decode()
    assert "Reopened:" in page and not CompletedAction.objects.exists()
    page = tick(client, ticket, "ask_order_number", page, follow=True).content.decode()
    assert "Done: " in page and CompletedAction.objects.exists()


def test_completing_an_action_that_left_the_list_shows_an_error(senior: Agent) -> None:
    customer = make_customer()
    ticket, client = asked(customer), browser(senior)
    services.update_ticket(senior, ticket.pk, {"add_tags": ["shipping"]})
    page = shown(client, ticket)
    assert 'value="ask_order_number"' in page
    services.post_message(senior, ticket.pk, "This is an emergency, my house is on fire!", from_agent=False)
    bought(customer, number="#1", fulfillment_status="shipped", status="shipped", tracking_numbers=["1Z"])
    page = tick(client, ticket, "ask_order_number", page, headers=HTMX).content.decode()
    assert "this action is no longer in the list" in page and 'role="alert"' in page
    assert not CompletedAction.objects.exists()
    answer = tick(client, ticket, "no such key", "\x00" * 200, follow=True)
    assert "no longer in the list" in answer.content.decode()


def test_urgent_action_is_marked_and_closed_ticket_has_no_actions(senior: Agent) -> None:
    ticket = asked(text="I have asked my bank about a chargeback.")
    services.update_ticket(senior, ticket.pk, {"add_tags": ["chargeback"]})
    client = browser(senior)
    assert "urgent" in shown(client, ticket)
    services.update_ticket(senior, ticket.pk, {"status": "closed"})
    page = shown(client, ticket)
    assert "No actions." in page and "Why it had this score" in page and "is not in the queue" in page


def test_summary_is_shown_only_for_long_conversation(senior: Agent) -> None:
    ticket, client = asked(), browser(senior)
    assert 'id="summary"' not in shown(client, ticket)
    for number in range(9):
        services.post_message(senior, ticket.pk, f"Number {number}", from_agent=number % 2 == 0)
    assert "messages from the customer" in shown(client, ticket)


# --- The score ---------------------------------------------------------------------------------------------------------
def test_score_explanation_shows_components_and_rank(senior: Agent) -> None:
    asked(days=1)
    ticket = make_ticket(make_customer(churn=0.65), created_at=timezone.now() - timedelta(days=1))
    client = browser(senior)
    page = shown(client, ticket)
    assert "Why it ranks number 2" in page or "Why it ranks first" in page
    assert "65\u00a0%" in page and "with urgent priority" in page and "if a topic alert matched" in page
    create_alert(senior, "parcel")
    page = shown(client, ticket)
    assert "“parcel”" in page and "if a topic alert matched" not in page and "topic alert 5.0" in page


def test_rank_on_ticket_page_matches_inbox_order(senior: Agent) -> None:
    tickets = [
        make_ticket(created_at=timezone.now() - timedelta(days=day), text=f"topic {day % 2}") for day in range(5)
    ]
    create_alert(senior, "topic 1")
    client = browser(senior)
    inbox = client.get("/").content.decode()
    for ticket in tickets:
        place = sum(inbox.index(f"/tickets/{other.pk}") <= inbox.index(f"/tickets/{ticket.pk}") for other in tickets)
        said = "Why it ranks first" if place == 1 else f"Why it ranks number {place}"
        assert said in shown(client, ticket)


def test_ticket_created_in_the_future_shows_negative_waiting_score(senior: Agent) -> None:
    ticket = make_ticket(created_at=timezone.now() + timedelta(days=9), priority="low")
    assert "−9.0" in shown(browser(senior), ticket).replace("-9.0", "−9.0")


# --- Who may, and how much it takes ------------------------------------------------------------------------------------
def test_about_panel_hides_tickets_the_agent_may_not_see(agent: Agent, senior: Agent) -> None:
    customer = make_customer()
    mine, theirs = asked(customer, assigned_to=agent), asked(customer, subject="Secret of others", assigned_to=senior)
    client = browser(agent)
    assert client.get(HERE.format(theirs.pk)).status_code == 404
    assert tick(client, theirs, "answer").status_code == 404
    assert "Secret of others" not in shown(client, mine)
    assert "Secret of others" in shown(browser(senior), mine)


def test_about_panel_query_count_is_independent_of_order_and_ticket_count(
    senior: Agent, django_assert_num_queries: Any
) -> None:
    none, one, much = make_customer(), make_customer(), make_customer()
    bought(one)
    for number in range(40):
        bought(much, 10 * number + 1, lines=[services.LineData(f"Line {line}") for line in range(5)])
    tickets = [asked(none), asked(one), *(asked(much) for _ in range(30))]
    for number in range(20):
        services.post_message(senior, tickets[-1].pk, f"Number {number}", from_agent=False)
    client = browser(senior)
    # Two of them say who asks; without an order there are no lines to read.
    for ticket, count in ((tickets[0], 13), (tickets[1], 14), (tickets[-1], 14)):
        with django_assert_num_queries(count):
            page = shown(client, ticket)
    assert "34 more orders" in page and "All tickets of this customer" in page


def test_about_context_needs_at_most_13_queries(lead: Agent, django_assert_max_num_queries: Any) -> None:
    ticket = Ticket.objects.select_related("customer", "assigned_to").get(pk=asked().pk)
    with django_assert_max_num_queries(13):
        assert {"person", "todo", "why", "past", "properties"} <= about_context(lead, ticket, timezone.now()).keys()


def test_about_panel_escapes_hostile_data(senior: Agent) -> None:
    customer = make_customer(HOSTILE)
    hostile: dict[str, Any] = {"number": HOSTILE, "shipping_carrier": HOSTILE, "tracking_numbers": [HOSTILE]}
    bought(customer, lines=[services.LineData(HOSTILE)] * 30, total=Decimal("9999999999.99"), **hostile)
    bought(customer, -400, number="#future")
    ticket = asked(customer, HOSTILE, subject=HOSTILE)
    asked(customer, subject=HOSTILE)
    for page in (shown(browser(senior), ticket), browser(senior).get(HERE.format(ticket.pk)).content.decode()):
        assert "<script>alert" not in page and "<img" not in page
    assert "and 18 more" in page and "<html" in page


def test_fallback_answers_are_marked_on_about_panel(senior: Agent, settings: Any) -> None:
    install(settings, Stub())
    customer = make_customer()
    bought(customer)
    page = shown(browser(senior), asked(customer))
    assert "rule-based" in page and "from the fallback" in page
    assert page.count('<p class="small standin" lang="en">') == 2
