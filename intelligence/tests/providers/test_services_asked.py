"""Services behind drafts, plans, summaries and profiles, through the API: called once, with a fallback on failure."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from agents.models import Agent
from intelligence.contract.failures import Failure
from intelligence.models import Advice, CustomerProfile, Draft
from intelligence.services import drafts
from intelligence.services.conversation_facts import gather
from intelligence.services.profiles import fit_shop, profile_customers
from intelligence.services.wanted import enqueue_wanted
from intelligence.tasks import analyze_customer, make_draft
from intelligence.tests.stubs import Stub, install
from tickets import services
from tickets.models import Customer, Message, Ticket
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_wanted() -> None:
    cache.clear()


@pytest.fixture
def stub(settings: Any) -> Stub:
    one = Stub()
    install(settings, one)
    return one


@pytest.fixture
def buyer(db: None) -> Customer:
    customer = make_customer("Anna Berger")
    make_order(customer, number="44753", placed_at=timezone.now() - timedelta(days=5))
    return customer


@pytest.fixture
def ticket(buyer: Customer) -> Ticket:
    found = make_ticket(buyer)
    say(found)
    return found


def say(ticket: Ticket, text: str = "Where is my parcel?") -> Message:
    return services.post_message(None, ticket.pk, text, from_agent=False)


def draft_of(api: APIClient, ticket: Ticket) -> dict[str, Any]:
    answer = api.get(f"/api/ai/tickets/{ticket.pk}/draft-response")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def detail_of(api: APIClient, ticket: Ticket) -> dict[str, Any]:
    body: dict[str, Any] = api.get(f"/api/tickets/{ticket.pk}").json()
    return body


def wanted(task: str) -> int:
    """Count the waiting jobs, including those that readers requested."""
    enqueue_wanted()
    return ProcrastinateJob.objects.filter(task_name=f"intelligence.tasks.{task}", status="todo").count()


# --- Drafts
def test_second_get_makes_no_call_and_new_message_does(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    first = draft_of(api, ticket)
    assert first["metadata"]["source"] == "stub" and not first["metadata"]["degraded"]
    assert stub.calls == ["analyze", "draft"]
    assert draft_of(api, ticket) == first and stub.calls == ["analyze", "draft"]
    say(ticket, "Hello?")
    assert draft_of(api, ticket)["draft"] != first["draft"] and stub.calls == ["analyze", "draft", "draft"]


def test_get_returns_the_draft_in_the_requested_tone(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    draft_of(api, ticket)
    told = {"tone": "apologetic"}
    made = api.post(f"/api/ai/tickets/{ticket.pk}/draft-response/regenerate", told, format="json").json()
    assert made["tone"] == "apologetic" and stub.calls.count("draft") == 2
    assert draft_of(api, ticket)["draft"] == made["draft"] and stub.calls.count("draft") == 2
    again = api.post(f"/api/ai/tickets/{ticket.pk}/regenerate-draft", told, format="json").json()
    assert again["draft"] != made["draft"] and stub.calls.count("draft") == 3  # what is kept does not count


def test_worker_prepares_analysis_draft_and_plan(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    make_draft(str(ticket.pk))
    assert stub.calls == ["analyze", "draft", "plan"]
    make_draft(str(ticket.pk))
    body = detail_of(api, ticket)
    assert stub.calls == ["analyze", "draft", "plan"]
    assert body["ai_draft_response"]["metadata"]["source"] == "stub"
    assert body["ai_recommendation"]["metadata"]["source"] == "stub"
    assert body["customer_profile"]["metadata"]["source"] == "stub"


def test_draft_is_embedded_and_names_the_failure_when_service_fails(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [Failure.TIMEOUT, Failure.TIMEOUT]
    body = draft_of(api, ticket)
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"] and body["draft"]
    assert "stub service" in body["metadata"]["reasons"][0] and "retry" not in body["metadata"]


def test_fallback_draft_is_replaced_when_the_service_answers_again(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [None, Failure.SERVER]
    assert drafts.make_draft(ticket.pk).provenance["degraded"]
    assert drafts.to_mend() == [ticket.pk]
    make_draft(str(ticket.pk))
    assert draft_of(api, ticket)["metadata"]["source"] == "stub" and drafts.to_mend() == []


@pytest.mark.parametrize("failure", [Failure.REFUSED, Failure.INVALID, Failure.NOT_FOUND])
def test_draft_is_not_retried_after_permanent_failure(
    failure: Failure, stub: Stub, api: APIClient, ticket: Ticket
) -> None:
    stub.failures = [None, failure]
    assert drafts.make_draft(ticket.pk).provenance["degraded"] and drafts.to_mend() == []


def test_fallback_draft_is_not_retried_while_the_service_is_blocked(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [None, Failure.UNAUTHORIZED]
    assert drafts.make_draft(ticket.pk).provenance["degraded"]
    assert Draft.objects.filter(provenance__retry=True).exists() and drafts.to_mend() == []


def test_late_fallback_draft_does_not_replace_a_service_draft(stub: Stub, ticket: Ticket) -> None:
    def overtaken(what: str) -> None:
        stub.before = lambda what: None
        drafts.make_draft(ticket.pk, "concise")

    stub.failures = [None, None, Failure.TIMEOUT]  # the analysis, the overtaking draft, the overtaken one
    stub.before = lambda what: overtaken(what) if what == "draft" else None
    assert drafts.make_draft(ticket.pk).provenance["source"] == "stub"
    assert Draft.objects.get(state=Draft.State.CURRENT).provenance["source"] == "stub"


def test_agent_over_the_rate_limit_gets_embedded_draft(
    stub: Stub, agent: Agent, client_of: Callable[[Agent], APIClient], buyer: Customer, settings: Any
) -> None:
    settings.REGENERATION_RATE_PER_MINUTE = 1
    mine = [make_ticket(buyer, assigned_to=agent) for _ in range(2)]
    for one in mine:
        say(one)
    api = client_of(agent)
    assert draft_of(api, mine[0])["metadata"]["source"] == "stub"
    made = len(stub.calls)
    body = draft_of(api, mine[1])
    assert body["metadata"]["degraded"] and "More new answers" in body["metadata"]["reasons"][0]
    assert len(stub.calls) == made
    refused = api.post(f"/api/ai/tickets/{mine[1].pk}/regenerate-draft", {}, format="json")
    assert refused.status_code == 429 and refused.headers["Retry-After"]
    assert draft_of(api, mine[0])["metadata"]["source"] == "stub"  # what is ready never counts


# --- Plans and summaries
def test_embedded_plan_is_shown_until_the_worker_has_the_service_plan(
    stub: Stub, api: APIClient, ticket: Ticket
) -> None:
    ProcrastinateJob.objects.all().delete()
    body = detail_of(api, ticket)["ai_recommendation"]
    assert body["metadata"]["degraded"] and "will appear here" in body["metadata"]["reasons"][0]
    assert body["actions"] and stub.calls == [] and wanted("make_draft") == 1
    detail_of(api, ticket)
    assert wanted("make_draft") == 1
    make_draft(str(ticket.pk))
    body = detail_of(api, ticket)["ai_recommendation"]
    assert [one["action"] for one in body["actions"]] == ["Answer it."] and body["warnings"] == ["Careful."]
    assert not body["metadata"]["degraded"] and body["metadata"]["model_version"] == "stub-1"
    assert api.get(f"/api/ai/tickets/{ticket.pk}/recommendation").json()["actions"] == body["actions"]


def test_action_suggested_by_a_service_can_be_completed(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    make_draft(str(ticket.pk))
    url = f"/api/ai/tickets/{ticket.pk}/recommendation"
    assert api.get(url).json()["actions"][0]["completed"] is False
    done = api.patch(f"{url}/actions/0", {"completed": True}, format="json")
    assert done.status_code == 200 and api.get(url).json()["actions"][0]["completed"] is True


def test_service_plan_is_discarded_when_facts_change(
    stub: Stub, api: APIClient, ticket: Ticket, buyer: Customer
) -> None:
    make_draft(str(ticket.pk))
    make_order(buyer, number="44755", placed_at=timezone.now() - timedelta(days=1))
    body = detail_of(api, ticket)["ai_recommendation"]
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"]


def test_embedded_plan_names_the_failure_when_service_fails(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [None, None, Failure.SERVER]
    make_draft(str(ticket.pk))
    body = detail_of(api, ticket)["ai_recommendation"]
    assert body["metadata"]["source"] == "embedded" and "server_error" in body["metadata"]["reasons"][0]
    assert body["actions"] and body["actions"][0]["action"] != "Answer it."


def test_service_is_not_called_if_no_customer_message_is_unanswered(
    stub: Stub, api: APIClient, ticket: Ticket, senior: Agent
) -> None:
    services.post_message(senior, ticket.pk, "It is on its way.")
    body = detail_of(api, ticket)["ai_recommendation"]
    make_draft(str(ticket.pk))
    assert not body["metadata"]["degraded"] and stub.calls == [] and not Advice.objects.exists()


def test_service_plan_based_on_hidden_tickets_is_not_shown_to_agent(
    stub: Stub, agent: Agent, api: APIClient, client_of: Callable[[Agent], APIClient], ticket: Ticket
) -> None:
    make_draft(str(ticket.pk))  # nobody's ticket: made for who sees all
    Ticket.objects.filter(pk=ticket.pk).update(assigned_to=agent)
    assert detail_of(api, ticket)["ai_recommendation"]["metadata"]["source"] == "stub"
    body = detail_of(client_of(agent), ticket)["ai_recommendation"]
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"]


def test_summary_exists_only_for_long_conversation(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    assert detail_of(api, ticket)["ai_summary"] is None
    for number in range(9):
        say(ticket, f"Hello, is anybody there? ({number})")
    found = detail_of(api, ticket)["ai_summary"]
    assert found["metadata"]["source"] == "embedded" and "Where is my parcel?" in found["text"]
    make_draft(str(ticket.pk))
    found = detail_of(api, ticket)["ai_summary"]
    assert found["text"] == "They wait for a parcel." and found["messages"] == 11
    assert found["upto"] == str(Message.objects.filter(ticket=ticket).latest("created_at").pk)


# --- Customers
def test_opening_a_ticket_enqueues_the_analysis_instead_of_waiting(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    ProcrastinateJob.objects.all().delete()
    body = detail_of(api, ticket)["customer_profile"]
    assert body["metadata"]["degraded"] and stub.calls == [] and wanted("analyze_customer") == 1
    analyze_customer(str(ticket.customer_id))
    body = detail_of(api, ticket)["customer_profile"]
    assert body["metadata"]["source"] == "stub" and body["churn_risk"]["churn_risk_score"] == 0.42
    assert not body["metadata"]["degraded"]


def test_customer_intelligence_request_waits_for_the_analysis(stub: Stub, api: APIClient, buyer: Customer) -> None:
    url = f"/api/ai/customers/{buyer.pk}/intelligence"
    assert api.get(url).json()["predictions"]["churn_risk"] == 0.42
    assert api.get(url).json()["metadata"]["source"] == "stub" and stub.calls == ["analyze"]


def test_ranking_uses_the_churn_risk_of_the_service_for_a_day(
    stub: Stub, api: APIClient, ticket: Ticket, buyer: Customer
) -> None:
    fit_shop()
    profile_customers()
    own = Customer.objects.get(pk=buyer.pk).churn_risk_score
    stub.risk = 0.77
    analyze_customer(str(buyer.pk))
    assert Customer.objects.get(pk=buyer.pk).churn_risk_score == 0.77 != own
    profile_customers([buyer.pk])
    assert Customer.objects.get(pk=buyer.pk).churn_risk_score == 0.77
    CustomerProfile.objects.update(service_risk_at=timezone.now() - timedelta(hours=25))
    profile_customers([buyer.pk])
    assert Customer.objects.get(pk=buyer.pk).churn_risk_score == own


# --- All of it
def test_ticket_detail_needs_no_more_queries_with_services(
    settings: Any, stub: Stub, api: APIClient, ticket: Ticket
) -> None:
    make_draft(str(ticket.pk))
    with CaptureQueriesContext(connection) as asked:
        detail_of(api, ticket)
    settings.AI_PROVIDERS = {}
    with CaptureQueriesContext(connection) as alone:
        detail_of(api, ticket)
    # With a fresh analysis at hand the shop's fit need not be read.
    assert len(asked) <= len(alone) == 10


def test_third_service_can_be_added_by_settings(settings: Any, api: APIClient, ticket: Ticket) -> None:
    settings.AI_PROVIDERS = {**settings.AI_PROVIDERS, "echo": "intelligence.tests.echo.from_settings"}
    settings.AI_ORDER = {**settings.AI_ORDER, "draft": ["echo"]}
    body = draft_of(api, ticket)
    assert body["metadata"]["source"] == "echo" and "Where is my parcel?" in body["draft"]


def test_summary_is_included_in_facts_for_drafting(stub: Stub, ticket: Ticket) -> None:
    for number in range(9):
        say(ticket, f"Hello, is anybody there? ({number})")
    assert gather(ticket.pk).conversation.ticket.summary == ""
    make_draft(str(ticket.pk))
    gathered = gather(ticket.pk)
    assert gathered.conversation.ticket.summary == "They wait for a parcel."
    assert Draft.objects.get(state=Draft.State.CURRENT).fingerprint == gathered.fingerprint
