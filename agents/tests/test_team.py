"""The agent pages: permissions of each role, account forms, conflicts and account actions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents import services
from agents.models import Agent, AuditEntry
from agents.tests.browsing import GOOD_PASSWORD, HOSTILE, browser

pytestmark = pytest.mark.django_db
Make = Callable[..., Agent]


def at(agent: Agent, rest: str = "") -> str:
    return f"/agents/{agent.pk}{rest}"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def as_shown(client: Client, agent: Agent) -> dict[str, str]:
    """Return the data that a browser would submit from the account's form, including hidden fields."""
    form = client.get(at(agent)).context["form"]
    data = {"seen": agent.updated_at.isoformat()}
    for bound in form:
        value = bound.value()
        data[bound.html_initial_name] = str(value)
        if value is not False:
            data[bound.html_name] = "on" if value is True else str(value)
    return data


def saved(client: Client, agent: Agent, **changes: str) -> Any:
    return client.post(at(agent), {**as_shown(client, agent), **changes})


# --- The list ----------------------------------------------------------------------------------------------------------
def test_agent_list_requires_the_role_team_lead(
    agent: Agent, senior: Agent, lead: Agent, manager: Agent, admin: Agent
) -> None:
    for person in (agent, senior):
        answer = browser(person).get("/agents")
        assert answer.status_code == 403
        assert "requires the role team lead" in text(answer) and 'href="/agents"' not in text(answer)
    for person in (lead, manager, admin):
        shown = " ".join(text(browser(person).get("/agents")).split())
        assert "Ada Agent" in shown and 'href="/agents" data-command="Go to the agents" aria-current="page"' in shown
    assert "Second factor</th>" not in text(browser(lead).get("/agents"))
    assert "/agents/new" not in text(browser(lead).get("/agents"))
    assert "Second factor</th>" in text(browser(manager).get("/agents"))
    assert Client().get("/agents")["Location"] == "/accounts/login/?next=/agents"


def test_agent_list_is_filtered_and_invalid_filters_show_a_notice(
    manager: Agent, agent: Agent, senior: Agent, service: Agent, make_agent: Make
) -> None:
    gone = make_agent(name="Gone Girl", is_active=False)
    senior.status = "away"
    senior.save()
    client = browser(manager)

    def names(query: str) -> list[str]:
        return [person["agent"].name for person in client.get(f"/agents?{query}").context["people"]]

    assert names("") == ["Ada Agent", "Mira Manager", "Sena Senior"]
    assert names("q=ADA") == ["Ada Agent"] and names("q=%25") == []
    assert names("role=senior_agent") == names("status=away") == ["Sena Senior"]
    assert names("status=available") == ["Ada Agent", "Mira Manager"]
    assert names("tab=deactivated") == [gone.name] and names("tab=services") == [service.name]
    assert "No accounts match" in text(client.get("/agents?q=nobody"))
    for wrong in ("role=king", "status=asleep", "page=x", "page=0", "tab=none", "page=99999999999999"):
        answer = client.get(f"/agents?{wrong}")
        assert answer.status_code == 200 and "has no value" in text(answer), wrong
    assert client.get("/agents?q=%00").status_code == 200


def test_htmx_request_returns_only_the_list_and_pushes_the_clean_url(managing: Client) -> None:
    answer = managing.get("/agents?q=mira&role=", headers={"hx-request": "true"})
    assert answer["HX-Push-Url"] == "/agents?q=mira" and "<html" not in text(answer)
    assert 'id="team"' in text(answer) and 'id="found"' in text(answer)


def test_agent_list_query_count_is_independent_of_account_count(manager: Agent, make_agent: Make) -> None:
    client = browser(manager)

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    for number in range(4):
        make_agent(name=f"Person {number}")
    few = queries("/agents")
    Agent.objects.bulk_create(Agent(email=f"x{n}@example.com", name=f"X {n:03}") for n in range(300))
    assert queries("/agents") == few <= 14
    assert queries("/agents?page=3") == few
    shown = client.get("/agents")
    assert len(shown.context["people"]) == 50 and shown.context["after"] == "/agents?page=2"
    assert "Page 7 of 7" in text(client.get("/agents?page=4000"))


