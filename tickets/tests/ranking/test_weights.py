"""Ranking weights: validated, previewed, saved with history, and applied to all open tickets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from tickets import services
from tickets.live import log
from tickets.models import Ticket, WeightSet
from tickets.ranking import scoring, weights
from tickets.ranking import weights_preview as previews
from tickets.services import weights as weight_services
from tickets.tasks import finish_ranking, rerank_tickets
from tickets.tests.concurrency import at_once
from tickets.tests.factories import NOW, make_customer, make_order, make_ticket

Clients = Callable[[Agent], APIClient]
URL = "/api/scoring/weights"


@pytest.fixture
def boss(manager: Agent, client_of: Clients) -> APIClient:
    return client_of(manager)


@pytest.mark.django_db
def test_default_weights_match_the_documentation(api: APIClient) -> None:
    body = api.get(URL).json()
    assert body["version"] == 0 and body["changed_at"] is None
    assert (
        body["weights"]
        == body["defaults"]
        == {
            "priority": {"urgent": 3.0, "high": 1.5, "normal": 0.5, "low": 0.0},
            "customer_value": 1.0,
            "churn_risk": 5.0,
            "sentiment": 1.5,
            "difficulty": 0.75,
            "topic_alert": 5.0,
        }
    )


@pytest.mark.django_db
def test_only_managers_may_change_weights(agent: Agent, lead: Agent, client_of: Clients) -> None:
    for one in (agent, lead):
        for method, path in [("put", URL), ("post", f"{URL}/preview"), ("post", f"{URL}/reset")]:
            answer = getattr(client_of(one), method)(path, {"weights": {"churn_risk": 9}})
            assert answer.status_code == 403 and "manager" in answer.json()["detail"]
    assert not WeightSet.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"weights": 5},
        {"weights": {"churn_risk": -0.1}},
        {"weights": {"churn_risk": 100.1}},
        {"weights": {"churn_risk": "5"}},
        {"weights": {"churn_risk": True}},
        {"weights": {"churn_risk": None}},
        {"weights": {"time_decay": 2}},
        {"weights": {"value_scale": 1}},
        {"weights": {"priority": 3}},
        {"weights": {"priority": {"asap": 3}}},
        {"weights": {"priority": {"urgent": 101}}},
        {"weights": {}, "reason": "x" * 501},
    ],
)
def test_invalid_weights_are_400_and_not_saved(boss: APIClient, body: Any) -> None:
    for answer in (boss.put(URL, body), boss.post(f"{URL}/preview", body)):
        assert answer.status_code == 400 and answer.json()["detail"]
    assert not WeightSet.objects.exists()


@pytest.mark.django_db
def test_saving_weights_reranks_and_adds_to_the_history(boss: APIClient, manager: Agent) -> None:
    ticket = make_ticket(make_customer(churn=0.8))
    before = ticket.rank_at
    body = boss.put(URL, {"weights": {"churn_risk": 10, "priority": {"normal": 2}}, "reason": "Fewer leave"}).json()
    assert body["weights"]["churn_risk"] == 10.0 and body["weights"]["priority"]["normal"] == 2.0
    assert body["changed_by"] == manager.name and body["ranking"]["to_rank"] == 1
    entry = AuditEntry.objects.get(action="weights.saved")
    assert entry.changes == {"churn_risk": [5.0, 10.0], "priority.normal": [0.5, 2.0]} and entry.reason == "Fewer leave"
    job = ProcrastinateJob.objects.get(task_name="tickets.tasks.rerank_tickets")
    assert scoring.stale_ranks().count() == 1
    assert Client().get("/health/ready").json()["ranking"] == "ranking again: 0 of 1"
    rerank_tickets.func(**job.args)
    ticket.refresh_from_db()
    assert before - ticket.rank_at == timedelta(days=5 * 0.64 + 1.5)
    assert not scoring.stale_ranks().exists()
    assert boss.get(URL).json()["ranking"]["finished_at"] is not None
    assert Client().get("/health/ready").json()["ranking"] == "ok"
    assert boss.put(URL, {"weights": {"churn_risk": 10}}).json()["version"] == body["version"], (
        "nothing new, nothing written"
    )
    assert boss.post(f"{URL}/reset").json()["weights"] == body["defaults"]
    versions = boss.get(f"{URL}/history").json()["versions"]
    assert [v["weights"]["churn_risk"] for v in versions] == [5.0, 10.0]
    assert versions[1]["reason"] == "Fewer leave"


@pytest.mark.django_db
def test_new_tickets_and_later_writes_use_new_weights_at_once(boss: APIClient, senior: Agent) -> None:
    ticket = make_ticket()
    boss.put(URL, {"weights": {"priority": {"normal": 7}}})
    fresh = make_ticket()
    services.update_ticket(senior, ticket.pk, {"add_tags": ["x"]})
    assert not scoring.stale_ranks().filter(pk__in=[fresh.pk, ticket.pk]).exists()
    body = boss.get(f"/api/tickets/{fresh.pk}/score-breakdown").json()
    assert body["components"]["priority_weight"] == 7.0


@pytest.mark.django_db
def test_new_topic_alert_weight_takes_effect_at_once(boss: APIClient) -> None:
    make_ticket(text="a chargeback")
    boss.put(URL, {"weights": {"topic_alert": 0}})
    row = boss.get("/api/tickets?topic_alerts=chargeback").json()["tickets"][0]
    assert row["matches_topic_alert"] and row["smart_score"] < 5e3
    plain = boss.get("/api/tickets").json()["tickets"][0]
    assert row["smart_score"] == pytest.approx(plain["smart_score"], abs=1e-3)


@pytest.mark.django_db
def test_interrupted_rerank_resumes(boss: APIClient, monkeypatch: Any) -> None:
    monkeypatch.setattr(weight_services, "BATCH", 3)
    for _ in range(8):
        make_ticket()
    version = boss.put(URL, {"weights": {"priority": {"normal": 9}}}).json()["version"]
    assert weight_services._rank_batch(version) == 3  # and the worker is killed
    assert scoring.stale_ranks().count() == 5
    finish_ranking.func(timestamp=0)
    assert not scoring.stale_ranks().exists()
    assert WeightSet.objects.get(pk=version).ranked == 8
    assert weight_services.rerank_all(version) == 0


@pytest.mark.django_db
def test_rerank_with_outdated_weights_does_nothing(boss: APIClient) -> None:
    make_ticket()
    first = boss.put(URL, {"weights": {"priority": {"normal": 9}}}).json()["version"]
    second = boss.put(URL, {"weights": {"priority": {"normal": 1}}}).json()["version"]
    assert weight_services.rerank_all(first) == 0
    assert weight_services.rerank_all(second) == 1
    assert not scoring.stale_ranks().exists()


@pytest.mark.django_db
def test_weight_preview_shows_rank_changes_and_writes_nothing(boss: APIClient) -> None:
    whale = make_ticket(make_customer("Whale", value="50000.00"), days=1)
    old = make_ticket(make_customer("Old"), days=8)
    body = boss.post(f"{URL}/preview", {"weights": {"customer_value": 3}}).json()
    assert [(t["customer"], t["before"], t["after"]) for t in body["tickets"]] == [("Whale", 2, 1), ("Old", 1, 2)]
    assert body["rising"] == body["falling"] == 1
    assert body["tickets"][0]["why"].startswith("customer value +10.6")
    assert "others moved past it" in body["tickets"][1]["why"]
    assert {str(whale.pk), str(old.pk)} == {t["ticket_id"] for t in body["tickets"]}
    waits = {order["order"]: order for order in body["simulation"]["orders"]}
    assert list(waits) == ["First in, first out", "Priority, then first in", "Today's weights", "Proposed weights"]
    assert waits["Today's weights"]["at_risk_wait"]["mean"] < waits["First in, first out"]["at_risk_wait"]["mean"]
    assert any("stated model" in note for note in body["simulation"]["notes"])
    assert not WeightSet.objects.exists() and not scoring.stale_ranks().exists()


weight = st.sampled_from([0.0, 0.01, 1.0, 5.0, 99.99, 100.0])


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.fixed_dictionaries(dict.fromkeys(weights.SINGLE, weight)), normal=weight)
def test_weight_preview_equals_the_ranking_after_saving(
    manager: Agent, client_of: Clients, monkeypatch: Any, values: dict[str, float], normal: float
) -> None:
    monkeypatch.setattr(previews, "SIMULATED_DAYS", 1)
    monkeypatch.setattr(previews, "SIMULATED_SEEDS", (1,))
    boss = client_of(manager)
    for n in range(6):
        customer = make_customer(churn=n / 6, value=f"{n * 300}.00")
        make_ticket(customer, days=n * 0.7, customer_sentiment=n / 10, estimated_difficulty=1 - n / 10)
    wanted = {"weights": {**values, "priority": {"normal": normal}}}
    expected = [t["ticket_id"] for t in boss.post(f"{URL}/preview", wanted).json()["tickets"] if t["after"] <= 20]
    version = boss.put(URL, wanted).json()["version"]
    weight_services.rerank_all(version)
    assert [t["id"] for t in boss.get("/api/tickets?limit=20").json()["tickets"]] == expected
    assert not scoring.stale_ranks().exists()


@pytest.mark.django_db
def test_rescore_command_repairs_and_checks_ranks(capsys: Any) -> None:
    ticket = make_ticket()
    call_command("rescore", "--check")
    assert "1 open and pending tickets: 0 with a rank" in capsys.readouterr().out
    Ticket.objects.filter(pk=ticket.pk).update(rank_at=NOW)
    with pytest.raises(CommandError, match="Something is wrong"):
        call_command("rescore", "--check")
    call_command("rescore")
    assert "1 tickets ranked." in capsys.readouterr().out
    call_command("rescore", "--check")


@pytest.mark.django_db
def test_ranks_of_an_older_formula_are_reported(boss: APIClient, monkeypatch: Any) -> None:
    boss.post(f"{URL}/reset")
    boss.put(URL, {"weights": {"difficulty": 2}})
    monkeypatch.setattr(scoring, "VERSION", 2)
    assert "rescore" in Client().get("/health/ready").json()["ranking"]
    call_command("rescore")
    assert Client().get("/health/ready").json()["ranking"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_concurrent_writes_during_a_weight_change_leave_no_stale_rank(manager: Agent, time_machine: Any) -> None:
    customer = make_customer()
    tickets = [make_ticket(customer) for _ in range(6)]

    def work(number: int) -> Any:
        for turn in range(6):
            if number == 0:
                made = services.save_weights(manager, weights.parse_weights({"priority": {"normal": float(turn)}}))
                if made:
                    services.rerank_all(made.pk)
            elif number % 2:
                services.update_ticket(None, tickets[turn].pk, {"priority": ["urgent", "normal"][turn % 2]})
            else:
                make_order(customer, number=f"{number}-{turn}")
                services.create_ticket(None, services.TicketData("S", "email", customer_id=customer.pk))

    assert at_once(work, 6) == [None] * 6
    state = weights.in_force()
    assert state is not None
    services.rerank_all(state.pk)
    assert not scoring.stale_ranks().exists()


@pytest.mark.django_db
def test_ranking_event_is_written_after_the_rerank(manager: Agent) -> None:
    make_ticket()
    start = log.head()
    made = services.save_weights(manager, replace(weights.current_weights(), churn_risk=9.0))
    log.place()
    assert made is not None and log.catch_up(manager, start).events == []
    services.rerank_all(made.pk)
    services.rerank_all(made.pk)
    log.place()
    told = log.catch_up(manager, start).events
    assert [(event["type"], event["because"]) for event in told] == [("order", "weights")]
