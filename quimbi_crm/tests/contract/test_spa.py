"""Every API call of the existing single-page app, with its responses checked by a strict reader."""

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from agents.services.keys import create_key
from intelligence.tests.stubs import Stub, install
from quimbi_crm.tests import spa
from quimbi_crm.tests.spa import Crash, read
from tickets import services
from tickets.models import Customer, Message, Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db
ORIGIN = "http://localhost:5173"


class App:
    """The app: each call with its API key and origin, each response checked."""

    def __init__(self, key: str) -> None:
        self.client = APIClient(HTTP_X_API_KEY=key, HTTP_ORIGIN=ORIGIN)

    def call(self, method: str, path: str, check: spa.Check, data: Any = None, status: int = 200) -> Any:
        send = getattr(self.client, method.lower())
        answer = send(f"/api{path}", data, format="json") if data is not None else send(f"/api{path}")
        assert answer.status_code == status, (path, answer.status_code, answer.content[:300])
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        return read(check, answer.json())

    def tickets(self, query: str = "status=open&smart_order=true") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/tickets?{query}", spa.PAGE)["tickets"]
        return found

    def open(self, ticket_id: Any) -> dict[str, Any]:
        """Send every request of the ticket page."""
        return {
            "detail": self.call("GET", f"/tickets/{ticket_id}", spa.DETAIL),
            "draft": self.call("GET", f"/ai/tickets/{ticket_id}/draft-response?_t=1763942400000", spa.DRAFT),
            "plan": self.call("GET", f"/ai/tickets/{ticket_id}/recommendation", spa.RECOMMENDATION),
        }


@pytest.fixture
def app(service: Agent) -> App:
    return App(create_key(None, service.pk, name="app", scope="write")[1])


@pytest.fixture
def ticket(db: None) -> Ticket:
    customer = make_customer("Anna Berger")
    lines = [services.LineData("Merino beanie", quantity=2, unit_price=Decimal("24.50"))]
    make_order(customer, number="44753", placed_at=timezone.now() - timedelta(days=5), status="shipped", lines=lines)
    found = make_ticket(customer, channel="chat")
    services.post_message(None, found.pk, "Where is my parcel?", from_agent=False)
    return found


# --- Everything that it may be shown
def test_spa_reads_every_ticket_and_customer_of_the_demo_shop(settings: Any) -> None:
    call_command("demo", verbosity=0)
    settings.API_KEY_RATE_PER_MINUTE = settings.API_KEY_REGENERATION_RATE_PER_MINUTE = 1_000_000
    app = App("spa-key")
    assert app.tickets() and app.tickets("status=open&smart_order=true&topic_alerts=chargeback,refund")
    listed = [
        app.tickets(f"limit=100&page={page}&status={status}") for status in Ticket.Status.values for page in range(1, 8)
    ]
    assert sum(map(len, listed)) == Ticket.objects.count() > 500
    for ticket_id in Ticket.objects.values_list("pk", flat=True):
        app.open(ticket_id)
    customers = list(Customer.objects.values_list("pk", "total_orders"))
    assert any(orders == 0 for _, orders in customers) and len(customers) > 300
    for customer_id, orders in customers:
        found = app.call("GET", f"/mcp/customer/{customer_id}", spa.CUSTOMER)
        assert (found["archetype"] is None) == (found["churn_risk"] is None) == (orders == 0)


TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=60)


