"""The admin's door, its accounts and its audit trail."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents import audit
from agents.models import Agent, AuditEntry
from conftest import PASSWORD

Make = Callable[..., Agent]
GOOD_PASSWORD = "violet harbour seventeen"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
LIST = "/admin/agents/agent/"
TRAIL = "/admin/agents/auditentry/"


def browser(agent: Agent) -> Client:
    client = Client()
    client.force_login(agent, backend="agents.backends.RoleBackend")
    return client


@pytest.fixture
def managing(manager: Agent) -> Client:
    return browser(manager)


def page(agent: Agent) -> str:
    return reverse("admin:agents_agent_change", args=[agent.pk])


def shown(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send back from the form at the address, hidden fields and all."""
    form = client.get(address).context["adminform"].form
    data: dict[str, Any] = {}
    for bound in form:
        for name, value in ((bound.html_name, bound.value()), (bound.html_initial_name, bound.initial)):
            if name == bound.html_initial_name and not bound.field.show_hidden_initial:
                continue
            value = bound.field.prepare_value(value)
            if value is True:
                data[name] = "on" if name == bound.html_name else "True"
            elif value is not None and value is not False:
                data[name] = str(value)
    return data


def errors(response: Any) -> str:
    return str(response.context["errors"]) + str(response.context["adminform"].form.errors)


# --- The door ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", Agent.Role.values)
def test_managers_and_admins_come_in(make_agent: Make, role: str) -> None:
    answer = browser(make_agent(role)).get("/admin/")
    assert answer.status_code == (200 if role in ("manager", "admin") else 302)


@pytest.mark.parametrize("role", ["agent", "manager", "admin"])
def test_the_sign_in_form_lets_in_by_role(make_agent: Make, role: str) -> None:
    person, client = make_agent(role), Client()
    answer = client.post("/admin/login/?next=/admin/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/admin/", follow=True).status_code == (403 if role == "agent" else 200)


def test_service_accounts_stay_out(make_agent: Make) -> None:
    for role in ("senior_agent", "admin"):
        assert browser(make_agent(role, is_service=True)).get("/admin/").status_code == 302


def test_only_our_records_are_there(admin: Agent) -> None:
    labels = {model._meta.app_label for model in django_admin.site._registry}
    assert labels == {"agents", "tickets"}
    assert Group not in django_admin.site._registry
    assert "Recent actions" not in browser(admin).get("/admin/").content.decode()


def test_nothing_has_a_delete_page(admin: Agent, agent: Agent) -> None:
    names = {route.name for model in django_admin.site._registry.values() for route in model.get_urls()}
    assert not [name for name in names if name and name.endswith("_delete")]
    client = browser(admin)
    client.post(f"{LIST}{agent.pk}/delete/", {"post": "yes"})
    client.post(LIST, {"action": "delete_selected", "_selected_action": [str(agent.pk)], "post": "yes"})
    assert Agent.objects.filter(pk=agent.pk).exists()
    assert "delete" not in client.get(page(agent)).content.decode().lower()


def test_no_page_has_inline_script_or_style(admin: Agent, agent: Agent) -> None:
    client = browser(admin)
    for address in ("/admin/", LIST, f"{LIST}add/", page(agent), f"{LIST}{agent.pk}/password/", TRAIL):
        text = client.get(address).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text
        assert " onclick=" not in text


# --- The list ----------------------------------------------------------------------------------------------------------
def test_the_list_costs_the_same_for_five_and_sixty(managing: Client, make_agent: Make) -> None:
    for _ in range(5):
        make_agent("agent")
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert managing.get(LIST).status_code == 200
    for _ in range(55):
        make_agent("agent")
    with CaptureQueriesContext(connection) as many:
        assert managing.get(LIST).status_code == 200
    assert len(many) == len(few) <= 6


@pytest.mark.parametrize(
    "query",
    ["q=agent", "role__exact=agent", "status__exact=online", "is_active__exact=1", "is_service__exact=0", "o=2"],
)
def test_it_searches_and_filters(managing: Client, agent: Agent, query: str) -> None:
    answer = managing.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert agent.email in answer.content.decode()


def test_hostile_names_are_text(managing: Client, make_agent: Make) -> None:
    person = make_agent("agent", name=HOSTILE, department=HOSTILE, specializations=["<b>x</b>"])
    for address in (LIST, page(person), f"{LIST}?q={HOSTILE}", f"{LIST}{person.pk}/password/"):
        text = managing.get(address).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>x" not in text


# --- Adding and changing -----------------------------------------------------------------------------------------------
NEW = {
    "name": "Nova New",
    "email": "New@Quimbi.example",
    "role": "agent",
    "status": "offline",
    "accepts_new_tickets": "on",
    "max_concurrent_tickets": "12",
    "specializations": "German\n\nrefund",
    "password1": GOOD_PASSWORD,
    "password2": GOOD_PASSWORD,
}


