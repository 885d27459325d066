"""The audit log in the admin site."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from agents import audit
from agents.models import Agent, AuditEntry
from agents.tests.browsing import HOSTILE, LIST, TRAIL, Make, browser, page

# The test client reads the stream by itself; the server does so without blocking.
pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")


# --- The audit log ---------------------------------------------------------------------------------------------------
def test_audit_log_has_no_add_or_change_form(admin: Agent) -> None:
    client = browser(admin)
    entry = AuditEntry.objects.latest("id")
    assert client.get(TRAIL).status_code == 200
    text = client.get(f"{TRAIL}{entry.pk}/change/").content.decode()
    assert "_save" not in text
    assert client.get(f"{TRAIL}add/").status_code == 403
    client.post(f"{TRAIL}{entry.pk}/change/", {"action": "nothing.happened"})
    assert not AuditEntry.objects.filter(action="nothing.happened").exists()


def test_audit_log_is_searched_by_record_actor_and_action(managing: Client, manager: Agent, agent: Agent) -> None:
    audit.record("agent.updated", agent, actor=manager, changes={"name": ("Ada", HOSTILE)})
    for query in (f"q={agent.pk}", "q=mira", "action=agent.updated", f"q={manager.pk}"):
        text = managing.get(f"{TRAIL}?{query}").content.decode()
        assert "&lt;script&gt;alert(1)" in text, query
        assert "<script>alert" not in text
        assert page(agent) in text
    assert "0 audit entries" in managing.get(f"{TRAIL}?q=nobody-at-all").content.decode()
    assert "0 audit entries" in managing.get(f"{TRAIL}?q=mira&action=no.such").content.decode()


def test_audit_log_query_count_is_independent_of_entry_count(managing: Client, make_agent: Make) -> None:
    def fill(count: int) -> None:
        for _ in range(count):
            person = make_agent("agent")
            audit.record("agent.updated", person, actor=person, changes={"name": ("a", "b")})

    managing.get(TRAIL)
    fill(5)
    with CaptureQueriesContext(connection) as few:
        managing.get(TRAIL)
    fill(55)
    with CaptureQueriesContext(connection) as many:
        managing.get(TRAIL)
    assert len(many) == len(few) <= 8


def test_account_history_redirects_to_its_audit_log(managing: Client, agent: Agent) -> None:
    answer = managing.get(f"{LIST}{agent.pk}/history/")
    assert answer.headers["Location"] == f"{TRAIL}?q={agent.pk}"


# --- What it says ------------------------------------------------------------------------------------------------------
def first_sentence(client: Client) -> str:
    cell = client.get(TRAIL).content.decode().partition('class="field-what_happened">')[2].partition("</td>")[0]
    return strip_tags(cell).strip()


@pytest.mark.parametrize(
    ("action", "changes", "says"),
    [
        (
            "agent.updated",
            {"role": ("agent", "team_lead")},
            "Mira Manager changed role of Ada Agent: agent → team lead",
        ),
        ("agent.updated", {"name": ("A", "B"), "role": (None, "agent")}, "changed name, role of Ada Agentname: A → B"),
        ("agent.created", {}, "Mira Manager created the account of Ada Agent"),
        ("agent.password_changed", {}, "Mira Manager set a new password for Ada Agent"),
        ("agent.frobnicated", {}, "Mira Manager frobnicated Ada Agent"),
        ("nonsense", {}, "Mira Manager nonsense Ada Agent"),
    ],
)
def test_audit_entry_is_described_in_a_sentence(
    managing: Client, manager: Agent, agent: Agent, action: str, changes: dict[str, Any], says: str
) -> None:
    audit.record(action, agent, actor=manager, changes=changes)
    assert says in first_sentence(managing)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        ("message.posted", "Mira Manager posted a message in ticket 123"),
        ("message.taken_back", "Mira Manager undid a reply in ticket 123"),
        ("note.added", "Mira Manager added a note to ticket 123"),
        ("ticket.completed_an_action_of", "Mira Manager completed a next best action of ticket 123"),
        ("ticket.reopened_an_action_of", "Mira Manager reopened a next best action of ticket 123"),
        ("ticket.conversation_reset", "Mira Manager reset the conversation of ticket 123"),
    ],
)
def test_audit_sentence_says_what_happened_to_a_ticket(
    managing: Client, manager: Agent, action: str, says: str
) -> None:
    audit.record(action, ("ticket", "123"), actor=manager)
    assert first_sentence(managing) == says


@pytest.mark.parametrize(
    ("action", "group"), [("message.posted", "message"), ("assignment_rules.saved", "assignment_rules")]
)
def test_audit_log_is_filtered_by_the_subject_of_an_action(
    managing: Client, manager: Agent, action: str, group: str
) -> None:
    audit.record(action, ("ticket", "123"), actor=manager)
    assert "1 audit entry" in managing.get(f"{TRAIL}?group={group}").content.decode()


def test_audit_sentences_cover_own_account_and_missing_actor(managing: Client, manager: Agent, agent: Agent) -> None:
    audit.record("agent.password_changed", manager, actor=manager)
    assert first_sentence(managing) == "Mira Manager changed their own password"
    audit.record("agent.sign_in_failed", ("agent", "unknown"), actor=None)
    assert first_sentence(managing) == "Someone failed to sign in to an account that does not exist"
    audit.record("agent.sign_in_failed", agent, actor=None)
    assert first_sentence(managing) == "Someone failed to sign in to Ada Agent"
    audit.record("ticket.updated", ("ticket", "123"), actor=None, changes={"assigned_to": (None, agent.pk)})
    assert first_sentence(managing) == "System changed assigned to of ticket 123: – → Ada Agent"


def test_malformed_audit_changes_are_shown_escaped(managing: Client) -> None:
    for changes in ([1], {"a": 1}, {"b": [1, 2, 3]}, {"c": {"d": HOSTILE}}, "text", {"e": [None, [HOSTILE]]}):
        AuditEntry.objects.create(action="agent.updated", subject_type="agent", subject_id="x", changes=changes)
    text = managing.get(TRAIL).content.decode()
    assert "<script>alert" not in text


# --- Finding -----------------------------------------------------------------------------------------------------------
def found(client: Client, query: str) -> int:
    return int(client.get(f"{TRAIL}?{query}").context["cl"].result_count)


def test_audit_log_is_filtered_by_group_person_record_address_and_date(
    managing: Client, manager: Agent, agent: Agent
) -> None:
    AuditEntry.objects.all().delete()
    with audit.origin("192.0.2.7"):
        audit.record("agent.updated", agent, actor=manager)
    audit.record("agent.signed_in", agent, actor=agent)
    old = timezone.now() - timedelta(days=40)
    audit.record("ticket.updated", ("ticket", str(agent.pk)), actor=agent, at=old)
    today = timezone.localdate().isoformat()
    expected = {
        "": 3,
        "group=agent": 1,
        "group=sign_in": 1,
        "group=ticket": 1,
        "group=nothing": 0,
        "group=agent&action=agent.updated": 1,
        "person=mira": 1,
        f"person={agent.pk}": 2,
        f"record={agent.pk}": 3,
        f"record={manager.pk}": 0,
        f"q={agent.pk}": 3,
        "q=192.0.2.7": 1,
        "q=192.0.2.8": 0,
        f"since={today}": 2,
        f"until={today}": 3,
        f"until={old.date().isoformat()}": 1,
        f"since={old.date().isoformat()}&until={old.date().isoformat()}&person=ada": 1,
        "since=nonsense&until=9999-12-31": 3,
        "person=%25": 0,
        "record='--": 0,
    }
    assert {query: found(managing, query) for query in expected} == expected


# --- Only to be read ---------------------------------------------------------------------------------------------------
def test_forged_requests_do_not_change_the_audit_log(admin: Agent, agent: Agent) -> None:
    client = browser(admin)
    audit.record("agent.updated", agent, actor=admin)
    before = list(AuditEntry.objects.order_by("id").values())
    entry = before[-1]["id"]
    every = {"action": "delete_selected", "_selected_action": [str(entry)], "post": "yes"}
    forged = {"reason": "forged", "_save": "Save", "form-0-id": str(entry), "form-0-reason": "forged"}
    for address in (TRAIL, f"{TRAIL}{entry}/change/", f"{TRAIL}{entry}/delete/", f"{TRAIL}add/", f"{TRAIL}{entry}/"):
        for data in (every, forged, {**forged, "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1"}):
            client.post(address, data)
        client.delete(address)
        client.put(address, forged)
    assert list(AuditEntry.objects.order_by("id").values()) == before


# --- The export --------------------------------------------------------------------------------------------------------
EXPORT = f"{TRAIL}export/"


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.post(f"{EXPORT}?{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    return list(csv.DictReader(io.StringIO(b"".join(answer).decode())))


def test_audit_export_has_the_filtered_entries_and_is_audited(
    managing: Client, manager: Agent, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.admin.export._PAGE", 2)
    for number in range(5):
        audit.record("agent.updated", agent, actor=manager, changes={"name": (None, f"Name {number}")})
    audit.record("agent.signed_in", agent, actor=agent)
    rows = exported(managing, f"group=agent&record={agent.pk}")
    assert [json.loads(row["changes"])["name"][1] for row in rows] == [f"Name {number}" for number in (4, 3, 2, 1, 0)]
    assert {row["actor_email"] for row in rows} == {manager.email}
    entry = AuditEntry.objects.get(action="audit.exported")
    assert (entry.actor, entry.changes["record"]) == (manager, [None, str(agent.pk)])
    assert first_sentence(managing).startswith("Mira Manager exported the audit log")


def test_audit_export_stops_at_its_row_limit(managing: Client, agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        audit.record("agent.updated", agent, actor=None)
    monkeypatch.setattr("agents.admin.export.csv_lines.__defaults__", (3,))
    assert len(exported(managing)) == 3


@pytest.mark.parametrize(
    "formula", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1", "\n=1", "|calc", "%0A", "\u00a0=2"]
)
def test_audit_export_escapes_spreadsheet_formulas(
    managing: Client, manager: Agent, agent: Agent, formula: str
) -> None:
    Agent.objects.filter(pk=manager.pk).update(name=formula)
    audit.record("agent.updated", agent, actor=manager, reason=formula)
    row = exported(managing, "action=agent.updated")[0]
    # Behind a tab or the end of a line a spreadsheet may see another cell's beginning.
    safe = f"'{formula[0]}'{formula[1:]}" if formula[0] in "\t\n" else f"'{formula}"
    assert (row["reason"], row["actor"]) == (safe, safe)


def test_audit_export_requires_manager_post_and_csrf_token(manager: Agent, lead: Agent) -> None:
    assert browser(lead).post(EXPORT).status_code == 302
    assert browser(manager).get(EXPORT).status_code == 405
    assert browser(manager, enforce_csrf_checks=True).post(EXPORT).status_code == 403
    assert not AuditEntry.objects.filter(action="audit.exported").exists()


@pytest.mark.parametrize("query", ["q=%00", "p=nonsense", "p=999", "no_such=1", "e=1"])
def test_audit_export_handles_invalid_query_strings(managing: Client, query: str) -> None:
    assert managing.post(f"{EXPORT}?{query}").status_code in (200, 302)