@given(
    channel=st.sampled_from(Ticket.Channel.values),
    said=st.lists(st.tuples(st.booleans(), TEXT), max_size=6),
    many=st.sampled_from([0, 0, 0, 200]),
    orders=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 50_000), st.booleans()), max_size=4),
    sentiment=st.none() | st.floats(0, 1),
    name=TEXT,
    data=st.data(),
)
@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spa_reads_any_generated_record(
    app: App, channel: str, said: Any, many: int, orders: Any, sentiment: Any, name: str, data: Any
) -> None:
    customer = make_customer(name[:100])
    for days, cents, refunded in orders:
        total = Decimal(cents) / 100
        make_order(
            customer,
            placed_at=timezone.now() - timedelta(days=days),
            total=total,
            refunded=total if refunded else Decimal(0),
            status=data.draw(st.sampled_from(["pending", "paid", "shipped", "delivered", "cancelled", "refunded"])),
        )
    ticket = make_ticket(customer, channel=channel)
    Ticket.objects.filter(pk=ticket.pk).update(customer_sentiment=sentiment)
    for from_agent, content in said:
        services.post_message(None, ticket.pk, content, from_agent=from_agent)
    Message.objects.bulk_create(
        Message(ticket=ticket, from_agent=bool(place % 2), content=f"Line {place}", author_name="Somebody")
        for place in range(many)
    )
    found = app.open(ticket.pk)
    written = Message.objects.filter(ticket=ticket).count()
    assert len(found["detail"]["messages"]) == min(written, 100) and found["detail"]["messages_total"] == written
    app.call("GET", f"/mcp/customer/{customer.pk}", spa.CUSTOMER)
    app.tickets()


def test_spa_reads_a_ticket_without_messages(app: App) -> None:
    ticket = make_ticket(make_customer("Nora New"))
    Message.objects.filter(ticket=ticket).delete()
    assert app.open(ticket.pk)["detail"]["messages"] == []


def test_spa_reads_answers_of_an_ai_service(app: App, ticket: Ticket, settings: Any) -> None:
    install(settings, Stub())
    for _ in range(2):
        app.open(ticket.pk)
        found = app.call("GET", f"/mcp/customer/{ticket.customer_id}", spa.CUSTOMER)
    assert found["churn_risk"]["churn_risk_score"] == 0.42


def test_ticket_has_the_last_100_messages_of_a_long_conversation(app: App, ticket: Ticket) -> None:
    Message.objects.bulk_create(
        Message(ticket=ticket, from_agent=False, content=f"Line {number}", author_name="Anna") for number in range(250)
    )
    found = app.open(ticket.pk)["detail"]
    assert [one["content"] for one in found["messages"]] == [f"Line {number}" for number in range(150, 250)]
    assert found["messages_total"] == 252 and found["messages_truncated"]
    url = f"/tickets/{ticket.pk}/messages?before={found['messages'][0]['id']}"
    assert app.call("GET", url, spa.MESSAGES)["messages"][-1]["content"] == "Line 149"


# --- Its landing page
SEED = {
    "subject": "Where is it?", "channel": "form", "priority": "normal", "initial_message": "Where is my parcel?",
    "author_name": "Zoe Long",
}  # fmt: skip


def test_landing_page_tickets_with_one_shop_id_belong_to_one_customer(app: App) -> None:
    made = [
        app.call("POST", "/tickets", spa.CREATED, {**SEED, "customer_id": sent, "author_email": "zoe@example.com"}, 201)
        for sent in (7011234567890, "7011234567890")
    ]
    customer = Customer.objects.get()
    assert customer.external_id == "7011234567890" and {one["customer_id"] for one in made} == {str(customer.pk)}
    app.open(made[0]["id"])


@pytest.mark.parametrize("sent", [7.04e12, "7.04E+12", 2**60, True, [], {"id": 1}])
def test_landing_page_gets_400_for_an_invalid_customer_id(app: App, sent: Any) -> None:
    app.call("POST", "/tickets", spa.ERROR, {**SEED, "customer_id": sent, "author_email": "zoe@example.com"}, 400)


