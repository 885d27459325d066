"""Automatic assignment rules in the admin site."""

from decimal import Decimal

import pytest
from django.test import Client

from agents.models import Agent, AuditEntry
from agents.tests.browsing import browser
from tickets.models import AssignmentRules

pytestmark = pytest.mark.django_db
LIST, FORM = "/admin/tickets/assignmentrules/", "/admin/tickets/assignmentrules/1/change/"


@pytest.fixture
def door(manager: Agent) -> Client:
    return browser(manager)


def typed(door: Client, **changes: str) -> dict[str, str]:
    """Returns the form data as a browser submits it, with the hidden initial values."""
    rules = door.get(FORM).context["adminform"].form.instance
    shown = {
        "high_value_from": "" if rules.high_value_from is None else str(rules.high_value_from),
        "again_after_hours": str(rules.again_after_hours),
    }
    switched = {"enabled": "on", "initial-enabled": "True"} if rules.enabled else {"initial-enabled": "False"}
    given = {**shown, **{f"initial-{name}": value for name, value in shown.items()}, **switched, **changes}
    return {name: value for name, value in given.items() if value != "off"}


def test_assignment_rules_open_as_form_and_are_saved_by_the_service(door: Client, manager: Agent) -> None:
    page = door.get(LIST, follow=True)
    assert page.redirect_chain == [(FORM, 302)] and "Automatic assignment" in page.content.decode()
    assert not AssignmentRules.objects.exists()
    door.post(FORM, typed(door, enabled="on", high_value_from="250.50"))
    rules = AssignmentRules.in_force()
    assert (rules.enabled, rules.high_value_from, rules.again_after_hours) == (True, Decimal("250.50"), 24)
    entry = AuditEntry.objects.get(action="assignment_rules.saved")
    assert entry.actor == manager and set(entry.changes) == {"enabled", "high_value_from"}
    door.post(FORM, typed(door))
    assert AuditEntry.objects.filter(action="assignment_rules.saved").count() == 1
    door.post(FORM, typed(door, enabled="off", high_value_from=""))
    rules = AssignmentRules.in_force()
    assert (rules.enabled, rules.high_value_from) == (False, None)


@pytest.mark.parametrize(
    "changes", [{"high_value_from": "-1"}, {"again_after_hours": "721"}, {"again_after_hours": ""}]
)
def test_invalid_assignment_rules_are_not_saved_and_form_shows_errors(door: Client, changes: dict[str, str]) -> None:
    answer = door.post(FORM, typed(door, **changes))
    assert answer.status_code == 200 and list(answer.context["adminform"].form.errors) == list(changes)
    assert not AssignmentRules.objects.exists()


def test_assignment_rules_cannot_be_added_or_deleted(door: Client, lead: Agent) -> None:
    assert door.get(f"{LIST}add/").status_code == 403
    assert "deletelink" not in door.get(FORM).content.decode()
    assert door.get(f"{LIST}2/change/").status_code == 302
    assert browser(lead).get(FORM).status_code == 302