def test_it_adds_an_account_through_the_service(managing: Client, manager: Agent) -> None:
    assert managing.get(f"{LIST}add/").status_code == 200
    answer = managing.post(f"{LIST}add/", NEW)
    assert answer.status_code == 302, errors(answer)
    made = Agent.objects.get(email="new@quimbi.example")
    assert made.check_password(GOOD_PASSWORD)
    assert made.specializations == ["german", "refund"]
    assert AuditEntry.objects.get(action="agent.created", subject_id=str(made.pk)).actor == manager


def test_without_a_password_nobody_signs_in_yet(managing: Client) -> None:
    assert managing.post(f"{LIST}add/", {**NEW, "password1": "", "password2": ""}).status_code == 302
    assert not Agent.objects.get(email="new@quimbi.example").has_usable_password()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"email": "manager@quimbi.example"}, "already exists"),
        ({"password2": "other"}, "not the same"),
        ({"password2": ""}, "not the same"),
        ({"password1": "12345", "password2": "12345"}, "too short"),
        ({"name": "\u200b \u200b\x07"}, "control characters"),
        ({"role": "admin"}, "not one of the available choices"),
        ({"is_service": "on"}, "no password"),
        ({"specializations": "x" * 60}, "50"),
    ],
)
def test_what_is_refused_stands_on_the_form(managing: Client, values: dict[str, str], says: str) -> None:
    answer = managing.post(f"{LIST}add/", {**NEW, **values})
    assert answer.status_code == 200
    assert says in errors(answer)
    assert "Nova New" in answer.content.decode() or "name" in values
    assert Agent.objects.count() == 1


def test_it_changes_only_what_was_changed(managing: Client, agent: Agent) -> None:
    data = shown(managing, page(agent))
    Agent.objects.filter(pk=agent.pk).update(department="Meanwhile")
    answer = managing.post(page(agent), {**data, "role": "senior_agent", "specializations": "a\nb"})
    assert answer.status_code == 302, errors(answer)
    agent.refresh_from_db()
    assert (agent.role, agent.department, agent.specializations) == ("senior_agent", "Meanwhile", ["a", "b"])
    entry = AuditEntry.objects.get(action="agent.updated", subject_id=str(agent.pk))
    assert set(entry.changes) == {"role", "specializations"}


def test_saving_an_unchanged_form_writes_nothing(managing: Client, agent: Agent) -> None:
    assert managing.post(page(agent), shown(managing, page(agent))).status_code == 302
    assert not AuditEntry.objects.filter(action="agent.updated").exists()


def test_a_manager_only_looks_at_an_admin(managing: Client, admin: Agent) -> None:
    text = managing.get(page(admin)).content.decode()
    assert 'name="_save"' not in text
    answer = managing.post(page(admin), {"name": "Mine now", "role": "agent"}, follow=True)
    assert answer.status_code == 200
    assert "not change it" in answer.content.decode()
    assert (
        managing.post(
            f"{LIST}{admin.pk}/password/", {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}
        ).status_code
        == 302
    )
    admin.refresh_from_db()
    assert (admin.name, admin.role) == ("Adil Admin", "admin")
    assert admin.check_password(PASSWORD)


def test_a_manager_grants_no_admin(managing: Client, agent: Agent) -> None:
    answer = managing.post(page(agent), {**shown(managing, page(agent)), "role": "admin"})
    assert "not one of the available choices" in errors(answer)
    agent.refresh_from_db()
    assert agent.role == "agent"


def test_a_peers_address_is_fixed_for_a_manager(managing: Client, make_agent: Make) -> None:
    peer = make_agent("manager")
    answer = managing.post(page(peer), {**shown(managing, page(peer)), "email": "mine@quimbi.example"})
    assert answer.status_code == 302
    peer.refresh_from_db()
    assert peer.email != "mine@quimbi.example"


def test_fields_that_are_not_on_the_form_are_ignored(managing: Client, agent: Agent) -> None:
    smuggled = {"is_service": "on", "token_version": "9", "password": "x", "is_superuser": "on", "is_active": ""}
    managing.post(page(agent), {**shown(managing, page(agent)), **smuggled})
    agent.refresh_from_db()
    assert (agent.is_service, agent.token_version, agent.is_active) == (False, 0, True)
    assert agent.check_password(PASSWORD)


def test_the_last_admin_stays_and_the_form_says_why(admin: Agent) -> None:
    client = browser(admin)
    answer = client.post(page(admin), {**shown(client, page(admin)), "role": "manager", "name": "Typed Name"})
    assert "last active admin" in errors(answer)
    assert "Typed Name" in answer.content.decode()
    admin.refresh_from_db()
    assert admin.role == "admin"


# --- Activating and deactivating ---------------------------------------------------------------------------------------
def test_the_form_deactivates_and_reactivates(managing: Client, agent: Agent) -> None:
    data = shown(managing, page(agent))
    assert "Save and deactivate" in managing.get(page(agent)).content.decode()
    managing.post(page(agent), {**data, "_deactivate": "1"})
    agent.refresh_from_db()
    assert (agent.is_active, agent.token_version) == (False, 1)
    data = shown(managing, page(agent))
    managing.post(page(agent), {**data, "_reactivate": "1"})
    agent.refresh_from_db()
    assert agent.is_active


