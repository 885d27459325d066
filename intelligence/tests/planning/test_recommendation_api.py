"""The recommendation API: permissions, action indexes, completing actions, concurrency and the ticket detail."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from agents import services as accounts
from agents.common import shared_cache
from agents.models import Agent, AuditEntry
from agents.tests.browsing import browser
from intelligence.models import CompletedAction
from intelligence.services import drafts, plans
from tickets import services
from tickets.live import log
from tickets.models import Ticket
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_customer, make_order, make_ticket

Clients = Callable[[Agent], APIClient]
Agents = Callable[..., Agent]


def url(ticket: Ticket) -> str:
    return f"/api/ai/tickets/{ticket.pk}/recommendation"


def tick(api: APIClient, ticket: Ticket, index: object, **body: Any) -> Any:
    return api.patch(f"{url(ticket)}/actions/{index}", {"completed": True, **body}, format="json")


def damaged(**fields: Any) -> Ticket:
    """A ticket about a delivered order that arrived broken, reported five minutes ago."""
    now = timezone.now()
    customer = make_customer()
    make_order(
        customer,
        number=f"D-{customer.pk}",
        placed_at=now - timedelta(days=6),
        status="delivered",
        fulfillment_status="delivered",
        total=Decimal("49.90"),
    )
    values = {"text": "My mug arrived broken.", "created_at": now - timedelta(minutes=5), **fields}
    ticket = make_ticket(customer, **values)
    services.update_ticket(None, ticket.pk, {"tags": ["damaged"]})
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.django_db
def test_recommendation_body_has_documented_and_single_page_app_fields(api: APIClient) -> None:
    ticket = damaged()
    answer = api.get(url(ticket)).json()
    assert answer["ticket_id"] == str(ticket.pk) and answer["priority"] in ("urgent", "high", "normal")
    assert answer["estimated_impact"].keys() == {"retention_probability", "revenue_at_risk"}
    assert answer["estimated_impact"]["retention_probability"] is None
    assert answer["customer_dna"].keys() == {"archetype_id", "communication_preferences", "value_tier"}
    assert 0 <= answer["churn_risk"] <= 1
    keys = [action["key"] for action in answer["actions"]]
    assert keys == ["ask_photo", "decide_replacement"]
    assert [action["priority"] for action in answer["actions"]] == [1, 2]
    decision = answer["actions"][1]
    assert "Decide whether" in decision["action"] and "49.90 USD" in decision["action"]
    assert (
        decision["estimated_impact"]["cost"] == 49.9 and not decision["completed"] and decision["completed_at"] is None
    )
    assert answer["metadata"].keys() >= {"source", "degraded", "confidence", "reasons", "model_version"}
    assert answer["talking_points"] and isinstance(answer["warnings"], list)


@pytest.mark.django_db
def test_risk_figures_are_null_without_orders(api: APIClient) -> None:
    answer = api.get(url(make_ticket(text="Hello?", created_at=timezone.now()))).json()
    assert answer["revenue_at_risk"] is answer["churn_risk"] is answer["estimated_impact"]["revenue_at_risk"] is None
    assert answer["customer_dna"]["archetype_id"] is None


# --- Who may -----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_agent_sees_and_completes_actions_of_visible_tickets_only(
    agent: Agent, make_agent: Agents, client_of: Clients
) -> None:
    api = client_of(agent)
    mine = damaged(assigned_to=agent)
    assert api.get(url(mine)).status_code == 200 and tick(api, mine, 0).status_code == 200
    for hidden in (damaged(), damaged(assigned_to=make_agent("agent"))):
        assert api.get(url(hidden)).status_code == tick(api, hidden, 0).status_code == 404
    assert CompletedAction.objects.count() == 1
    assert APIClient().get(url(mine)).status_code == tick(APIClient(), mine, 0).status_code == 401


@pytest.mark.django_db
def test_api_key_needs_write_scope_to_complete_an_action(service: Agent) -> None:
    ticket = damaged()
    for scope, wanted in (("read", 403), ("write", 200)):
        _, secret = accounts.create_key(None, service.pk, name=scope, scope=scope)
        api = APIClient(headers={"x-api-key": secret})
        assert api.get(url(ticket)).status_code == 200 and tick(api, ticket, 0).status_code == wanted


@pytest.mark.django_db
def test_plan_mentions_other_tickets_only_if_agent_may_see_them(
    agent: Agent, api: APIClient, client_of: Clients
) -> None:
    mine = damaged(assigned_to=agent)
    make_ticket(mine.customer, created_at=timezone.now())
    own, every = (client.get(url(mine)).json() for client in (client_of(agent), api))
    assert "settle_together" not in str(own) and "other ticket" not in str(own["warnings"])
    place = [action["key"] for action in every["actions"]].index("settle_together")
    assert tick(api, mine, place).status_code == 200
    Ticket.objects.exclude(pk=mine.pk).update(status="closed", closed_at=timezone.now())
    assert "settle_together" in str(api.get(url(mine)).json())
    assert "settle_together" not in str(client_of(agent).get(url(mine)).json())


# --- Completing --------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_action_is_completed_and_reopened_once_each_with_audit_entries(api: APIClient, senior: Agent) -> None:
    ticket = damaged()
    before = Ticket.objects.get(pk=ticket.pk).updated_at
    listed = api.get(url(ticket)).json()["actions"]
    answer = tick(api, ticket, 1)
    assert answer.status_code == 200, answer.json()
    done = answer.json()["action"]
    assert done["completed"] and done["completed_at"] and done["action"] == listed[1]["action"]
    assert answer.json()["index"] == 1 and done["priority"] == 2
    again = api.get(url(ticket)).json()["actions"]
    assert [one["completed"] for one in again] == [False, True] and again[1]["completed_at"] == done["completed_at"]
    entry = AuditEntry.objects.latest("id")
    assert (
        entry.actor == senior and entry.action == "ticket.completed_an_action_of" and entry.subject_id == str(ticket.pk)
    )
    count = AuditEntry.objects.count()
    assert tick(api, ticket, 1).json()["action"] == done and AuditEntry.objects.count() == count
    back = tick(api, ticket, 1, completed=False).json()["action"]
    assert not back["completed"] and back["completed_at"] is None and not CompletedAction.objects.exists()
    assert AuditEntry.objects.count() == count + 1
    tick(api, ticket, 1, completed=False)
    assert AuditEntry.objects.count() == count + 1 and Ticket.objects.get(pk=ticket.pk).updated_at == before


@pytest.mark.django_db
def test_invalid_completion_requests_are_rejected(api: APIClient) -> None:
    ticket = damaged()
    bodies: list[dict[str, Any]] = [
        {},
        {"completed": None},
        {"completed": "perhaps"},
        {"completed": []},
        {"completed": True, "key": "x" * 41},
    ]
    for body in bodies:
        answer = api.patch(f"{url(ticket)}/actions/0", body, format="json")
        assert answer.status_code == 400 and isinstance(answer.json()["detail"], str), body
    for index in (2, 99, 10**30):
        answer = tick(api, ticket, index)
        assert answer.status_code == 404 and answer.json()["detail"].startswith("There is no action")
    for wrong in (-1, "first", "1.0"):
        assert tick(api, ticket, wrong).status_code == 404
    assert tick(api, ticket, 0, key="decide_replacement").status_code == 409
    assert tick(api, ticket, 0, key="ask_photo").status_code == 200
    assert api.get(url(Ticket(pk=uuid4()))).status_code == 404
    assert CompletedAction.objects.count() == 1


@pytest.mark.django_db
def test_action_index_refers_to_the_list_last_returned(api: APIClient) -> None:
    ticket = damaged()
    assert [one["key"] for one in api.get(url(ticket)).json()["actions"]] == ["ask_photo", "decide_replacement"]
    services.post_message(None, ticket.pk, "Here it is.", from_agent=False)
    # The photo needs no asking any more: the decision stands first now, but the index is of the list that was given.
    gone = tick(api, ticket, 0)
    assert (
        gone.status_code == 409 and "read them again" in gone.json()["detail"] and not CompletedAction.objects.exists()
    )
    moved = tick(api, ticket, 1).json()
    assert moved["index"] == 0 and moved["action"]["key"] == "decide_replacement"
    assert api.get(url(ticket)).json()["actions"][0]["completed"]


@pytest.mark.django_db
def test_action_index_requires_the_action_key_without_the_shared_cache(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = damaged()
    assert api.get(url(ticket)).status_code == 200
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))
    refused = tick(api, ticket, 0)
    assert refused.status_code == 409 and "send the action's key" in refused.json()["detail"]
    assert api.get(url(ticket)).status_code == 200
    assert tick(api, ticket, 0, key="ask_photo").json()["action"]["completed"] is True


@pytest.mark.django_db
def test_completed_action_keeps_its_place_until_customer_writes(api: APIClient, senior: Agent) -> None:
    ticket = damaged()
    tick(api, ticket, 0)
    services.post_message(senior, ticket.pk, "Could you send a photo?")
    steps = api.get(url(ticket)).json()["actions"]
    assert [(one["key"], one["completed"]) for one in steps] == [
        ("ask_photo", True),
        ("decide_replacement", False),
        ("wait_for_customer", False),
    ]
    assert [one["priority"] for one in steps] == [1, 2, 3]
    services.post_message(None, ticket.pk, "Here it is.", from_agent=False)
    assert "ask_photo" not in [one["key"] for one in api.get(url(ticket)).json()["actions"]]


@pytest.mark.django_db
def test_closed_ticket_has_no_actions(api: APIClient) -> None:
    ticket = damaged()
    api.get(url(ticket))
    services.update_ticket(None, ticket.pk, {"status": "closed"})
    assert tick(api, ticket, 0).status_code == 409
    answer = api.get(url(ticket)).json()
    assert answer["actions"] == [] and answer["priority"] == "normal"


@pytest.mark.django_db(transaction=True)
def test_concurrent_completions_store_one_completed_action(make_agent: Agents) -> None:
    both, ticket = [make_agent("senior_agent") for _ in range(2)], damaged()
    done = at_once(lambda number: plans.complete_action(both[number], ticket.pk, 0, True), 2)
    assert done[0][1].completed_at == done[1][1].completed_at is not None, done
    assert CompletedAction.objects.count() == 1
    assert AuditEntry.objects.filter(action="ticket.completed_an_action_of").count() == 1
    read = at_once(lambda number: plans.recommend(both[number], ticket.pk).names, 2)
    assert read[0] == read[1]


# --- The detail, and what it costs -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_ticket_detail_has_the_same_plan(api: APIClient) -> None:
    ticket = damaged()
    detail = api.get(f"/api/tickets/{ticket.pk}").json()
    told, asked = detail["ai_recommendation"], api.get(url(ticket)).json()
    assert told["actions"] == asked["actions"] and told.keys() == asked.keys()
    assert detail["ai_draft_response"] is None
    drafts.prepare(ticket.pk)
    draft = api.get(f"/api/ai/tickets/{ticket.pk}/draft-response").json()["draft"]
    assert api.get(f"/api/tickets/{ticket.pk}").json()["ai_draft_response"]["draft"] == draft


@pytest.mark.django_db
def test_recommendation_query_count_is_constant(api: APIClient, django_assert_num_queries: Any) -> None:
    small, large = damaged(), damaged()
    for number in range(20):
        make_order(large.customer, placed_at=timezone.now() - timedelta(days=9 + number))
        make_ticket(large.customer, created_at=timezone.now())
        services.post_message(None, large.pk, f"Again {number}", from_agent=False)
    for ticket in (small, large):
        api.get(url(ticket))
        drafts.prepare(ticket.pk)
        tick(api, ticket, 0)
        with django_assert_num_queries(8):
            api.get(url(ticket))
        with django_assert_num_queries(10):
            api.get(f"/api/tickets/{ticket.pk}")


# --- What others are told --------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_completed_action_sends_an_event_to_agents_who_see_the_ticket(
    agent: Agent, senior: Agent, make_agent: Agents, client_of: Clients
) -> None:
    """Otherwise two agents might both refund the customer."""
    ticket = damaged(assigned_to=agent)
    mine, theirs, strangers = client_of(agent), client_of(senior), client_of(make_agent("agent"))
    since = log.head()

    def told(api: APIClient) -> list[Any]:
        log.place()
        events = api.get(f"/api/events?since={since}").json()["events"]
        return [one for one in events if one["type"] == "updated" and "actions" in one["changes"]]

    for completed, count in ((True, 1), (True, 1), (False, 2), (False, 2)):
        assert tick(theirs, ticket, 0, completed=completed).status_code == 200
        assert [one["by"] for one in told(mine)] == [str(senior.pk)] * count
    page = browser(senior)
    name = plans.recommend(senior, ticket.pk).steps[0].planned
    done = {"key": name.key, "about": name.about, "done": "1"}
    assert page.post(f"/tickets/{ticket.pk}/action", done, headers={"HX-Request": "true"}).status_code == 200
    assert [one["changes"] for one in told(mine)] == [["actions"]] * 3
    assert told(mine)[0]["ticket"] == str(ticket.pk) and told(strangers) == []
    assert (
        "checked" in browser(agent).get(f"/tickets/{ticket.pk}/about", headers={"HX-Request": "true"}).content.decode()
    )


@pytest.mark.django_db
def test_rejected_completion_sends_no_event(api: APIClient) -> None:
    ticket = damaged()
    since = log.head()
    assert tick(api, ticket, 99).status_code == 404
    log.place()
    assert api.get(f"/api/events?since={since}").json()["events"] == []