# --- Its knowledge base
def test_knowledge_base_returns_saved_answers_or_an_empty_list(app: App, ticket: Ticket) -> None:
    services.update_ticket(None, ticket.pk, {"add_tags": ["shipping"]})
    url = "/knowledge-base"
    paths = (
        f"{url}/suggestions?ticket_id={ticket.pk}&limit=3", f"{url}/suggestions?query=parcel", f"{url}/suggestions",
        f"{url}/search?q=parcel", f"{url}/search", f"{url}/articles",
    )  # fmt: skip
    for path in paths:
        assert app.call("GET", path, spa.KNOWLEDGE)["total"] == 0
    other = make_ticket(make_customer("Bert Beta"), "Where is my parcel?", days=2)
    services.update_ticket(None, other.pk, {"add_tags": ["shipping"]})
    services.post_message(None, other.pk, "Hi Bert, we trace the parcel for you.", status="closed")
    for path in paths:
        found = app.call("GET", path, spa.KNOWLEDGE)
        asked = path not in (f"{url}/suggestions", f"{url}/search")
        assert found["total"] == int(asked), path
        assert all(one["content"] == "we trace the parcel for you." for one in found["suggestions"])
    (one,) = found["articles"]
    assert app.call("GET", one["url"].removeprefix("/api"), spa.ARTICLE)["content"] == one["content"]
    posted = app.call("POST", f"{url}/suggestions", spa.KNOWLEDGE, {"content": "Where is my parcel? It never came."})
    assert posted["total"] == 1
    app.call("GET", f"{url}/articles/{ticket.pk}", spa.ERROR, status=404)
    app.call("GET", f"{url}/suggestions?ticket_id=x", spa.ERROR, status=400)


# --- The client takes nothing else
CRASHES: list[tuple[str, str, list[Any]]] = [
    ("page", "tickets", [None, {}]),
    ("page", "tickets.0.channel", [None]),
    ("page", "tickets.0.smart_score", [None, "5.2"]),
    ("detail", "channel", [None]),
    ("detail", "customer_profile.business_metrics.lifetime_value", [None, "5"]),
    ("detail", "customer_profile.business_metrics.avg_order_value", [None, "5"]),
    ("detail", "customer_profile.archetype.id", [5]),
    ("detail", "customer_profile.archetype.level", [None, 5]),
    ("detail", "customer_profile.last_purchase.days_ago", [None, "5"]),
    ("detail", "customer_profile.last_purchase.products.0.price", [None, "5.00"]),
    ("detail", "customer_profile.business_metrics.days_since_last_purchase", ["5"]),
    ("detail", "customer_profile.dominant_segments", [None, []]),
    ("draft", "draft", [None, 5]),
    ("draft", "personalization_applied", [None, "Greeted by name", [5]]),
    ("plan", "priority", [None, "urgently"]),
    ("plan", "estimated_impact", [None]),
    ("plan", "estimated_impact.retention_probability", ["0.4"]),
    ("plan", "actions.0.estimated_impact.retention_probability", ["0.4"]),
    ("plan", "actions", [None, {}]),
    ("plan", "talking_points", [None]),
    ("knowledge", "suggestions", [None, {}]),
    ("knowledge", "articles.0.content", [None, 5]),
    ("knowledge", "articles.0.tags", [None, "shipping"]),
    ("knowledge", "total", [None, "1"]),
    ("created", "ticket.messages", [None, {}]),
    ("customer", "business_metrics", [None]),
    ("customer", "archetype.dominant_segments.purchase_value", [None]),
    ("customer", "archetype.population_percentage", [None, "12"]),
]
CHECKS = {
    "knowledge": spa.KNOWLEDGE, "created": spa.CREATED, "page": spa.PAGE, "detail": spa.DETAIL, "draft": spa.DRAFT,
    "plan": spa.RECOMMENDATION, "customer": spa.CUSTOMER,
}  # fmt: skip
MAY_BE_MISSING = {
    "archetype.population_percentage", "archetype.dominant_segments.purchase_value",
    "customer_profile.last_purchase.products.0.price",
}  # fmt: skip


def test_strict_reader_detects_bodies_that_would_crash_the_spa(app: App, ticket: Ticket) -> None:
    bodies = {
        **app.open(ticket.pk),
        "page": app.call("GET", "/tickets?status=open", spa.PAGE),
        "customer": app.call("GET", f"/mcp/customer/{ticket.customer_id}", spa.CUSTOMER),
        "created": app.call("POST", "/tickets", spa.CREATED, {**SEED, "customer_id": 7011234567890}, 201),
    }
    services.post_message(None, ticket.pk, "We trace it.", status="closed")
    bodies["knowledge"] = app.call("GET", "/knowledge-base/articles", spa.KNOWLEDGE)
    tried = 0
    for name, path, worse in CRASHES:
        *parents, last = path.split(".")
        for value in [*worse, spa.MISSING]:
            if value is spa.MISSING and path in MAY_BE_MISSING:
                continue
            found = deepcopy(bodies[name])
            here: Any = found
            for part in parents:
                here = here[int(part)] if part.isdigit() else here[part]
            assert last in here, path  # the program sends it
            if value is spa.MISSING:
                del here[last]
            else:
                here[last] = value
            with pytest.raises(Crash):
                read(CHECKS[name], found)
            tried += 1
    assert tried > 40