def test_nobody_deactivates_themselves(managing: Client, manager: Agent) -> None:
    assert "Save and deactivate" not in managing.get(page(manager)).content.decode()
    answer = managing.post(page(manager), {**shown(managing, page(manager)), "_deactivate": "1"})
    assert "Nobody deactivates themselves" in errors(answer)
    assert managing.get("/admin/").status_code == 200


def test_bulk_actions_count_and_tell_refusals(managing: Client, manager: Agent, admin: Agent, make_agent: Make) -> None:
    people = [make_agent("agent"), make_agent("senior_agent"), make_agent("agent", is_active=False)]
    chosen = [str(a.pk) for a in (*people, manager, admin)]
    answer = managing.post(LIST, {"action": "deactivate", "_selected_action": chosen}, follow=True)
    text = answer.content.decode()
    assert "2 agents deactivated; 1 was so already." in text
    assert "Nobody deactivates themselves" in text
    assert "ranks above yours" in text
    assert AuditEntry.objects.filter(action="agent.deactivated", actor=manager).count() == 2
    answer = managing.post(LIST, {"action": "activate", "_selected_action": chosen}, follow=True)
    assert "3 agents activated; 1 was so already." in answer.content.decode()


# --- Passwords ---------------------------------------------------------------------------------------------------------
def test_it_sets_a_password_and_ends_the_sessions(managing: Client, manager: Agent, lead: Agent) -> None:
    address = f"{LIST}{lead.pk}/password/"
    assert managing.get(address).status_code == 200
    bad = managing.post(address, {"password1": "12345", "password2": "12345"})
    assert "too short" in bad.content.decode()
    assert managing.post(address, {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}).status_code == 302
    lead.refresh_from_db()
    assert lead.check_password(GOOD_PASSWORD)
    entry = AuditEntry.objects.get(action="agent.password_changed")
    assert (entry.actor, entry.changes) == (manager, {})


def test_ones_own_password_asks_for_the_old_one(managing: Client, manager: Agent) -> None:
    assert managing.get(f"{LIST}{manager.pk}/password/").headers["Location"] == "/admin/password_change/"
    other = browser(manager)
    new = {"new_password1": GOOD_PASSWORD, "new_password2": GOOD_PASSWORD}
    assert managing.post("/admin/password_change/", {**new, "old_password": "wrong"}).status_code == 200
    assert managing.post("/admin/password_change/", {**new, "old_password": PASSWORD}).status_code == 302
    manager.refresh_from_db()
    assert manager.token_version == 1
    assert managing.get("/admin/").status_code == 200  # this session goes on
    assert other.get("/admin/").status_code == 302  # the others have ended
    assert AuditEntry.objects.filter(action="agent.password_changed", actor=manager).count() == 1


# --- The audit trail ---------------------------------------------------------------------------------------------------
def test_the_trail_is_read_only(admin: Agent) -> None:
    client = browser(admin)
    entry = AuditEntry.objects.latest("id")
    assert client.get(TRAIL).status_code == 200
    text = client.get(f"{TRAIL}{entry.pk}/change/").content.decode()
    assert "_save" not in text
    assert client.get(f"{TRAIL}add/").status_code == 403
    client.post(f"{TRAIL}{entry.pk}/change/", {"action": "nothing.happened"})
    assert not AuditEntry.objects.filter(action="nothing.happened").exists()


def test_the_trail_is_found_by_record_actor_and_action(managing: Client, manager: Agent, agent: Agent) -> None:
    audit.record("agent.updated", agent, actor=manager, changes={"name": ("Ada", HOSTILE)})
    for query in (f"q={agent.pk}", "q=mira", "action=agent.updated", f"q={manager.pk}"):
        text = managing.get(f"{TRAIL}?{query}").content.decode()
        assert "&lt;script&gt;alert(1)" in text, query
        assert "<script>alert" not in text
        assert page(agent) in text
    assert "0 audit entries" in managing.get(f"{TRAIL}?q=nobody-at-all").content.decode()
    assert "0 audit entries" in managing.get(f"{TRAIL}?q=mira&action=no.such").content.decode()


def test_the_trail_costs_the_same_for_five_and_sixty(managing: Client, make_agent: Make) -> None:
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
    assert len(many) == len(few) <= 6


def test_history_is_the_audit_trail(managing: Client, agent: Agent) -> None:
    answer = managing.get(f"{LIST}{agent.pk}/history/")
    assert answer.headers["Location"] == f"{TRAIL}?q={agent.pk}"


@pytest.mark.parametrize("address", [LIST, TRAIL, f"{LIST}add/"])
@pytest.mark.parametrize("query", ["?q=%00", "?q=%ED%A0%80", "?p=999999", "?o=99", "?no_such=1", "?q=" + "x" * 3000])
def test_odd_addresses_are_answered(managing: Client, address: str, query: str) -> None:
    assert managing.get(address + query).status_code in (200, 302)
