"""The admin site: access, account list and index page."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import audit, services
from agents.models import Agent, ApiKey, AuditEntry
from agents.tests.browsing import HOSTILE, LIST, TRAIL, Make, browser, page
from agents.tests.factories import PASSWORD


# --- The door ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", Agent.Role.values)
def test_only_managers_and_admins_open_the_admin_site(make_agent: Make, role: str) -> None:
    answer = browser(make_agent(role)).get("/admin/")
    assert answer.status_code == (200 if role in ("manager", "admin") else 302)


@pytest.mark.parametrize("role", ["agent", "manager", "admin"])
def test_admin_sign_in_form_admits_managers_and_admins_only(make_agent: Make, role: str) -> None:
    person, client = make_agent(role), Client()
    answer = client.post("/admin/login/?next=/admin/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/admin/", follow=True).status_code == (403 if role == "agent" else 200)


def test_sign_in_failure_and_sign_out_are_in_the_audit_log(manager: Agent) -> None:
    client = Client(REMOTE_ADDR="192.0.2.9")
    for password in ("wrong", PASSWORD):
        client.post("/admin/login/", {"username": manager.email, "password": password})
    client.post("/admin/login/", {"username": "stranger@example.com", "password": "x"})
    client = browser(manager, REMOTE_ADDR="192.0.2.9")
    client.get("/admin/logout/")
    client.post("/admin/logout/")
    assert client.get("/admin/").status_code == 302
    told = AuditEntry.objects.filter(address="192.0.2.9").order_by("id").values_list("action", "subject_id", "actor_id")
    key = str(manager.pk)
    assert list(told) == [
        ("agent.sign_in_failed", key, None),
        ("agent.signed_in", key, manager.pk),
        ("agent.sign_in_failed", "unknown", None),
        ("agent.signed_out", key, manager.pk),
    ]
    assert "stranger" not in str(list(AuditEntry.objects.values()))


def every_page(account: Agent, service: Agent) -> list[str]:
    entry = AuditEntry.objects.latest("id")
    key, _ = services.create_key(None, service.pk, name="Shop")
    on_account = [f"{LIST}{account.pk}/{name}/" for name in ("change", "password", "sign-out", "invite", "history")]
    on_service = [page(service), f"{LIST}{service.pk}/keys/add/", f"{LIST}{service.pk}/keys/{key.pk}/revoke/"]
    return ["/admin/", LIST, f"{LIST}add/", TRAIL, f"{TRAIL}{entry.pk}/change/", *on_account, *on_service]


@pytest.mark.parametrize("role", [*Agent.Role.values, "service", "nobody", "deactivated"])
def test_admin_pages_are_only_for_managers_and_admins(
    make_agent: Make, agent: Agent, service: Agent, role: str
) -> None:
    audit.record("agent.updated", agent, actor=None)
    client = Client()
    if role in Agent.Role.values:
        client = browser(make_agent(role))
    elif role != "nobody":
        person = make_agent("admin", is_service=role == "service")
        client = browser(person)
        Agent.objects.filter(pk=person.pk).update(is_active=role == "service")
    everything = state_of_everything()
    for address in every_page(agent, service):
        answer = client.get(address)
        if role in ("manager", "admin"):
            assert "/login/" not in answer.headers.get("Location", ""), address
            continue
        assert answer.headers["Location"] == f"/admin/login/?next={address}"
        assert client.post(address, {"name": "Mine", "_save": "1"}).status_code == 302
    if role not in ("manager", "admin"):
        ApiKey.objects.all().delete()
        AuditEntry.objects.filter(action="key.created").delete()
        assert state_of_everything() == everything


def state_of_everything() -> list[Any]:
    models = (Agent, ApiKey, AuditEntry)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_get_requests_write_nothing_to_the_database(managing: Client, agent: Agent, service: Agent) -> None:
    audit.record("agent.updated", agent, actor=None)
    for address in (*every_page(agent, service), "/admin/autocomplete/"):
        with CaptureQueriesContext(connection) as queries:
            managing.get(address)
        written = [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
        assert not written, address


def test_every_admin_post_requires_the_csrf_token(manager: Agent, agent: Agent, service: Agent) -> None:
    client = browser(manager, enforce_csrf_checks=True)
    audit.record("agent.updated", agent, actor=None)
    for address in every_page(agent, service):
        assert client.post(address, {"name": "x", "action": "deactivate"}).status_code == 403, address


def test_service_accounts_cannot_open_the_admin_site(make_agent: Make) -> None:
    for role in ("senior_agent", "admin"):
        assert browser(make_agent(role, is_service=True)).get("/admin/").status_code == 302


def test_admin_site_registers_only_the_programs_own_models(admin: Agent) -> None:
    labels = {model._meta.app_label for model in django_admin.site._registry}
    assert labels == {"agents", "tickets"}
    assert Group not in django_admin.site._registry
    assert "Recent actions" not in browser(admin).get("/admin/").content.decode()


def test_no_admin_model_can_be_deleted(admin: Agent, agent: Agent) -> None:
    names = {route.name for model in django_admin.site._registry.values() for route in model.get_urls()}
    assert not [name for name in names if name and name.endswith("_delete")]
    client = browser(admin)
    client.post(f"{LIST}{agent.pk}/delete/", {"post": "yes"})
    client.post(LIST, {"action": "delete_selected", "_selected_action": [str(agent.pk)], "post": "yes"})
    assert Agent.objects.filter(pk=agent.pk).exists()
    assert "delete" not in client.get(page(agent)).content.decode().lower()


def test_admin_pages_have_no_inline_script_or_style(admin: Agent, agent: Agent, service: Agent) -> None:
    client = browser(admin)
    audit.record("agent.updated", agent, actor=admin)
    for address in every_page(agent, service):
        text = client.get(address, follow=True).content.decode()
        assert "<style" not in text
        assert " style=" not in text
        assert "<script>" not in text
        assert " onclick=" not in text


# --- The list ----------------------------------------------------------------------------------------------------------
def test_account_list_query_count_is_independent_of_account_count(managing: Client, make_agent: Make) -> None:
    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert managing.get(address).status_code == 200
        return len(queries)

    addresses = (LIST, f"{LIST}?o=4.1", f"{LIST}?workload=available&q=agent", f"{LIST}?all=", "/admin/")
    for _ in range(5):
        make_agent("agent")
    few = [cost(address) for address in addresses]
    Agent.objects.bulk_create(
        Agent(email=f"more{number}@quimbi.example", name=f"More {number}", password="!", role="agent")
        for number in range(300)
    )
    assert [cost(address) for address in addresses] == few
    assert max(few) <= 8


@pytest.mark.parametrize(
    "query", ["password__startswith=argon2", "password=x", "password__gte=a", "api_keys__digest=x"]
)
def test_filtering_accounts_by_credentials_returns_400(managing: Client, admin: Agent, query: str) -> None:
    answer = managing.get(f"{LIST}?{query}")
    assert answer.status_code == 400 and admin.email not in answer.text


def test_view_on_site_redirect_is_disabled(managing: Client) -> None:
    assert managing.get("/admin/r/1/1/").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "q=agent",
        "role__exact=agent",
        "status__exact=online",
        "account=active",
        "kind=person",
        "workload=available",
        "workload=free",
        "department=Returns",
        "specialization=French",
        "o=2",
        "o=4",
        "o=-4.1",
        "o=7",
        "account=nonsense&kind=nonsense&workload=nonsense",
    ],
)
def test_account_list_filters_include_the_matching_account(managing: Client, agent: Agent, query: str) -> None:
    services.update_agent(None, agent.pk, {"department": "Returns", "specializations": ["french"]})
    answer = managing.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert agent.email in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "account=inactive",
        "account=invited",
        "kind=service",
        "workload=full",
        "workload=over",
        "department=-",
        "department=%25",
        "specialization=fre",
    ],
)
def test_account_filters_exclude_other_accounts(managing: Client, agent: Agent, query: str) -> None:
    services.update_agent(None, agent.pk, {"department": "Returns", "specializations": ["french"]})
    assert agent.email not in managing.get(f"{LIST}?{query}").content.decode()


def test_account_list_shows_workload_last_seen_and_state(managing: Client, make_agent: Make, service: Agent) -> None:
    make_agent("agent", max_concurrent_tickets=7, last_seen_at=timezone.now() - timedelta(hours=3))
    Agent.objects.filter(pk=make_agent("agent").pk).update(password="!")
    make_agent("agent", is_active=False)
    text = managing.get(LIST).content.decode()
    assert "0 of 7" in text
    assert "<meter" in text
    assert "3\xa0hours ago" in text
    for state in ("Active", "Invited", "Inactive", "Service"):
        assert f">{state}</span>" in text


def test_hostile_names_are_escaped_on_admin_pages(managing: Client, make_agent: Make) -> None:
    person = make_agent("agent", name=HOSTILE, department=HOSTILE, specializations=["<b>x</b>"])
    for address in (LIST, page(person), f"{LIST}?q={HOSTILE}", f"{LIST}{person.pk}/password/"):
        text = managing.get(address).content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>x" not in text


@pytest.mark.parametrize("address", [LIST, TRAIL, f"{LIST}add/"])
@pytest.mark.parametrize("query", ["?q=%00", "?q=%ED%A0%80", "?p=999999", "?o=99", "?no_such=1", "?q=" + "x" * 3000])
def test_admin_pages_handle_invalid_query_strings(managing: Client, address: str, query: str) -> None:
    assert managing.get(address + query).status_code in (200, 302)


# --- The first page ----------------------------------------------------------------------------------------------------
def test_admin_index_counts_active_agents_by_status(managing: Client, make_agent: Make, service: Agent) -> None:
    for status in ("online", "online", "busy"):
        make_agent("agent", status=status)
    make_agent("agent", is_active=False)
    team = managing.get("/admin/").context["team"]
    assert team["statuses"] == [
        ("online", "Online", 3),
        ("busy", "Busy", 1),
        ("away", "Away", 0),
        ("offline", "Offline", 0),
    ]
    assert (team["people"], team["available"], team["over"], team["tickets"]) == (4, 3, 0, 0)