def test_hostile_names_are_escaped_on_agent_pages(manager: Agent, make_agent: Make) -> None:
    hostile = make_agent(name=HOSTILE, department=HOSTILE, specializations=["<b>"])
    client = browser(manager)
    for address in ("/agents", at(hostile), at(hostile, "/deactivate"), f"/agents?q={HOSTILE}"):
        shown = text(client.get(address))
        assert "<script>alert" not in shown and "&lt;script&gt;" in shown, address


# --- A new one ---------------------------------------------------------------------------------------------------------
NEW = {"name": "Nora New", "email": "Nora@Example.com", "role": "agent", "max_concurrent_tickets": "12"}


def test_roles_below_manager_cannot_create_accounts(agent: Agent, senior: Agent, lead: Agent) -> None:
    for person in (agent, senior, lead):
        client = browser(person)
        assert client.get("/agents/new").status_code == client.post("/agents/new", NEW).status_code == 403
    assert not Agent.objects.filter(name="Nora New").exists()


def test_manager_creates_an_account_and_gets_the_invitation_link(manager: Agent) -> None:
    answer = browser(manager).post(
        "/agents/new", {**NEW, "specializations": "German, returns,", "department": " Care "}
    )
    nora = Agent.objects.get(email="nora@example.com")
    assert (nora.role, nora.max_concurrent_tickets, nora.department) == ("agent", 12, "Care")
    assert nora.specializations == ["german", "returns"] and not nora.accepts_new_tickets
    link = answer.context["invitation"].url
    assert link in text(answer) and answer["Cache-Control"].endswith("private")
    guest = Client()
    choose = guest.get(guest.get(link.replace("http://testserver", ""))["Location"])
    assert "Welcome, Nora New" in text(choose)


def test_role_choice_has_no_role_above_the_actors_own(manager: Agent, admin: Agent) -> None:
    assert ">Admin</option>" not in text(browser(manager).get("/agents/new"))
    assert ">Admin</option>" in text(browser(admin).get("/agents/new"))
    answer = browser(manager).post("/agents/new", {**NEW, "role": "admin"})
    assert answer.context["form"].errors.keys() == {"role"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "manager@quimbi.example"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\u0007b"}, "name"),
        *(({"name": unseen}, "name") for unseen in ("\u200b", "\u2060\ufeff", "\u3164", "\u2800")),
        ({"specializations": "x" * 51}, "specializations"),
        ({"max_concurrent_tickets": "1001"}, "max_concurrent_tickets"),
        ({"max_concurrent_tickets": "many"}, "max_concurrent_tickets"),
        ({"specializations": ",".join(map(str, range(31)))}, "specializations"),
    ],
)
def test_invalid_new_account_form_shows_errors_and_keeps_typed_values(
    manager: Agent, wrong: dict[str, str], field: str
) -> None:
    answer = browser(manager).post("/agents/new", {**NEW, "department": "Typed Department", **wrong})
    assert answer.status_code == 200 and field in answer.context["form"].errors
    assert "Typed Department" in text(answer) and "Correct the fields marked below" in text(answer)
    assert not Agent.objects.filter(department="Typed Department").exists()


# --- Its page ----------------------------------------------------------------------------------------------------------
def test_account_page_requires_the_role_team_lead(
    agent: Agent, senior: Agent, lead: Agent, manager: Agent, admin: Agent
) -> None:
    for person in (agent, senior):
        assert browser(person).get(at(lead)).status_code == 403
    for person in (lead, manager, admin):
        for other in (agent, lead, manager, admin):
            assert browser(person).get(at(other)).status_code == 200
    assert browser(lead).get("/agents/00000000-0000-0000-0000-000000000000").status_code == 404


def test_team_lead_edits_permitted_fields_and_sees_why_others_are_missing(
    lead: Agent, agent: Agent, manager: Agent
) -> None:
    client = browser(lead)
    shown = client.get(at(agent))
    assert set(shown.context["form"].fields) == {
        "name",
        "department",
        "status",
        "accepts_new_tickets",
        "max_concurrent_tickets",
        "specializations",
    }
    assert "Managing agents requires the role manager; yours is team lead." in text(shown)
    for action in ("/deactivate", "/sign-out", "/password", "/second-factor"):
        assert f'{at(agent)}{action}"' not in text(shown)
    assert saved(client, agent, max_concurrent_tickets="7", status="away", role="admin").status_code == 302
    agent.refresh_from_db()
    assert (agent.max_concurrent_tickets, agent.status, agent.role) == (7, "away", "agent")
    above = client.get(at(manager))
    assert above.context["form"] is None and "which is higher than yours" in text(above)
    assert client.post(at(manager), {"name": "X"}).status_code == 403