# --- What it does
def test_regenerated_draft_is_kept_until_the_customer_writes(app: App, ticket: Ticket) -> None:
    app.open(ticket.pk)
    url = f"/ai/tickets/{ticket.pk}/draft-response"
    for tone in ("friendly", "professional", "empathetic", "apologetic"):
        made = app.call("POST", f"{url}/regenerate", spa.DRAFT, {"tone": tone})
        assert made["tone"] == tone and app.call("GET", url, spa.DRAFT)["draft"] == made["draft"]
    sent = {"content": "Hello?", "from_agent": False, "author_name": "Anna", "send_to_customer": True}
    app.call("POST", f"/tickets/{ticket.pk}/messages", spa.SENT, sent, 201)
    after = app.call("GET", url, spa.DRAFT)
    assert after["generated_at"] > made["generated_at"]


def test_write_responses_have_the_record_both_flat_and_wrapped(app: App, ticket: Ticket) -> None:
    url = f"/tickets/{ticket.pk}"
    sent = {"content": "We look into it.", "from_agent": True, "author_name": "Shop", "send_to_customer": True}
    message = app.call("POST", f"{url}/messages", spa.SENT, sent, 201)
    assert message["message"]["id"] == message["id"] and message["ticket_updated"]["id"] == str(ticket.pk)
    noted = app.call(
        "POST", f"{url}/notes", spa.NOTED, {"content": "VIP", "author_name": "Shop", "author_id": "1"}, 201
    )
    assert noted["note"]["content"] == noted["content"] == "VIP"
    assert app.call("GET", f"{url}/notes", spa.body(notes=spa.each(spa.body(id=spa.text))))["total"] == 1
    closed = app.call("PATCH", url, spa.CHANGED, {"status": "closed"})
    assert closed["ticket"]["status"] == closed["status"] == "closed"
    seed = {
        "subject": "Hello there", "channel": "sms", "priority": "normal", "initial_message": "Hello",
        "author_name": "Zoe Long", "author_email": "zoe@example.com",
    }  # fmt: skip
    made = app.call("POST", "/tickets", spa.CREATED, seed, 201)
    assert made["ticket"]["id"] == made["id"] and len(made["messages"]) == 1 and made["notes"] == []
    assert made["ticket"]["messages"] == made["messages"]


def test_repeated_idempotency_key_returns_the_same_wrapped_response(app: App, ticket: Ticket) -> None:
    sent = {"content": "We look into it.", "from_agent": True}
    answers = [
        app.client.post(f"/api/tickets/{ticket.pk}/messages", sent, format="json", HTTP_IDEMPOTENCY_KEY="k-1").json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1] and read(spa.SENT, answers[1])


def test_spa_completes_a_recommended_action(app: App, ticket: Ticket) -> None:
    url = f"/ai/tickets/{ticket.pk}/recommendation"
    app.call("GET", url, spa.RECOMMENDATION)
    done = app.call("PATCH", f"{url}/actions/0", spa.COMPLETED, {"completed": True})
    assert done["action"]["completed"] and app.call("GET", url, spa.RECOMMENDATION)["actions"][0]["completed"]


def test_demo_conversation_is_reset_to_its_first_message(app: App, ticket: Ticket) -> None:
    first = Message.objects.filter(ticket=ticket).earliest("created_at")
    for from_agent in (True, False, True):
        services.post_message(None, ticket.pk, "Later words", from_agent=from_agent)
    services.update_ticket(None, ticket.pk, {"status": "closed"})
    app.open(ticket.pk)
    found = app.call("POST", f"/tickets/{ticket.pk}/reset-conversation", spa.RESET)
    assert [one["content"] for one in found["messages"]] == [first.content]
    assert (found["status"], found["message_count"], found["ticket"]["status"]) == ("open", 1, "open")
    assert found["messages_deleted"] == 4 and found["ticket"]["messages"] == found["messages"]
    assert app.tickets("topic_alerts=later words")[0]["matches_topic_alert"] is False
    assert AuditEntry.objects.filter(action="ticket.conversation_reset").count() == 1
    app.open(ticket.pk)


