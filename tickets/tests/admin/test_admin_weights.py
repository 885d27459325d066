"""Ranking weights in the admin site: preview, save, reset and history."""

import pytest
from django.test import Client

from agents.models import Agent
from tickets.models import WeightSet
from tickets.ranking import weights
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db
URL = "/admin/tickets/weightset/tune/"


@pytest.fixture
def door(manager: Agent) -> Client:
    client = Client()
    client.force_login(manager, backend="agents.backends.RoleBackend")
    return client


def typed(**changes: object) -> dict[str, object]:
    plain = weights.DEFAULT_WEIGHTS
    values = {f"priority_{name}": plain.priority[name] for name in weights.PRIORITIES}
    return {**values, **{name: getattr(plain, name) for name in weights.SINGLE}, "reason": "", **changes}


def test_preview_of_weights_shows_ranking_and_writes_nothing(door: Client) -> None:
    make_ticket(make_customer("<b>Whale</b>", value="50000.00"), days=1)
    make_ticket(make_customer("Old"), days=8)
    page = door.post(URL, {**typed(customer_value=3), "try": "1"}).content.decode()
    assert "Top 20 tickets of today" in page and "▲" in page and "▼" in page
    assert "&lt;b&gt;Whale" in page and "<b>Whale" not in page and "customer value +10" in page
    assert "Proposed weights" in page and "stated model" in page
    assert not WeightSet.objects.exists()


def test_weights_are_saved_reset_and_listed_in_history(door: Client) -> None:
    make_ticket()
    said = door.post(URL, {**typed(churn_risk=9, reason="More churn"), "save": "1"}, follow=True).content.decode()
    assert "1 tickets are being ranked again" in said and "More churn" in said and "0 of 1" in said
    assert weights.current_weights().churn_risk == 9
    again = door.post(URL, {**typed(churn_risk=9), "save": "1"}, follow=True).content.decode()
    assert "already in force" in again and WeightSet.objects.count() == 1
    door.post(URL, {"reset": "1"})
    assert weights.current_weights() == weights.DEFAULT_WEIGHTS and WeightSet.objects.count() == 2


@pytest.mark.parametrize("changes", [{"churn_risk": 101}, {"churn_risk": ""}, {"priority_low": "x"}, {"sentiment": -1}])
def test_invalid_weights_are_not_saved_and_form_keeps_input(door: Client, changes: dict[str, object]) -> None:
    for button in ("try", "save"):
        page = door.post(URL, {**typed(**changes, reason="kept"), button: "1"})
        assert page.status_code == 200 and b"errorlist" in page.content and b'value="kept"' in page.content
    assert not WeightSet.objects.exists()


def test_weights_page_is_closed_to_roles_below_manager(senior: Agent) -> None:
    client = Client()
    client.force_login(senior, backend="agents.backends.RoleBackend")
    assert client.get(URL).status_code == 302
    assert client.post(URL, {**typed(churn_risk=9), "save": "1"}).status_code == 302
    assert not WeightSet.objects.exists()