def test_manager_changes_role_and_email_only_of_lower_roles(manager: Agent, agent: Agent, make_agent: Make) -> None:
    client = browser(manager)
    saved(client, agent, role="team_lead", email="new@example.com")
    agent.refresh_from_db()
    assert (agent.role, agent.email) == ("team_lead", "new@example.com")
    shown = client.get(at(agent))
    assert "Role: <bdi>Agent</bdi>" in text(shown) and "<bdi>Team lead</bdi>" in text(shown)
    peer = make_agent("manager")
    assert set(client.get(at(peer)).context["form"].fields).isdisjoint({"email", "role"})
    assert "you need a role higher than theirs" in text(client.get(at(peer)))


def test_role_of_the_last_admin_cannot_be_changed(admin: Agent, make_agent: Make) -> None:
    client = browser(admin)
    assert "role" not in client.get(at(admin)).context["form"].fields
    assert services.LAST_ADMIN in text(client.get(at(admin)))
    other = make_agent("admin")
    saved(client, other, role="agent")
    other.refresh_from_db()
    assert other.role == "agent"


def test_invalid_account_form_shows_errors_and_keeps_typed_values(manager: Agent, agent: Agent, senior: Agent) -> None:
    answer = saved(browser(manager), agent, name="Typed Name", email=senior.email)
    assert answer.context["form"].errors.keys() == {"email"} and "Typed Name" in text(answer)
    agent.refresh_from_db()
    assert agent.name == "Ada Agent"


def test_saving_an_unchanged_account_form_writes_nothing(manager: Agent, agent: Agent) -> None:
    assert saved(browser(manager), agent).status_code == 302
    assert not AuditEntry.objects.filter(action="agent.updated").exists()


# --- Two at once -------------------------------------------------------------------------------------------------------
def test_conflicting_account_edit_shows_both_values_and_can_be_saved_again(
    manager: Agent, lead: Agent, agent: Agent
) -> None:
    client = browser(manager)
    page = as_shown(client, agent)
    saved(browser(lead), agent, name="By The Lead", department="Theirs")
    answer = client.post(at(agent), {**page, "name": "By The Manager", "max_concurrent_tickets": "9"})
    assert answer.status_code == 409
    shown = text(answer)
    assert "Name is now “By The Lead”, changed by Lea Lead." in shown and 'value="By The Manager"' in shown
    assert 'name="department" value="Theirs"' in shown and 'name="max_concurrent_tickets" value="9"' in shown
    agent.refresh_from_db()
    assert (agent.name, agent.max_concurrent_tickets) == ("By The Lead", 20)
    form = answer.context["form"]
    again = {"seen": agent.updated_at.isoformat()}
    for bound in form:
        again[bound.html_initial_name] = form.data.get(bound.html_initial_name, "")
        if bound.html_name in form.data:
            again[bound.html_name] = form.data[bound.html_name]
    assert client.post(at(agent), again).status_code == 302
    agent.refresh_from_db()
    assert (agent.name, agent.department, agent.max_concurrent_tickets) == ("By The Manager", "Theirs", 9)


def test_concurrent_edits_of_different_fields_are_both_kept(manager: Agent, agent: Agent) -> None:
    client = browser(manager)
    page = as_shown(client, agent)
    services.update_agent(agent, agent.pk, {"status": "busy"})
    assert client.post(at(agent), {**page, "department": "Returns"}).status_code == 302
    agent.refresh_from_db()
    assert (agent.status, agent.department) == ("busy", "Returns")


@pytest.mark.parametrize("seen", ["", "yesterday", "2026-99-99", "2026-01-01T00:00:00"])
def test_account_form_without_a_valid_seen_time_returns_409(manager: Agent, agent: Agent, seen: str) -> None:
    services.update_agent(None, agent.pk, {"name": "Other"})
    assert saved(browser(manager), agent, name="Mine", seen=seen).status_code == 409


# --- What is done to an account ----------------------------------------------------------------------------------------
ACTIONS = ("/invitation", "/password-link", "/password", "/second-factor", "/sign-out", "/deactivate", "/reactivate")


