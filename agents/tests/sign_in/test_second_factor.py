"""The second factor: setup, sign-in, removal, and roles that require it."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key
from rest_framework.test import APIClient

from agents import services
from agents.models import Agent, AuditEntry, SecondFactorRule
from agents.sign_in import second_factor
from agents.sign_in.authentication import issue_token
from agents.tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]
Make = Callable[..., Agent]
FACTOR = "/accounts/second-factor/"
CODE = "/accounts/second-factor/code/"


def code_of(key: str, steps: int = 0) -> str:
    """Return the code that an authenticator app shows `steps` half minutes from now."""
    totp = TOTP(bytes.fromhex(key))
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"


def set_up(agent: Agent) -> tuple[str, list[str]]:
    """Add a second factor and return its secret and recovery codes; the code of the current half minute is used up."""
    key = default_key()
    _, _, codes = services.add_second_factor(agent.pk, key, code_of(key))
    agent.refresh_from_db()
    return key, codes


def by_password(agent: Agent, **fields: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post("/accounts/login/", {"username": agent.email, "password": PASSWORD, **fields})


def is_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


# --- Setting it up -----------------------------------------------------------------------------------------------------
def test_second_factor_is_set_up_on_the_page(agent: Agent) -> None:
    client, other = by_password(agent)[0], by_password(agent)[0]
    token = issue_token(agent)
    page = client.get(FACTOR)
    assert 'src="data:image/svg+xml;base64,' in page.text and "otpauth://totp/Quimbi%20CRM" in page.text
    key = client.session["second_factor_key"]
    assert "code is wrong" in client.post(FACTOR, {"code": "12 34", "password": PASSWORD}).text
    assert not second_factor.has_factor(agent)
    done = client.post(FACTOR, {"code": code_of(key), "password": PASSWORD})
    codes = re.findall(r"<li>(\w{4}-\w{4})</li>", done.text)
    assert len(codes) == 10
    assert is_in(client) and not is_in(other)
    assert Client().get("/api/agents/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    assert "Manage second factor" in client.get("/accounts/profile/").text
    assert key not in client.get(FACTOR).text and codes[0] not in client.get(FACTOR).text
    assert AuditEntry.objects.filter(action="agent.second_factor_added", actor=agent).count() == 1


def test_recovery_codes_are_not_stored_in_plain_text(agent: Agent) -> None:
    _, codes = set_up(agent)
    stored = set(StaticToken.objects.values_list("token", flat=True))
    assert len(stored) == 10 and not stored & {code.replace("-", "") for code in codes}


def test_service_account_cannot_have_a_second_factor(service: Agent) -> None:
    key = default_key()
    with pytest.raises(ValidationError, match="service account"):
        services.add_second_factor(service.pk, key, code_of(key))


def test_admin_site_does_not_register_second_factor_models() -> None:
    assert not [model for model in django_admin.site._registry if model._meta.app_label.startswith("otp_")]


# --- Signing in with it ------------------------------------------------------------------------------------------------
def test_password_alone_does_not_sign_in_if_a_second_factor_is_set_up(manager: Agent) -> None:
    set_up(manager)
    client, answer = by_password(manager, next="/admin/")
    assert answer.url == CODE
    assert not is_in(client)
    assert client.get("/admin/").status_code == 302
    assert client.get("/api/tickets").status_code == 401
    assert client.post(FACTOR, {"code": "000000"}).status_code == 302
    assert not AuditEntry.objects.filter(action="agent.signed_in", actor=manager).exists()


def test_sign_in_code_works_once(manager: Agent) -> None:
    key, _ = set_up(manager)
    client, _ = by_password(manager, next="/admin/", keep="on")
    spent, code = code_of(key), code_of(key, 1)
    assert "wrong or was used" in client.post(CODE, {"code": spent}).text
    TOTPDevice.objects.update(throttling_failure_count=0)
    key_before = client.session.session_key
    answer = client.post(CODE, {"code": f"{code[:3]} {code[3:]}"})
    assert answer.headers["Location"] == "/admin/"
    assert is_in(client) and client.get("/admin/").status_code == 200 and client.get("/api/tickets").status_code == 200
    assert client.session.session_key != key_before and client.cookies["sessionid"]["max-age"]
    again, _ = by_password(manager)
    assert "wrong or was used" in again.post(CODE, {"code": code}).text and not is_in(again)


def test_recovery_code_works_once(agent: Agent) -> None:
    _, codes = set_up(agent)
    client, _ = by_password(agent)
    client.post(CODE, {"code": codes[0].upper()})
    assert is_in(client)
    again, _ = by_password(agent)
    again.post(CODE, {"code": codes[0]})
    assert not is_in(again)


def test_code_of_another_agent_is_refused(agent: Agent, senior: Agent) -> None:
    set_up(agent)
    key, codes = set_up(senior)
    for code in (code_of(key, 1), codes[0]):
        assert second_factor.matching_device(agent, code) is None
        TOTPDevice.objects.update(throttling_failure_count=0)
    assert second_factor.matching_device(senior, codes[0]) is not None


@pytest.mark.parametrize("what", ["no password", "too late", "password changed", "deactivated"])
def test_code_is_refused_without_a_recent_password_sign_in(
    agent: Agent, manager: Agent, time_machine: Any, what: str
) -> None:
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    _, codes = set_up(agent)
    client = Client() if what == "no password" else by_password(agent)[0]
    if what == "too late":
        time_machine.move_to("2026-03-01T12:10:01Z", tick=False)
    elif what == "password changed":
        services.set_password(manager, agent.pk, "violet harbour seventeen")
    elif what == "deactivated":
        services.deactivate_agent(manager, agent.pk)
    assert client.get(CODE).status_code == 302
    answer = client.post(CODE, {"code": codes[0]})
    assert answer.headers["Location"] == "/accounts/login/" and not is_in(client)


def test_wrong_codes_are_throttled_and_then_lock_page_and_api_sign_in(agent: Agent, time_machine: Any) -> None:
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    key, codes = set_up(agent)
    client, _ = by_password(agent)
    client.post(CODE, {"code": "000000"})
    too_soon = client.post(CODE, {"code": code_of(key, 1)})
    assert "Try again in 1 second." in too_soon.text and not is_in(client)
    for wait in (2, 4, 8, 16):
        time_machine.shift(wait)
        last = client.post(CODE, {"code": "000000"})
    assert last.status_code == 429 and int(last.headers["Retry-After"]) > 800
    assert client.post(CODE, {"code": codes[0]}).status_code == 429
    assert by_password(agent)[1].status_code == 429
    api = APIClient().post("/api/agents/login", {"email": agent.email, "password": PASSWORD})
    assert api.status_code == 429
    assert AuditEntry.objects.filter(action="agent.sign_in_failed", subject_id=str(agent.pk)).count() >= 5


def test_correct_password_does_not_reset_the_wrong_code_count(agent: Agent, time_machine: Any) -> None:
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    set_up(agent)
    for n in range(5):
        client, _ = by_password(agent)
        time_machine.shift(40)
        answer = client.post(CODE, {"code": f"00000{n}"})
    assert answer.status_code == 429


def test_session_without_code_is_refused_if_a_second_factor_is_set_up(manager: Agent) -> None:
    set_up(manager)
    client = Client()
    client.force_login(manager)  # as from any door that asks for no code
    assert client.get("/admin/").status_code == 302
    client.force_login(manager)
    assert client.get("/api/tickets").status_code == 401


def test_second_factor_check_adds_at_most_one_query_to_session_requests(
    agent: Agent, client_of: Callable[[Agent], APIClient], django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(2):
        assert client_of(agent).get("/api/agents/me").status_code == 200
    client = Client()
    client.force_login(agent)
    with django_assert_max_num_queries(3):  # session, account, factor
        client.get("/docs")


def test_api_login_refusal_asks_for_a_code_or_for_setup(agent: Agent, senior: Agent) -> None:
    request = RequestFactory().post("/api/agents/login")
    assert second_factor.refusal(request, agent, "") is None
    _, codes = set_up(agent)
    needed = second_factor.refusal(request, agent, "")
    assert needed == {"detail": "Give the code of your second factor, too.", "otp_required": True}
    assert not AuditEntry.objects.filter(action="agent.sign_in_failed").exists()  # asking is no failure
    wrong = second_factor.refusal(request, agent, "000000")
    assert wrong is not None and "wrong" in str(wrong["detail"]) and "Try again in 1 second." in str(wrong["detail"])
    assert AuditEntry.objects.filter(action="agent.sign_in_failed").count() == 1
    assert second_factor.refusal(request, agent, codes[0]) is None
    services.require_second_factor(None, "senior_agent", True)
    first = second_factor.refusal(request, senior, "")
    assert first is not None and "set it up first" in str(first["detail"])


def test_api_login_requires_the_code_of_the_second_factor(agent: Agent) -> None:
    key, codes = set_up(agent)
    client = Client()

    def log_in(**otp: str) -> Any:
        body = {"email": agent.email, "password": PASSWORD, **otp}
        return client.post("/api/agents/login", body, content_type="application/json")

    asked = log_in()
    assert asked.status_code == 401 and asked.json()["otp_required"] is True and "access_token" not in asked.json()
    assert log_in(otp="000000").status_code == 401
    assert log_in(otp=codes[0]).status_code == 200
    assert log_in(otp=codes[0]).status_code == 401  # once


# --- Afterwards --------------------------------------------------------------------------------------------------------
def signed_in(agent: Agent, code: str) -> Client:
    client, _ = by_password(agent)
    client.post(CODE, {"code": code})
    assert is_in(client)
    return client


def test_new_recovery_codes_replace_the_old_codes(agent: Agent) -> None:
    _, codes = set_up(agent)
    client = signed_in(agent, codes[0])
    assert "wrong or was used" in client.post(f"{FACTOR}recovery-codes/", {"code": codes[0], "password": PASSWORD}).text
    StaticDevice.objects.update(throttling_failure_count=0)
    assert (
        "9 recovery codes left." in client.get(FACTOR).text
        and "New codes replace the old ones." in client.get(FACTOR).text
    )
    page = client.post(f"{FACTOR}recovery-codes/", {"code": codes[1], "password": PASSWORD})
    new = re.findall(r"<li>(\w{4}-\w{4})</li>", page.text)
    assert len(new) == 10 and is_in(client)
    assert second_factor.matching_device(agent, codes[2]) is None


def test_second_factor_setup_requires_the_password(agent: Agent) -> None:
    client = by_password(agent)[0]
    client.get(FACTOR)
    key = client.session["second_factor_key"]
    for password in ("", "no"):
        answer = client.post(FACTOR, {"code": code_of(key), "password": password})
        assert answer.status_code == 200 and not second_factor.has_factor(agent)
    assert "The password is wrong." in answer.text


def test_wrong_passwords_at_second_factor_setup_lock_the_account(agent: Agent) -> None:
    client = by_password(agent)[0]
    client.get(FACTOR)
    key = client.session["second_factor_key"]
    answers = [client.post(FACTOR, {"code": code_of(key), "password": f"no {n}"}).status_code for n in range(6)]
    assert answers[-1] == 429
    assert client.post(FACTOR, {"code": code_of(key), "password": PASSWORD}).status_code == 429


def test_new_recovery_codes_require_the_password(agent: Agent) -> None:
    _, codes = set_up(agent)
    client = signed_in(agent, codes[0])
    for password in ("", "no"):
        answer = client.post(f"{FACTOR}recovery-codes/", {"code": codes[1], "password": password})
        assert "The password is wrong." in answer.text
    assert second_factor.recovery_codes_left(agent) == 9


def test_second_factor_must_be_removed_before_a_new_setup(agent: Agent) -> None:
    set_up(agent)
    key = default_key()
    with pytest.raises(ValidationError, match="already"):
        services.add_second_factor(agent.pk, key, code_of(key))


def test_second_factor_removal_requires_password_and_code(agent: Agent) -> None:
    _, codes = set_up(agent)
    client, other = signed_in(agent, codes[0]), signed_in(agent, codes[1])
    path = f"{FACTOR}remove/"
    assert "The password is wrong." in client.post(path, {"password": "no", "code": codes[2]}).text
    assert "The code is wrong" in client.post(path, {"password": PASSWORD, "code": "000000"}).text
    assert second_factor.has_factor(agent)
    assert client.post(path, {"password": PASSWORD, "code": codes[2]}).status_code == 302
    assert not second_factor.has_factor(agent) and is_in(client) and not is_in(other)
    assert by_password(agent)[1].url == "/"


@pytest.mark.parametrize("role", Agent.Role.values)
@pytest.mark.parametrize("target", ["oneself", *Agent.Role.values])
def test_roles_may_reset_only_permitted_second_factors(make_agent: Make, role: str, target: str) -> None:
    actor = make_agent(role)
    agent = actor if target == "oneself" else make_agent(target, email="target@quimbi.example")
    set_up(agent)
    places = Agent.Role.values.index
    below = target != "oneself" and (places(target) < places(role) or role == "admin")
    if role in ("manager", "admin") and below:
        services.reset_second_factor(actor, agent.pk)
        assert not second_factor.has_factor(agent)
        assert AuditEntry.objects.filter(action="agent.second_factor_reset", actor=actor).count() == 1
    else:
        with pytest.raises(PermissionDenied):
            services.reset_second_factor(actor, agent.pk)
        assert second_factor.has_factor(agent)


def test_reset_second_factor_command_removes_the_factor_of_the_last_admin(admin: Agent) -> None:
    set_up(admin)
    call_command("reset_second_factor", admin.email.upper(), verbosity=0)
    assert not second_factor.has_factor(admin)
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_second_factor", "x@quimbi.example")


# --- Where a role must have one ----------------------------------------------------------------------------------------
def test_required_second_factor_redirects_to_setup(admin: Agent, manager: Agent, senior: Agent) -> None:
    services.require_second_factor(admin, "manager", True)
    client, _ = by_password(manager)
    for path in ("/", "/accounts/profile/", "/admin/", "/docs", f"{FACTOR}rules/", "/accounts/profile/password/"):
        assert client.get(path).headers["Location"] == FACTOR, path
    refused = client.get("/api/tickets")
    assert refused.status_code == 403 and "second factor" in refused.json()["detail"]
    assert client.post("/api/tickets", {}).status_code == 403
    page = client.get(FACTOR)
    assert page.status_code == 200 and "Your role requires a second factor" in page.text
    client.post(FACTOR, {"code": code_of(client.session["second_factor_key"]), "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
    assert is_in(by_password(senior)[0])
    assert second_factor.state(manager).required and not second_factor.state(senior).required


def test_token_is_refused_if_the_role_requires_a_missing_second_factor(
    admin: Agent, manager: Agent, senior: Agent, client_of: Callable[[Agent], APIClient]
) -> None:
    client, other = client_of(manager), client_of(senior)
    services.require_second_factor(admin, "manager", True)
    refused = client.get("/api/tickets")
    assert refused.status_code == 403 and "second factor" in refused.json()["detail"]
    body = {"current_password": PASSWORD, "new_password": "another-good-password-1"}
    assert client.post("/api/agents/me/password", body).status_code == 403  # nor does it get the next token
    assert other.get("/api/tickets").status_code == 200
    services.update_agent(admin, senior.pk, {"role": "manager"})
    assert other.get("/api/tickets").status_code == 403
    services.require_second_factor(admin, "manager", False)
    assert client.get("/api/tickets").status_code == other.get("/api/tickets").status_code == 200
    services.require_second_factor(admin, "manager", True)
    set_up(manager)
    manager.refresh_from_db()
    assert client_of(manager).get("/api/tickets").status_code == 200


def test_actor_may_require_a_second_factor_only_for_roles_up_to_their_own(make_agent: Make) -> None:
    for role in Agent.Role.values:
        actor = make_agent(role)
        for wanted in Agent.Role.values:
            places = Agent.Role.values.index
            if role in ("manager", "admin") and places(wanted) <= places(role):
                assert services.require_second_factor(actor, wanted, True).required
                if places(wanted) < places(role):
                    assert not services.require_second_factor(actor, wanted, False).required
                else:  # it binds the actor
                    with pytest.raises(PermissionDenied, match="(?i)remove the rule"):
                        services.require_second_factor(actor, wanted, False)
                    assert not services.require_second_factor(None, wanted, False).required
            else:
                with pytest.raises(PermissionDenied):
                    services.require_second_factor(actor, wanted, True)
    with pytest.raises(ValidationError, match="role must be one of"):
        services.require_second_factor(None, "owner", True)


def test_manager_cannot_lift_the_requirement_of_their_own_role_on_the_page(admin: Agent, manager: Agent) -> None:
    client, _ = by_password(manager)
    client.post(f"{FACTOR}rules/", {"required": ["agent"]})
    services.require_second_factor(admin, "manager", True)
    set_up(manager)
    client.force_login(manager, backend="agents.backends.RoleBackend")
    session = client.session
    session["otp_device_id"] = TOTPDevice.objects.get(user=manager).persistent_id
    session.save()
    assert "applies to you" in client.get(f"{FACTOR}rules/").text
    client.post(f"{FACTOR}rules/", {"required": []})
    required = set(SecondFactorRule.objects.filter(required=True).values_list("role", flat=True))
    assert required == {"manager"}


def test_require_second_factor_command_lifts_the_requirement_of_admins(admin: Agent) -> None:
    services.require_second_factor(admin, "admin", True)
    with pytest.raises(PermissionDenied, match="command|manage.py"):
        services.require_second_factor(admin, "admin", False)
    call_command("require_second_factor", "admin", "--off", verbosity=0)
    assert not second_factor.state(admin).required


def test_manager_sets_which_roles_require_a_second_factor(manager: Agent, lead: Agent) -> None:
    client, _ = by_password(manager)
    assert client.post(f"{FACTOR}rules/", {"required": ["agent", "admin"]}).status_code == 302
    rules = {rule.role: rule.required for rule in SecondFactorRule.objects.all()}
    assert rules["agent"] is True and rules.get("admin", False) is False
    assert AuditEntry.objects.filter(action="role.second_factor", actor=manager).count() == 1
    client.post(f"{FACTOR}rules/", {"required": ["agent"]})
    assert AuditEntry.objects.filter(action="role.second_factor").count() == 1
    other, _ = by_password(lead)
    page = other.get(f"{FACTOR}rules/")
    assert page.status_code == 403 and "requires the role manager" in page.text
