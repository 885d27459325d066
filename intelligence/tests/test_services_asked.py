"""Services behind drafts, plans, summaries and profiles, through the API: asked once, and nobody is hurt when they fail."""

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
    """The jobs that wait, with those that readers have asked for."""
    enqueue_wanted()
    return ProcrastinateJob.objects.filter(task_name=f"intelligence.tasks.{task}", status="todo").count()


# --- Drafts
def test_a_second_get_makes_no_call_and_a_new_message_does(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    first = draft_of(api, ticket)
    assert first["metadata"]["source"] == "stub" and not first["metadata"]["degraded"]
    assert stub.calls == ["analyze", "draft"]
    assert draft_of(api, ticket) == first and stub.calls == ["analyze", "draft"]
    say(ticket, "Hello?")
    assert draft_of(api, ticket)["draft"] != first["draft"] and stub.calls == ["analyze", "draft", "draft"]


def test_a_tone_that_was_asked_for_is_what_get_returns_then(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    draft_of(api, ticket)
    told = {"tone": "apologetic"}
    made = api.post(f"/api/ai/tickets/{ticket.pk}/draft-response/regenerate", told, format="json").json()
    assert made["tone"] == "apologetic" and stub.calls.count("draft") == 2
    assert draft_of(api, ticket)["draft"] == made["draft"] and stub.calls.count("draft") == 2
    again = api.post(f"/api/ai/tickets/{ticket.pk}/regenerate-draft", told, format="json").json()
    assert again["draft"] != made["draft"] and stub.calls.count("draft") == 3  # what is kept does not count


def test_the_background_has_it_ready(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    make_draft(str(ticket.pk))
    assert stub.calls == ["analyze", "draft", "plan"]
    make_draft(str(ticket.pk))
    body = detail_of(api, ticket)
    assert stub.calls == ["analyze", "draft", "plan"]
    assert body["ai_draft_response"]["metadata"]["source"] == "stub"
    assert body["ai_recommendation"]["metadata"]["source"] == "stub"
    assert body["customer_profile"]["metadata"]["source"] == "stub"


def test_while_a_service_fails_the_draft_is_there_and_says_so(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [Failure.TIMEOUT, Failure.TIMEOUT]
    body = draft_of(api, ticket)
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"] and body["draft"]
    assert "stub service" in body["metadata"]["reasons"][0] and "retry" not in body["metadata"]


def test_a_draft_that_stood_in_is_made_again_once_the_service_answers(
    stub: Stub, api: APIClient, ticket: Ticket
) -> None:
    stub.failures = [None, Failure.SERVER]
    assert drafts.make_draft(ticket.pk).provenance["degraded"]
    assert drafts.to_mend() == [ticket.pk]
    make_draft(str(ticket.pk))
    assert draft_of(api, ticket)["metadata"]["source"] == "stub" and drafts.to_mend() == []


@pytest.mark.parametrize("failure", [Failure.REFUSED, Failure.INVALID, Failure.NOT_FOUND])
def test_what_would_fail_again_is_not_asked_again(failure: Failure, stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [None, failure]
    assert drafts.make_draft(ticket.pk).provenance["degraded"] and drafts.to_mend() == []


def test_nothing_is_mended_while_the_service_is_ill(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [None, Failure.UNAUTHORIZED]
    assert drafts.make_draft(ticket.pk).provenance["degraded"]
    assert Draft.objects.filter(provenance__retry=True).exists() and drafts.to_mend() == []


def test_a_draft_that_comes_too_late_does_not_displace_a_better_one(stub: Stub, ticket: Ticket) -> None:
    def overtaken(what: str) -> None:
        stub.before = lambda what: None
        drafts.make_draft(ticket.pk, "concise")

    stub.failures = [None, None, Failure.TIMEOUT]  # the analysis, the overtaking draft, the overtaken one
    stub.before = lambda what: overtaken(what) if what == "draft" else None
    assert drafts.make_draft(ticket.pk).provenance["source"] == "stub"
    assert Draft.objects.get(state=Draft.State.CURRENT).provenance["source"] == "stub"


def test_who_asks_for_too_many_gets_what_needs_no_service(
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
def test_a_plan_is_asked_for_in_the_background_and_fixed_rules_stand_in_meanwhile(
    stub: Stub, api: APIClient, ticket: Ticket
) -> None:
    ProcrastinateJob.objects.all().delete()
    body = detail_of(api, ticket)["ai_recommendation"]
    assert body["metadata"]["degraded"] and "comes by itself" in body["metadata"]["reasons"][0]
    assert body["actions"] and stub.calls == [] and wanted("make_draft") == 1
    detail_of(api, ticket)
    assert wanted("make_draft") == 1
    make_draft(str(ticket.pk))
    body = detail_of(api, ticket)["ai_recommendation"]
    assert [one["action"] for one in body["actions"]] == ["Answer it."] and body["warnings"] == ["Careful."]
    assert not body["metadata"]["degraded"] and body["metadata"]["model_version"] == "stub-1"
    assert api.get(f"/api/ai/tickets/{ticket.pk}/recommendation").json()["actions"] == body["actions"]


def test_an_action_of_a_service_can_be_ticked_off(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    make_draft(str(ticket.pk))
    url = f"/api/ai/tickets/{ticket.pk}/recommendation"
    assert api.get(url).json()["actions"][0]["completed"] is False
    done = api.patch(f"{url}/actions/0", {"completed": True}, format="json")
    assert done.status_code == 200 and api.get(url).json()["actions"][0]["completed"] is True


def test_a_plan_of_other_facts_no_longer_counts(stub: Stub, api: APIClient, ticket: Ticket, buyer: Customer) -> None:
    make_draft(str(ticket.pk))
    make_order(buyer, number="44755", placed_at=timezone.now() - timedelta(days=1))
    body = detail_of(api, ticket)["ai_recommendation"]
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"]


def test_a_plan_asked_for_in_vain_says_why(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    stub.failures = [None, None, Failure.SERVER]
    make_draft(str(ticket.pk))
    body = detail_of(api, ticket)["ai_recommendation"]
    assert body["metadata"]["source"] == "embedded" and "server_error" in body["metadata"]["reasons"][0]
    assert body["actions"] and body["actions"][0]["action"] != "Answer it."


def test_when_nobody_waits_nobody_is_asked(stub: Stub, api: APIClient, ticket: Ticket, senior: Agent) -> None:
    services.post_message(senior, ticket.pk, "It is on its way.")
    body = detail_of(api, ticket)["ai_recommendation"]
    make_draft(str(ticket.pk))
    assert not body["metadata"]["degraded"] and stub.calls == [] and not Advice.objects.exists()


def test_what_leans_on_others_tickets_is_kept_from_who_may_not_see_them(
    stub: Stub, agent: Agent, api: APIClient, client_of: Callable[[Agent], APIClient], ticket: Ticket
) -> None:
    make_draft(str(ticket.pk))  # nobody's ticket: made for who sees all
    Ticket.objects.filter(pk=ticket.pk).update(assigned_to=agent)
    assert detail_of(api, ticket)["ai_recommendation"]["metadata"]["source"] == "stub"
    body = detail_of(client_of(agent), ticket)["ai_recommendation"]
    assert body["metadata"]["source"] == "embedded" and body["metadata"]["degraded"]


def test_a_long_conversation_has_a_summary_and_a_short_one_none(stub: Stub, api: APIClient, ticket: Ticket) -> None:
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
def test_who_opens_a_ticket_never_waits_for_an_analysis(stub: Stub, api: APIClient, ticket: Ticket) -> None:
    ProcrastinateJob.objects.all().delete()
    body = detail_of(api, ticket)["customer_profile"]
    assert body["metadata"]["degraded"] and stub.calls == [] and wanted("analyze_customer") == 1
    analyze_customer(str(ticket.customer_id))
    body = detail_of(api, ticket)["customer_profile"]
    assert body["metadata"]["source"] == "stub" and body["churn_risk"]["churn_risk_score"] == 0.42
    assert not body["metadata"]["degraded"]


def test_who_asks_for_a_customer_waits_for_the_analysis(stub: Stub, api: APIClient, buyer: Customer) -> None:
    url = f"/api/ai/customers/{buyer.pk}/intelligence"
    assert api.get(url).json()["predictions"]["churn_risk"] == 0.42
    assert api.get(url).json()["metadata"]["source"] == "stub" and stub.calls == ["analyze"]


def test_the_score_goes_by_what_the_page_shows(stub: Stub, api: APIClient, ticket: Ticket, buyer: Customer) -> None:
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
def test_a_detail_takes_as_many_queries_with_services_as_without(
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


def test_a_third_service_takes_a_class_and_a_line_of_settings(settings: Any, api: APIClient, ticket: Ticket) -> None:
    settings.AI_PROVIDERS = {**settings.AI_PROVIDERS, "echo": "intelligence.tests.echo.from_settings"}
    settings.AI_ORDER = {**settings.AI_ORDER, "draft": ["echo"]}
    body = draft_of(api, ticket)
    assert body["metadata"]["source"] == "echo" and "Where is my parcel?" in body["draft"]


def test_what_a_conversation_came_to_before_is_told_to_who_drafts(stub: Stub, ticket: Ticket) -> None:
    for number in range(9):
        say(ticket, f"Hello, is anybody there? ({number})")
    assert gather(ticket.pk).conversation.ticket.summary == ""
    make_draft(str(ticket.pk))
    gathered = gather(ticket.pk)
    assert gathered.conversation.ticket.summary == "They wait for a parcel."
    assert Draft.objects.get(state=Draft.State.CURRENT).fingerprint == gathered.fingerprint
