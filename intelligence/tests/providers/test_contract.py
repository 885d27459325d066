"""The program over HTTP against a fake AI server that answers as documented or as the real service does."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from agents.models import AuditEntry
from intelligence.contract.failures import Failure
from intelligence.services import drafts
from intelligence.services.configured_providers import chain
from intelligence.tasks import analyze_customer, make_draft
from intelligence.tests.fake_ai import FakeAI
from intelligence.tests.services import serving
from tickets import services
from tickets.models import Customer, Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db
DIALECTS = ("documented", "server")
ANALYZE, MESSAGE, ACTIONS = "/api/intelligence/analyze", "/api/generation/message", "/api/generation/actions"
CHAT = "/v1/chat/completions"
PERSONAL = {
    "name": "Wilhelmina Quartermaine",
    "email": "wilhelmina.quartermaine@example.org",
    "phone": "+1 415 555 0137",
    "card": "4111 1111 1111 1111",
    "street": "17 Gooseberry Lane",
}
SAID = (
    "Hello, this is {name}. Where is order 44753? Mail me at {email} or call {phone}. "
    "I paid with {card} and live at {street}, Springfield."
).format(**PERSONAL)


@pytest.fixture(params=DIALECTS)
def quimbi(request: Any, settings: Any) -> Iterator[FakeAI]:
    with serving(settings, model=False, dialect=request.param) as fake:
        yield fake


@pytest.fixture
def both(settings: Any) -> Iterator[FakeAI]:
    with serving(settings) as fake:
        yield fake


@pytest.fixture
def ticket(db: None) -> Ticket:
    customer = make_customer(PERSONAL["name"], email=PERSONAL["email"])
    make_order(customer, number="44753", placed_at=timezone.now() - timedelta(days=5), status="shipped")
    found = make_ticket(customer)
    services.post_message(None, found.pk, SAID, from_agent=False)
    return found


def detail(api: APIClient, ticket: Ticket) -> dict[str, Any]:
    body: dict[str, Any] = api.get(f"/api/tickets/{ticket.pk}").json()
    return body


def asked(fake: FakeAI, path: str) -> list[Any]:
    return [call for call in fake.calls if call.path == path]


def test_profile_draft_and_plan_come_from_quimbi_in_both_dialects(
    quimbi: FakeAI, api: APIClient, ticket: Ticket
) -> None:
    make_draft(str(ticket.pk))
    assert [call.status for call in quimbi.calls] == [200] * 3 and all(call.key for call in quimbi.calls)
    body = detail(api, ticket)
    for part in ("customer_profile", "ai_draft_response", "ai_recommendation"):
        assert body[part]["metadata"]["source"] == "quimbi" and not body[part]["metadata"]["degraded"], part
    profile = body["customer_profile"]
    assert 0 <= profile["churn_risk"]["churn_risk_score"] <= 1 and isinstance(profile["archetype"]["id"], str)
    assert "population_percentage" not in profile["archetype"]
    assert profile["predictions"]["predicted_ltv_12mo"] >= 0
    assert all(isinstance(one["priority"], int) for one in body["ai_recommendation"]["actions"])
    assert "similar_cases" not in json.dumps(body)


def test_customer_without_orders_has_null_figures_in_both_dialects(quimbi: FakeAI, api: APIClient) -> None:
    customer = make_customer("Nora New")
    analyze_customer(str(customer.pk))
    body = api.get(f"/api/ai/customers/{customer.pk}/intelligence").json()
    assert body["metadata"]["source"] == "quimbi" and len(quimbi.calls) == 1
    assert (body["archetype"], body["churn_risk"], body["predictions"]["predicted_ltv_12mo"]) == (None, None, None)


def test_embedded_provider_analyzes_customer_unknown_to_quimbi(quimbi: FakeAI, api: APIClient, ticket: Ticket) -> None:
    quimbi.script(ANALYZE, {"status": 404}, times=None)
    body = api.get(f"/api/ai/customers/{ticket.customer_id}/intelligence").json()
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"]
    api.get(f"/api/ai/customers/{ticket.customer_id}/intelligence")
    assert len(asked(quimbi, ANALYZE)) == 1


def test_llm_drafts_and_quimbi_analyzes_without_personal_data_sent(
    both: FakeAI, api: APIClient, ticket: Ticket
) -> None:
    make_draft(str(ticket.pk))
    body = detail(api, ticket)
    sources = [
        body[part]["metadata"]["source"] for part in ("customer_profile", "ai_draft_response", "ai_recommendation")
    ]
    assert sources == ["quimbi", "llm", "llm"]
    assert body["ai_draft_response"]["draft"].splitlines()[0].endswith("Wilhelmina,")
    sent = json.dumps([call.body for call in asked(both, CHAT)])
    assert "44753" in sent and not [value for value in PERSONAL.values() if value in sent]


def test_quimbi_drafts_and_is_marked_degraded_when_llm_fails(both: FakeAI, api: APIClient, ticket: Ticket) -> None:
    both.script(CHAT, {"status": 400}, times=None)
    make_draft(str(ticket.pk))
    told = detail(api, ticket)["ai_draft_response"]["metadata"]
    assert told["source"] == "quimbi" and told["degraded"] and "language model" in told["reasons"][0]


FAULTS: list[dict[str, Any]] = [
    {"status": 401}, {"status": 403}, {"status": 404}, {"status": 422}, {"status": 429}, {"retry_after": "7"},
    {"status": 500}, {"status": 502}, {"status": 503}, {"status": 504}, {"truncate": True}, {"empty": True},
    {"text": "<html>"}, {"json": None}, {"json": []}, {"json": {"message": 5, "choices": 7}}, {"json": {"choices": []}},
    {"reset": "before"}, {"reset": "after"}, {"redirect": "http://127.0.0.1:9/"}, {"large": 1_500_000},
]  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_draft_is_embedded_and_names_a_reason_under_each_fault(
    fault: dict[str, Any], both: FakeAI, api: APIClient, ticket: Ticket
) -> None:
    both.script("*", fault, times=None)
    answer = api.get(f"/api/ai/tickets/{ticket.pk}/draft-response")
    told = answer.json()["metadata"]
    assert answer.status_code == 200 and told["source"] == "embedded" and told["degraded"] and told["reasons"]
    body = detail(api, ticket)
    assert body["ai_recommendation"]["metadata"]["degraded"] and body["customer_profile"]["metadata"]["degraded"]


def test_hostile_service_text_never_reaches_a_draft(both: FakeAI, ticket: Ticket) -> None:
    for name in (
        "promises",
        "foreign_facts",
        "html",
        "prompt_echo",
        "personal",
        "long",
        "empty",
        "control",
        "template",
    ):
        both.script("*", {"hostile": name}, times=None)
        made = drafts.make_draft(ticket.pk, "friendly")
        assert made.provenance["source"] == "embedded" or made.provenance["reasons"], name
        assert not [word for word in ("<script", "{{", "$500", "99999") if word in made.content], name
        drafts.mark_stale([ticket.pk])
        cache.clear()


# --- Nothing of a customer and no key where it does not belong
def test_secrets_and_personal_data_stay_out_of_logs_figures_jobs_and_audit_log(
    settings: Any, api: APIClient, ticket: Ticket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intelligence.contract.deadline.WHOLE", 2.0)
    secret = "sk-do-not-tell-0123456789"
    settings.AI_WAIT_SECONDS = 1  # of twelve rounds of faults, many of them silence
    settings.REGENERATION_RATE_PER_MINUTE = 1_000
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with caplog.at_level(logging.DEBUG), serving(settings, key=secret, storm=0.7, seed=5) as fake:
            fake.script("*", *FAULTS)
            for _ in range(12):
                cache.clear()  # or one refused key would end it
                services.post_message(None, ticket.pk, SAID, from_agent=False)
                make_draft(str(ticket.pk))
                api.get(f"/api/ai/tickets/{ticket.pk}/draft-response")
                api.post(f"/api/ai/tickets/{ticket.pk}/regenerate-draft", {"tone": "friendly"}, format="json")
                api.get(f"/api/ai/customers/{ticket.customer_id}/intelligence")
            health = [link.figures.report() for link in chain().links.values()]
            states = [link.breaker.state() for link in chain().links.values()]
            assert len(fake.calls) > 20 and any(report and report.failures for report in health)
    finally:
        root.removeHandler(handler)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text, task_name, coalesce(lock, '') FROM procrastinate_jobs")
        jobs = str(cursor.fetchall())
        cursor.execute(
            "SELECT provenance::text FROM intelligence_draft UNION ALL SELECT provenance::text FROM intelligence_advice"
        )
        reasons = str(cursor.fetchall())
    audit = str(list(AuditEntry.objects.values()))
    searched = {
        "logs": caplog.text + stream.getvalue() + str([vars(record) for record in caplog.records]),
        "figures": str(health) + str(states),
        "jobs": jobs,
        "reasons": reasons,
    }
    for where, text in searched.items():
        for what, value in {**PERSONAL, "secret": secret, "host": fake.url, "first": "Wilhelmina"}.items():
            assert value not in text, f"{what} in {where}"
    assert secret not in audit and PERSONAL["card"] not in audit


def test_status_503_is_recorded_as_server_failure_after_retries(both: FakeAI, ticket: Ticket) -> None:
    both.script(ANALYZE, {"status": 503}, times=None)
    analyze_customer(str(ticket.customer_id))
    report = chain().links["quimbi"].figures.report()
    assert report and report.last_failure == str(Failure.SERVER)
    assert len(asked(both, ANALYZE)) == 3


def test_new_order_invalidates_cached_analysis(quimbi: FakeAI, ticket: Ticket) -> None:
    analyze_customer(str(ticket.customer_id))
    analyze_customer(str(ticket.customer_id))
    assert len(asked(quimbi, ANALYZE)) == 1
    make_order(Customer.objects.get(pk=ticket.customer_id), number="44760", placed_at=timezone.now())
    analyze_customer(str(ticket.customer_id))
    assert len(asked(quimbi, ANALYZE)) == 2
