"""Saved topic alerts: one's own, the team's, how many tickets match, and whose they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from agents.models import Agent, AuditEntry
from tickets import keyword_index, services
from tickets.live import log
from tickets.tests.concurrency import at_once
from tickets.tests.factories import make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import active_keywords, create_alert, delete_alert, update_alert

URL = "/api/topic-alerts"
Clients = Callable[[Agent], APIClient]


@pytest.mark.django_db
def test_an_alert_is_made_counted_changed_and_deleted(api: APIClient, senior: Agent) -> None:
    make_ticket(text="A CHARGEBACK")
    make_ticket(text="chargeback", status="closed")
    make_ticket(text="nothing")
    made = api.post(URL, {"keyword": " Chargeback "})
    assert made.status_code == 201
    alert = made.json()
    assert alert["keyword"] == "Chargeback" and alert["open_matches"] == 1 and alert["active"] and not alert["team"]
    assert api.get(URL).json()["topic_alerts"] == [alert]
    assert active_keywords(senior) == ["Chargeback"]
    url = f"{URL}/{alert['id']}"
    off = api.patch(url, {"is_on": False}).json()
    assert not off["is_on"] and not off["active"] and active_keywords(senior) == []
    assert api.patch(url, {"keyword": "NOTHING", "is_on": True}).json()["open_matches"] == 1
    past = (timezone.now() - timedelta(minutes=1)).isoformat()
    assert api.patch(url, {"expires_at": past}).json()["active"] is False
    assert active_keywords(senior) == []
    assert api.delete(url).status_code == 204
    assert api.get(URL).json() == {"topic_alerts": [], "total": 0}
    assert list(
        AuditEntry.objects.filter(subject_type="topicalert").order_by("id").values_list("action", flat=True)
    ) == [
        "topic_alert.created",
        "topic_alert.updated",
        "topic_alert.updated",
        "topic_alert.updated",
        "topic_alert.deleted",
    ]


@pytest.mark.django_db
def test_the_teams_alerts_are_everybodys_to_see_and_a_leads_to_write(
    agent: Agent, senior: Agent, lead: Agent, client_of: Clients
) -> None:
    refused = client_of(senior).post(URL, {"keyword": "recall", "team": True})
    assert refused.status_code == 403 and "team lead" in refused.json()["detail"]
    alert = client_of(lead).post(URL, {"keyword": "recall", "team": True}).json()
    make_ticket(text="a recall", assigned_to=agent)
    make_ticket(text="a recall")
    seen = client_of(agent).get(URL).json()["topic_alerts"]
    assert [(a["keyword"], a["team"], a["open_matches"]) for a in seen] == [("recall", True, 1)]
    assert client_of(senior).get(URL).json()["topic_alerts"][0]["open_matches"] == 2
    for method in ("patch", "delete"):
        assert getattr(client_of(agent), method)(f"{URL}/{alert['id']}", {"is_on": False}).status_code == 403
    assert active_keywords(agent) == ["recall"]


@pytest.mark.django_db
def test_alert_of_another_agent_is_404(agent: Agent, senior: Agent, client_of: Clients) -> None:
    alert = client_of(agent).post(URL, {"keyword": "mine"}).json()
    other = client_of(senior)
    assert other.get(URL).json()["total"] == 0
    for url in (f"{URL}/{alert['id']}", f"{URL}/{uuid4()}", f"{URL}/x"):
        assert other.patch(url, {"is_on": False}).status_code == 404
        assert other.delete(url).status_code == 404
    assert TopicAlert.objects.get().is_on


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [{}, {"keyword": ""}, {"keyword": "a"}, {"keyword": "x" * 101}, {"keyword": "a,b c"}, {"keyword": "ab\u0000"}]
    + [
        {"keyword": ["list"]},
        {"keyword": "good", "expires_at": "soon"},
        {"keyword": "good", "expires_at": "9999-01-01T00:00:00Z"},
    ],
)
def test_invalid_alert_is_400(api: APIClient, body: dict[str, Any]) -> None:
    answer = api.post(URL, body)
    assert answer.status_code == 400 and answer.json()["detail"] and "topic_alerts" not in answer.json()["detail"]
    assert not TopicAlert.objects.exists()


@pytest.mark.django_db
def test_the_same_word_twice_and_the_eleventh_are_refused(api: APIClient, lead: Agent, client_of: Clients) -> None:
    assert api.post(URL, {"keyword": "Straße"}).status_code == 201
    assert "already" in api.post(URL, {"keyword": "STRASSE"}).json()["detail"]
    assert client_of(lead).post(URL, {"keyword": "strasse", "team": True}).status_code == 201
    for n in range(9):
        assert api.post(URL, {"keyword": f"word{n}"}).status_code == 201
    full = api.post(URL, {"keyword": "one more"})
    assert full.status_code == 400 and "which is the maximum" in full.json()["detail"]
    mine = next(a for a in api.get(URL).json()["topic_alerts"] if a["keyword"] == "word1")
    assert "already" in api.patch(f"{URL}/{mine['id']}", {"keyword": "WORD0"}).json()["detail"]


@pytest.mark.django_db
def test_alert_list_costs_constant_queries(api: APIClient) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert api.get(URL).status_code == 200
        return len(caught)

    api.post(URL, {"keyword": "first"})
    few = count()
    for n in range(8):
        api.post(URL, {"keyword": f"word{n}"})
    assert count() == few <= 3


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_pass_the_limit_together(senior: Agent) -> None:
    def create(number: int) -> Any:
        return services.retrying(lambda: create_alert(senior, f"word {number}"))

    answers = at_once(create, 14)
    assert TopicAlert.objects.count() == 10
    assert sum(isinstance(answer, TopicAlert) for answer in answers) == 10


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_do_not_pass_the_teams_limit_together(lead: Agent, manager: Agent) -> None:
    def create(number: int) -> Any:
        actor = (lead, manager)[number % 2]
        return services.retrying(lambda: create_alert(actor, f"word {number // 2}", team=True))

    answers = at_once(create, 24)
    assert TopicAlert.objects.count() == 10
    assert sum(isinstance(answer, TopicAlert) for answer in answers) == 10
    assert len(set(TopicAlert.objects.values_list("folded", flat=True))) == 10


@pytest.mark.parametrize(
    ("phrase", "asked"),
    [
        ("chargeback", "chargeback"),
        ("order 712345 since", " 712345 "),
        ("where is my parcel", " parcel"),
        ("a b", "a b"),
        ("to  be", "to  be"),
    ],
)
def test_the_index_is_asked_for_the_rarest_part_of_a_phrase(phrase: str, asked: str) -> None:
    assert keyword_index.rarest(phrase) == asked and asked in phrase


@pytest.mark.django_db
def test_changed_team_alert_is_sent_to_everybody(agent: Agent, lead: Agent) -> None:
    """Their order changes with it, also of those who see few tickets. One's own alerts are told to nobody."""
    start = log.head()
    create_alert(agent, "mine")
    alert = create_alert(lead, "recall", team=True)
    update_alert(lead, alert.pk, {"is_on": False})
    update_alert(lead, alert.pk, {"is_on": False})  # nothing new
    delete_alert(lead, alert.pk)
    log.place()
    told = log.catch_up(agent, start).events
    assert [(event["type"], event["because"], event["by"]) for event in told] == [
        ("order", "topic_alerts", lead.pk)
    ] * 3
    assert all("ticket" not in event for event in told)
