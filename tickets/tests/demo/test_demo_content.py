"""Demo content, checked without a database: texts agree with the records that they mention."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from statistics import median

import phonenumbers
import pytest

from tickets.demo import build_shop
from tickets.demo.records import DemoShop, DemoTicket

NOW = datetime(2026, 11, 30, 15, 20, 41, tzinfo=UTC)
DEMO_ACCOUNTS = {f"{name}@quimbi.example" for name in ("admin", "manager", "lead", "senior", "agent")}
FIVE_DIGITS = re.compile(r"(?<![\d.,])\d{5}(?![\d])")
MONEY = re.compile(r"\$(\d+\.\d\d)")
TRACKING = re.compile(r"\b(?:PL|KP|NX|BH)\d{10}\b")


@pytest.fixture(scope="module")
def shop() -> DemoShop:
    return build_shop(NOW)


def words(ticket: DemoTicket) -> str:
    return "\n".join((ticket.subject, *(m.content for m in ticket.messages), *(n.content for n in ticket.notes)))


def tickets(shop: DemoShop, status: str) -> list[DemoTicket]:
    return [ticket for ticket in shop.tickets if ticket.status == status]


def test_demo_shop_is_reproducible(shop: DemoShop) -> None:
    assert build_shop(NOW) == shop
    assert build_shop(NOW, seed=8).tickets != shop.tickets


@pytest.mark.parametrize("seed", [1, 7, 23])
@pytest.mark.parametrize("now", [NOW, datetime(2027, 3, 1, 0, 0, 5, tzinfo=UTC)])
def test_demo_shop_is_consistent_for_other_days_and_seeds(seed: int, now: datetime) -> None:
    other = build_shop(now, seed)
    assert len(other.tickets) == 600
    numbers = {order.number: order.customer_key for order in other.orders}
    for ticket in other.tickets:
        assert all(numbers[found] == ticket.customer_key for found in FIVE_DIGITS.findall(words(ticket)))
        assert all(message.created_at <= now for message in ticket.messages)


def test_demo_shop_has_expected_counts_by_status_channel_and_priority(shop: DemoShop) -> None:
    assert (len(shop.customers), len(shop.tickets), len(shop.agents)) == (400, 600, 9)
    statuses = Counter(ticket.status for ticket in shop.tickets)
    assert statuses == {"open": 230, "pending": 90, "closed": 280}
    channels = Counter(ticket.channel for ticket in shop.tickets)
    assert set(channels) == {"email", "sms", "chat", "phone", "form"} and min(channels.values()) >= 40
    priorities = Counter(ticket.priority for ticket in shop.tickets)
    assert set(priorities) == {"urgent", "high", "normal", "low"} and min(priorities.values()) >= 20
    with_note = sum(bool(ticket.notes) for ticket in shop.tickets)
    assert 90 <= with_note <= 170


def test_demo_team_has_every_role_and_status(shop: DemoShop) -> None:
    people = [agent for agent in shop.agents if not agent.is_service]
    assert len(people) == 8
    assert {agent.role for agent in people} == {"admin", "manager", "team_lead", "senior_agent", "agent"}
    assert {agent.email for agent in people} >= DEMO_ACCOUNTS
    assert {agent.status for agent in people} == {"online", "busy", "away", "offline"}
    assert [agent.email for agent in shop.agents if agent.is_service] == ["spa@quimbi.example"]


def test_open_demo_tickets_are_spread_over_the_team_and_the_queue(shop: DemoShop) -> None:
    owners = Counter(ticket.assigned_to for ticket in tickets(shop, "open"))
    assert all(owners[email] >= 12 for email in DEMO_ACCOUNTS)
    assert owners[None] >= 25
    assert set(owners) - {None} <= {agent.email for agent in shop.agents if not agent.is_service}
    buyers = {order.customer_key for order in shop.orders}
    assert sum(ticket.customer_key not in buyers for ticket in tickets(shop, "open")) >= 8


def test_demo_contacts_are_valid_but_not_real(shop: DemoShop) -> None:
    emails = [email for c in shop.customers for email in (c.email, *c.extra_emails) if email]
    assert len({email.casefold() for email in emails}) == len(emails)
    assert all(re.fullmatch(r"[a-z.\-]+@example\.(com|org|net)", email) for email in emails)
    assert all(customer.email or customer.phones for customer in shop.customers)
    assert len({customer.name for customer in shop.customers}) == 400
    phones = [phone for customer in shop.customers for phone in customer.phones]
    assert len(set(phones)) == len(phones) > 200
    for phone in phones:
        parsed = phonenumbers.parse(phone, None)
        assert phonenumbers.is_possible_number(parsed)
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == phone


def test_demo_customer_has_a_contact_for_the_ticket_channel(shop: DemoShop) -> None:
    customers = {customer.key: customer for customer in shop.customers}
    for ticket in shop.tickets:
        customer = customers[ticket.customer_key]
        assert customer.phones if ticket.channel in ("sms", "phone") else customer.email, ticket.key


def test_demo_customers_are_created_before_their_orders_and_tickets(shop: DemoShop) -> None:
    created = {customer.key: customer.created_at for customer in shop.customers}
    assert all(created[order.customer_key] < order.placed_at <= NOW for order in shop.orders)
    assert all(created[ticket.customer_key] < ticket.created_at for ticket in shop.tickets)


def test_demo_churn_risk_is_set_only_for_customers_with_orders(shop: DemoShop) -> None:
    buyers = {order.customer_key for order in shop.orders}
    assert sum(customer.key not in buyers for customer in shop.customers) == 25
    for customer in shop.customers:
        assert (customer.churn_risk_score is None) == (customer.key not in buyers)
        assert customer.churn_risk_score is None or 0 <= customer.churn_risk_score <= 1
    by_persona = {p: [c.churn_risk_score or 0 for c in shop.customers if c.persona == p] for p in ("whale", "lapsed")}
    assert median(by_persona["whale"]) < 0.45 < 0.6 < median(by_persona["lapsed"])


def test_demo_order_totals_and_statuses_are_consistent(shop: DemoShop) -> None:
    assert len({order.number for order in shop.orders}) == len(shop.orders)
    for order in shop.orders:
        goods = sum((line.quantity * line.unit_price for line in order.lines), Decimal(0))
        assert order.total == goods - order.discount + order.shipping > 0, order.number
        assert 0 <= order.refunded <= order.total
        if order.status in ("refunded", "cancelled"):
            assert order.refunded == order.total
        assert order.status in ("pending", "paid", "shipped", "delivered", "cancelled", "refunded")
        assert order.fulfillment_status in ("unfulfilled", "partial", "shipped", "delivered", "returned")
        assert not order.tracking_numbers or order.shipping_carrier
        assert order.fulfillment_status != "unfulfilled" or not order.tracking_numbers
        assert all(url.startswith("https://track.example/") for url in order.tracking_urls)
    by_date = sorted(shop.orders, key=lambda order: order.placed_at)
    assert [order.number for order in by_date] == sorted(order.number for order in shop.orders)


def test_demo_texts_mention_only_own_orders_tracking_numbers_and_amounts(shop: DemoShop) -> None:
    orders = {order.number: order for order in shop.orders}
    owner_of = {number: order.customer_key for order in shop.orders for number in order.tracking_numbers}
    mentioned = 0
    for ticket in shop.tickets:
        text = words(ticket)
        numbers = set(FIVE_DIGITS.findall(text))
        mentioned += bool(numbers)
        for number in numbers:
            assert orders[number].customer_key == ticket.customer_key, ticket.key
            assert orders[number].placed_at <= ticket.created_at, ticket.key
        assert all(owner_of[found] == ticket.customer_key for found in TRACKING.findall(text)), ticket.key
        if len(numbers) == 1:
            order = orders[numbers.pop()]
            known = {order.total, order.refunded, *(line.unit_price for line in order.lines), Decimal("6.90")}
            assert {Decimal(amount) for amount in MONEY.findall(text)} <= known, ticket.key
    assert not any("$0.00" in words(ticket) for ticket in shop.tickets)
    assert mentioned > 250


def test_demo_order_status_matches_the_ticket_topic(shop: DemoShop) -> None:
    orders = {order.number: order for order in shop.orders}
    for ticket in shop.tickets:
        numbers = set(FIVE_DIGITS.findall(words(ticket)))
        if len(numbers) != 1:
            continue
        order = orders[numbers.pop()]
        ended = ticket.status == "closed"
        if ticket.tags[0] == "chargeback_fraud":
            assert order.status == ("refunded" if ended else "shipped") and order.tracking_numbers, ticket.key
        elif ticket.tags[0] == "cancel":
            assert order.status == ("cancelled" if ended else "paid"), ticket.key
        elif ticket.tags[0] == "refund":
            assert order.fulfillment_status == "returned" and (order.status == "refunded") == ended, ticket.key
        elif ticket.tags[0] in ("damaged", "praise", "return"):
            assert order.fulfillment_status == "delivered", ticket.key
        elif ticket.tags[0] == "escalation":
            assert order.fulfillment_status == ("delivered" if ended else "shipped"), ticket.key


def test_demo_texts_contain_no_template_syntax(shop: DemoShop) -> None:
    for ticket in shop.tickets:
        if not ticket.key.startswith("special-"):
            assert not re.search(r"[{}\[\]|]|::|\bNone\b|  ", words(ticket)), words(ticket)
        assert all(message.content.strip() == message.content for message in ticket.messages)
        assert 0 < len(ticket.subject) <= 200


def test_demo_tickets_rarely_repeat_subject_or_first_message(shop: DemoShop) -> None:
    assert max(Counter(ticket.subject for ticket in shop.tickets).values()) <= 3
    first = [ticket.messages[0].content for ticket in shop.tickets if ticket.messages]
    assert len(set(first)) >= 0.95 * len(first)


def test_demo_timestamps_are_ordered_and_not_in_the_future(shop: DemoShop) -> None:
    for ticket in shop.tickets:
        moments = [message.created_at for message in ticket.messages]
        assert all(earlier < later for earlier, later in zip(moments, moments[1:], strict=False)), ticket.key
        assert not moments or (moments[0] == ticket.created_at and moments[-1] <= NOW)
        assert all(ticket.created_at <= note.created_at <= NOW for note in ticket.notes)
    ages = [NOW - ticket.created_at for ticket in tickets(shop, "open")]
    assert min(ages) < timedelta(hours=1) and timedelta(days=14) < max(ages) < timedelta(days=23)
    assert sum(age < timedelta(days=5) for age in ages) > len(ages) / 2


def test_last_demo_message_fits_the_ticket_status(shop: DemoShop) -> None:
    spoken = {status: [t for t in tickets(shop, status) if t.messages] for status in ("open", "pending", "closed")}
    assert sum(not t.messages[-1].from_agent for t in spoken["open"]) >= 0.9 * len(spoken["open"])
    assert sum(t.messages[-1].from_agent for t in spoken["pending"]) >= 0.95 * len(spoken["pending"])
    assert all(any(message.from_agent for message in ticket.messages) for ticket in spoken["closed"])
    for ticket in shop.tickets:
        assert all(message.from_agent == bool(message.author_email) for message in ticket.messages)


def test_demo_sentiment_and_priority_fit_the_ticket_tags(shop: DemoShop) -> None:
    tones = {
        tag: [t.customer_sentiment for t in shop.tickets if tag in t.tags and t.customer_sentiment is not None]
        for tag in ("praise", "chargeback_fraud", "escalation")
    }
    assert min(tones["praise"]) > 0.8
    assert max(tones["chargeback_fraud"] + tones["escalation"]) < 0.2
    assert sum(ticket.customer_sentiment is None for ticket in shop.tickets) > 60
    assert any(ticket.estimated_difficulty is None for ticket in shop.tickets)
    chargebacks = [t for t in shop.tickets if "chargeback_fraud" in t.tags]
    assert len(chargebacks) >= 8 and {t.priority for t in chargebacks} <= {"urgent", "high"}


def test_demo_contains_hostile_emoji_rtl_long_and_empty_tickets(shop: DemoShop) -> None:
    special = {ticket.key: ticket for ticket in shop.tickets if ticket.key.startswith("special-")}
    customers = {customer.key: customer for customer in shop.customers}
    hostile = special["special-hostile"]
    assert "<script>" in hostile.subject and "<b onmouseover=" in customers[hostile.customer_key].name
    for attack in ("<script>", "onerror=", "javascript:", "<style>"):
        assert attack in hostile.messages[0].content
    assert "🧵" in special["special-emoji"].subject
    assert re.search(r"[\u0600-\u06ff]", special["special-rtl"].messages[0].content)
    assert 11_000 < len(special["special-long-mail"].messages[0].content) < 13_500
    assert len(special["special-long-chat"].messages) == 200
    assert len(special["special-long-subject"].subject) == 200
    assert special["special-empty"].messages == ()


def test_online_demo_agents_are_below_capacity(shop: DemoShop) -> None:
    held = Counter(ticket.assigned_to for status in ("open", "pending") for ticket in tickets(shop, status))
    online = [agent for agent in shop.agents if agent.status == "online" and not agent.is_service]
    assert {"agent", "senior_agent"} <= {agent.role for agent in online}
    assert all(held[agent.email] < agent.max_concurrent_tickets for agent in online), held