@pytest.mark.parametrize("action", ACTIONS)
def test_account_actions_require_a_manager_and_no_higher_target(
    action: str, agent: Agent, senior: Agent, lead: Agent, manager: Agent, admin: Agent, make_agent: Make
) -> None:
    target = make_agent()
    for person in (agent, senior, lead):
        assert browser(person).post(at(target, action), {"password": GOOD_PASSWORD}).status_code == 403
    assert browser(manager).post(at(admin, action), {"password": GOOD_PASSWORD}).status_code == 403
    assert browser(manager).get(at(target, action)).status_code == (200 if action == "/deactivate" else 405)
    target.refresh_from_db()
    assert target.is_active and target.token_version == 0


def test_account_is_deactivated_after_confirmation_and_reactivated(manager: Agent, agent: Agent) -> None:
    client = browser(manager)
    assert "<strong>0 assigned tickets</strong> (open or pending) go back to the queue" in text(
        client.get(at(agent, "/deactivate"))
    )
    agent.refresh_from_db()
    assert agent.is_active
    told = client.post(at(agent, "/deactivate"), follow=True)
    assert "\u2068Ada Agent\u2069 is deactivated" in text(told) and "Reactivate" in text(told)
    assert "is already deactivated" in text(client.post(at(agent, "/deactivate"), follow=True))
    assert "can sign in again" in text(client.post(at(agent, "/reactivate"), follow=True))
    agent.refresh_from_db()
    assert agent.is_active


def test_account_actions_on_the_own_account_are_refused(manager: Agent) -> None:
    client = browser(manager)
    assert "You cannot deactivate your own account" in text(client.get(at(manager)))
    for action in ("/deactivate", "/password", "/sign-out", "/second-factor"):
        assert client.post(at(manager, action), {"password": GOOD_PASSWORD}).status_code == 403


def test_manager_sets_a_strong_password_and_weak_passwords_are_refused(manager: Agent, agent: Agent) -> None:
    client = browser(manager)
    weak = client.post(at(agent, "/password"), {"password": "12345"})
    assert weak.status_code == 200 and "too short" in text(weak)
    client.post(at(agent, "/password"), {"password": GOOD_PASSWORD})
    agent.refresh_from_db()
    assert agent.check_password(GOOD_PASSWORD) and agent.token_version == 1


def test_password_reset_link_is_mailed_unless_mail_is_off(
    manager: Agent, agent: Agent, settings: Any, monkeypatch: Any
) -> None:
    from agents.services import invitations

    settings.MAIL = "files"
    told = browser(manager).post(at(agent, "/password-link"), follow=True)
    assert "link sent to agent@quimbi.example" in text(told)
    assert AuditEntry.objects.filter(action="agent.password_link_sent", actor=manager).count() == 1
    invitations.mail_reset(agent.pk)  # what the worker does
    assert mail.outbox[-1].to == [agent.email]
    settings.MAIL = "off"
    assert "sends no email" in text(browser(manager).post(at(agent, "/password-link"), follow=True))
    assert "Send reset link" not in text(browser(manager).get(at(agent)))


def test_new_invitation_ends_the_earlier_link(manager: Agent) -> None:
    client = browser(manager)
    first = client.post("/agents/new", NEW).context["invitation"].url
    nora = Agent.objects.get(name="Nora New")
    assert "Invitation pending" in text(client.get(at(nora)))
    assert "invited, link valid until" in text(client.get("/agents?status=invited"))
    second = client.post(at(nora, "/invitation"))
    assert second.context["invitation"].url != first and "Earlier links no longer work." in text(second)
    assert Client().get(first.replace("http://testserver", "")).status_code == 410


def test_invitation_is_refused_for_an_account_with_a_password(manager: Agent, agent: Agent) -> None:
    assert "already has a password" in text(browser(manager).post(at(agent, "/invitation"), follow=True))


def test_manager_signs_an_account_out_of_all_sessions(manager: Agent, agent: Agent) -> None:
    theirs = browser(agent)
    assert theirs.get("/accounts/profile/").status_code == 200
    browser(manager).post(at(agent, "/sign-out"))
    assert theirs.get("/accounts/profile/").status_code == 302


def test_account_history_shows_sign_ins_to_managers_but_not_team_leads(
    lead: Agent, manager: Agent, agent: Agent
) -> None:
    services.sign_out(agent)
    services.update_agent(lead, agent.pk, {"department": "Returns"})
    assert "Signed out" not in text(browser(lead).get(at(agent))) and "Returns" in text(browser(lead).get(at(agent)))
    assert "Signed out" in text(browser(manager).get(at(agent)))