def test_conversation_is_not_reset_without_demo_mode_or_in_email(app: App, ticket: Ticket, settings: Any) -> None:
    settings.DEMO_MODE = False
    said = Message.objects.filter(ticket=ticket).count()
    refused = app.call("POST", f"/tickets/{ticket.pk}/reset-conversation", spa.ERROR, status=403)
    assert "demo mode" in refused["detail"] and Message.objects.filter(ticket=ticket).count() == said
    settings.DEMO_MODE = True
    Ticket.objects.filter(pk=ticket.pk).update(channel="email")
    refused = app.call("POST", f"/tickets/{ticket.pk}/reset-conversation", spa.ERROR, status=400)
    assert "SMS and chat" in refused["detail"] and Message.objects.filter(ticket=ticket).count() == said


# --- What it may not, and what it can read of that
def test_error_responses_have_a_detail_and_cors_headers(
    app: App, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = "01a205ad-26e0-76ab-838e-e012624f6cb7"
    app.call("GET", f"/tickets/{nobody}", spa.ERROR, status=404)
    app.call("GET", "/tickets?limit=many", spa.ERROR, status=400)
    app.call("POST", f"/tickets/{ticket.pk}/messages", spa.ERROR, {"content": ""}, 400)
    app.call("PATCH", f"/ai/tickets/{ticket.pk}/recommendation/actions/99", spa.ERROR, {"completed": True}, 404)
    stranger = App("no-such-key")
    stranger.call("GET", "/tickets", spa.ERROR, status=401)
    monkeypatch.setattr("tickets.api.tickets.list_tickets", lambda *args: 1 / 0)
    app.client.raise_request_exception = False
    app.call("GET", "/tickets", spa.ERROR, status=500)


@pytest.mark.parametrize("path", ["/api/tickets", "/api/ai/tickets/x/recommendation/actions/0", "/api/mcp/customer/x"])
@pytest.mark.parametrize(
    ("origin", "allowed"), [(ORIGIN, True), ("http://127.0.0.1:5173", True), ("https://evil.example", False)]
)
def test_preflight_without_api_key_is_allowed_only_for_known_origins(
    path: str, origin: str, allowed: bool, db: None
) -> None:
    answer = Client().options(
        path,
        HTTP_ORIGIN=origin,
        HTTP_ACCESS_CONTROL_REQUEST_METHOD="PATCH",
        HTTP_ACCESS_CONTROL_REQUEST_HEADERS="content-type,x-api-key",
    )
    assert answer.status_code == 200
    assert (answer.headers.get("Access-Control-Allow-Origin") == origin) == allowed
    if allowed:
        assert "x-api-key" in answer.headers["Access-Control-Allow-Headers"]
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/agents",
        "/admin/",
        "/admin/agents/agent/",
        "/api/ai/health",
        "/api/scoring/weights/history",
    ],
)
def test_api_key_gives_no_access_to_accounts_or_admin_site(app: App, path: str) -> None:
    assert app.client.get(path).status_code in (302, 401, 403)
    assert app.client.post(path, {}, format="json").status_code in (302, 401, 403, 405)


def test_request_over_the_api_key_rate_limit_is_429(app: App, settings: Any, db: None) -> None:
    settings.API_KEY_RATE_PER_MINUTE = 600
    with time_machine.travel(timezone.now().replace(second=1), tick=False):
        for _ in range(600):
            assert app.client.get("/api/tickets?limit=1").status_code == 200
        refused = app.client.get("/api/tickets?limit=1")
    assert refused.status_code == 429 and "600" in read(spa.ERROR, refused.json())["detail"]
    assert int(refused.headers["Retry-After"]) <= 60 and refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]