def test_conflict_page_omits_sign_ins_and_uses_german_field_names(lead: Agent, agent: Agent) -> None:
    """A sign-in or sign-out is no conflict, and the page shows translated labels instead of internal field names."""
    client = browser(lead, HTTP_ACCEPT_LANGUAGE="de")
    page = as_shown(client, agent)
    services.sign_out(agent)
    services.update_agent(None, agent.pk, {"role": "senior_agent", "name": "By The Program"})
    answer = client.post(at(agent), {**page, "name": "By The Lead"})
    assert answer.status_code == 409
    told = [(one["field"], one["now"], one["by"]) for one in answer.context["changed"]]
    assert sorted(told) == [("Name", "By The Program", "System"), ("Rolle", "Erfahrener Agent", "System")]
    services.deactivate_agent(None, agent.pk)
    fields = [one["field"] for one in client.post(at(agent), {**page, "name": "Again"}).context["changed"]]
    assert "Konto aktiv" in fields and "Is active" not in text(client.get(at(agent)))


# --- Words ------------------------------------------------------------------------------------------------------------
def test_workload_links_to_both_open_and_pending_tickets(manager: Agent, agent: Agent) -> None:
    client = browser(manager)
    shown = text(client.get("/agents"))
    assert "0 assigned tickets (open and pending)" in shown and "Workload</th>" in shown
    assert "Open tickets" not in shown
    shown = text(client.get(at(agent)))
    assert f'/?assigned_to={agent.pk}"' in shown and f'/?status=pending&amp;assigned_to={agent.pk}"' in shown
    assert "Capacity" in shown


def test_account_forms_and_errors_are_translated_to_german(manager: Agent, agent: Agent) -> None:
    client = browser(manager, HTTP_ACCEPT_LANGUAGE="de")
    assert ">Öffnen<" in text(client.get("/agents")) and ">Offen<" not in text(client.get("/agents"))
    for wrong, sentence in (
        ({"email": agent.email}, "Es gibt schon einen Agenten mit dieser E-Mail-Adresse."),
        ({"email": "nobody"}, "Geben Sie eine gültige E-Mail-Adresse ein."),
        ({"specializations": "x" * 51}, "Ein Fachgebiet darf höchstens 50 Zeichen haben."),
        ({"name": "\u200b"}, "Dieses Feld darf nicht leer sein."),
    ):
        errors = client.post("/agents/new", {**NEW, **wrong}).context["form"].errors
        assert [sentence] in errors.values(), errors


def test_repeated_new_account_form_redirects_to_the_account(manager: Agent, admin: Agent, time_machine: Any) -> None:
    client = browser(manager)
    time_machine.move_to(timezone.now(), tick=False)
    client.post("/agents/new", NEW)
    nora = Agent.objects.get(name="Nora New")
    again = client.post("/agents/new", {**NEW, "email": " NORA@example.com"}, follow=True)
    assert again.redirect_chain == [(at(nora), 302)]
    assert "You already invited Nora New; no second account was created." in text(again)
    assert "already exists" in text(browser(admin).post("/agents/new", NEW))  # somebody else's
    time_machine.shift(700)
    assert "already exists" in text(client.post("/agents/new", NEW))


def test_removing_a_missing_second_factor_reports_that_there_is_none(manager: Agent, agent: Agent) -> None:
    told = text(browser(manager).post(at(agent, "/second-factor"), follow=True))
    assert "has no second factor." in told and "second factor any more" not in told


def test_last_seen_falls_back_to_the_last_sign_in(manager: Agent, agent: Agent) -> None:
    client = browser(manager)
    Agent.objects.filter(pk=agent.pk).update(last_seen_at=None)
    assert "never signed in" in text(client.get(at(agent)))
    Agent.objects.filter(pk=agent.pk).update(last_login=timezone.now() - timedelta(hours=3))
    assert "last seen 3 hours ago" in text(client.get(at(agent)))
    german = browser(manager, HTTP_ACCEPT_LANGUAGE="de")
    Agent.objects.filter(pk=agent.pk).update(last_login=timezone.now() - timedelta(days=3))
    assert "zuletzt gesehen: vor 3 Tagen" in text(german.get(at(agent)))
