"""Sign-in and sign-out pages: permissions, redirects, session lifetime and lockout."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from agents import services
from agents.models import Agent, AuditEntry
from agents.tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]
Make = Callable[..., Agent]
LOGIN = "/accounts/login/"
WRONG = "The email address or the password is wrong."


def sign_in(agent: Agent, client: Client | None = None, password: str = PASSWORD, **fields: str) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post(LOGIN, {"username": agent.email, "password": password, **fields})


def is_in(client: Client) -> bool:
    return client.get("/accounts/profile/").status_code == 200


@pytest.mark.parametrize("role", Agent.Role.values)
def test_every_role_signs_in_and_sees_its_profile_page(make_agent: Make, role: str) -> None:
    agent = make_agent(role)
    client, answer = sign_in(agent)
    assert answer.status_code == 302 and answer.url == "/"
    page = client.get("/accounts/profile/")
    assert agent.email in page.text and agent.get_role_display() in page.text
    assert AuditEntry.objects.filter(action="agent.signed_in", actor=agent).count() == 1


def test_sign_in_email_ignores_case_and_surrounding_spaces(agent: Agent) -> None:
    client = Client()
    client.post(LOGIN, {"username": f"  {agent.email.upper()} ", "password": PASSWORD})
    assert is_in(client)


def test_every_refused_sign_in_gets_the_same_page(agent: Agent, senior: Agent, manager: Agent, service: Agent) -> None:
    services.deactivate_agent(manager, senior.pk)
    fresh = services.create_agent(manager, email="f@quimbi.example", name="F", role="agent")
    cases = [("nobody@quimbi.example", PASSWORD), (agent.email, "wrong")]
    cases += [(one.email, PASSWORD) for one in (senior, service, fresh)] + [("a\x00b@x.example", "x"), ("", "")]
    pages = []
    for email, password in cases:
        client = Client()
        page = client.post(LOGIN, {"username": email, "password": password})
        assert page.status_code == 200 and WRONG in page.text and not is_in(client)
        pages.append(page.text.replace(email, "") if email else page.text)
    # What differs is the form's own token and the address that was typed.
    fixed = ["".join(line for line in page.splitlines() if "value=" not in line) for page in pages]
    assert len(set(fixed)) == 1


def test_sign_in_page_redirects_an_agent_who_is_already_signed_in(agent: Agent) -> None:
    client, _ = sign_in(agent)
    assert client.get(f"{LOGIN}?next=/docs").headers["Location"] == "/docs"


# --- Where it leads ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "\thttps://evil.example",
        "https://testserver@evil.example/",
        "///evil.example",
        "%2f%2fevil.example",
        "evil",
        "agents.evil",
    ],
)
def test_sign_in_never_redirects_to_another_site(agent: Agent, target: str) -> None:
    client, answer = sign_in(agent, next=target)
    assert answer.url == "/"
    assert client.get(LOGIN, {"next": target}).headers["Location"] == "/"
    assert client.post("/accounts/logout/", {"next": target}).headers["Location"] == "/"
    assert "evil" not in Client().get(LOGIN, {"next": target}).text


def test_sign_in_redirects_to_the_requested_page(agent: Agent) -> None:
    for where in ("/api/tickets?status=open", "/accounts/profile/"):
        assert sign_in(agent, next=where)[1].url == where
    assert Client().get("/accounts/profile/").headers["Location"] == "/accounts/login/?next=/accounts/profile/"


def test_browsable_api_and_admin_site_use_the_same_sign_in_page() -> None:
    assert reverse("rest_framework:login") == reverse("accounts:login") == LOGIN
    assert reverse("rest_framework:logout") == reverse("accounts:logout") == "/accounts/logout/"
    assert "Keep me signed in" in Client().get("/admin/login/").text


def test_admin_site_shows_the_required_role_to_an_agent(agent: Agent) -> None:
    client, _ = sign_in(agent)
    page = client.get("/admin/", follow=True)
    assert page.status_code == 403 and "requires the role manager" in page.text


# --- The session -------------------------------------------------------------------------------------------------------
def test_sign_in_replaces_the_session_key_to_prevent_session_fixation(agent: Agent) -> None:
    client = Client()
    client.cookies["sessionid"] = "a" * 32
    client.get("/accounts/second-factor/code/")
    session = client.session
    session["planted"] = 1
    session.save()
    client.cookies["sessionid"] = before = session.session_key or ""
    sign_in(agent, client)
    assert client.cookies["sessionid"].value not in (before, "a" * 32)
    stranger = Client()
    stranger.cookies["sessionid"] = before
    assert is_in(client) and not is_in(stranger)


@pytest.mark.parametrize(("keep", "lasts"), [(False, timedelta(hours=12)), (True, timedelta(days=14))])
def test_session_expires_at_a_fixed_time_even_if_it_is_used(
    agent: Agent, time_machine: Any, keep: bool, lasts: timedelta
) -> None:
    start = timezone.now()
    time_machine.move_to(start, tick=False)
    client, _ = sign_in(agent, keep="on") if keep else sign_in(agent)
    cookie = client.cookies["sessionid"]
    assert bool(cookie["max-age"]) == keep  # without, the browser forgets it when it closes
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    time_machine.move_to(start + lasts - timedelta(minutes=1), tick=False)
    session = client.session
    session["used"] = 1
    session.save()  # which alone would lengthen it
    assert is_in(client)
    time_machine.move_to(start + lasts + timedelta(seconds=1), tick=False)
    assert not is_in(client)


@pytest.mark.parametrize("how", ["deactivated", "password", "everywhere", "logout"])
def test_sessions_end_after_deactivation_password_change_or_sign_out(agent: Agent, manager: Agent, how: str) -> None:
    here, there = sign_in(agent)[0], sign_in(agent)[0]
    if how == "deactivated":
        services.deactivate_agent(manager, agent.pk)
    elif how == "password":
        services.set_password(manager, agent.pk, "violet harbour seventeen")
    elif how == "everywhere":
        assert here.post("/accounts/profile/sign-out-everywhere/").status_code == 302
    else:
        here.post("/accounts/logout/")
    assert not is_in(here) and is_in(there) == (how == "logout")


def test_sign_out_requires_post_and_csrf_token(agent: Agent) -> None:
    client, _ = sign_in(agent)
    assert client.get("/accounts/logout/").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["sessionid"] = client.cookies["sessionid"].value
    for path in ("/accounts/logout/", "/accounts/profile/sign-out-everywhere/", "/accounts/profile/password/", LOGIN):
        assert strict.post(path).status_code == 403, path
    assert is_in(client)
    client.post("/accounts/logout/")
    assert AuditEntry.objects.filter(action="agent.signed_out", actor=agent).exists()


# --- Changing one's own password ---------------------------------------------------------------------------------------
def test_own_password_change_requires_the_old_password(agent: Agent) -> None:
    client, other = sign_in(agent)[0], sign_in(agent)[0]
    new = "violet harbour seventeen"
    form = {"old_password": PASSWORD, "password1": new, "password2": new}
    for wrong, words in (
        ({"old_password": "no"}, "The password is wrong."),
        ({"password2": "x"}, "do not match"),
        ({"password1": "12345", "password2": "12345"}, "too short"),
    ):
        assert words in client.post("/accounts/profile/password/", {**form, **wrong}).text
    assert client.post("/accounts/profile/password/", form).status_code == 302
    assert is_in(client) and not is_in(other)
    assert sign_in(agent, password=new)[1].status_code == 302
    assert AuditEntry.objects.filter(action="agent.password_changed", actor=agent).count() == 1


# --- Too many failures -------------------------------------------------------------------------------------------------
DOORS = ("page", "api", "admin", "own password")


def fail_at(door: str, agent: Agent, signed_in: Client) -> Any:
    wrong = {"username": agent.email, "password": "wrong"}
    if door == "page":
        return Client().post(LOGIN, wrong)
    if door == "admin":
        return Client().post("/admin/login/", wrong)
    if door == "api":
        return APIClient().post("/api/agents/login", {"email": agent.email, "password": "wrong"})
    form = {"old_password": "wrong", "password1": "violet harbour", "password2": "violet harbour"}
    return signed_in.post("/accounts/profile/password/", form)


@pytest.mark.parametrize("door", DOORS)
def test_failures_on_one_sign_in_form_lock_all_sign_in_forms(manager: Agent, door: str) -> None:
    client, _ = sign_in(manager)
    codes = [fail_at(door, manager, client).status_code for _ in range(6)]
    assert codes[-1] == 429 and 429 not in codes[:4]
    for other in ("page", "admin", "api"):
        locked = fail_at(other, manager, client)
        assert locked.status_code == 429 and 0 < int(locked.headers["Retry-After"]) <= 900, other
    assert sign_in(manager)[1].status_code == 429
    assert is_in(client)  # who is in stays in: guessing must not throw anybody out


def test_locked_account_shows_the_remaining_time(agent: Agent, time_machine: Any) -> None:
    start = timezone.now().replace(microsecond=0)
    time_machine.move_to(start, tick=False)
    for _ in range(5):
        sign_in(agent, password="wrong")
    for minutes, words, seconds in ((0, "15 minutes", 900), (5, "10 minutes", 600), (14, "1 minute.", 60)):
        time_machine.move_to(start + timedelta(minutes=minutes), tick=False)
        locked = sign_in(agent)[1]
        assert locked.status_code == 429 and f"Try again in {words}" in locked.text, minutes
        assert locked.headers["Retry-After"] == str(seconds) and "someone may be guessing" in locked.text
    time_machine.move_to(start + timedelta(minutes=14, seconds=30), tick=False)
    assert "Try again in 30 seconds." in sign_in(agent)[1].text
    time_machine.move_to(start + timedelta(minutes=15, seconds=1), tick=False)
    assert sign_in(agent)[1].status_code == 302


def test_failures_of_several_browsers_expire_separately(agent: Agent, time_machine: Any) -> None:
    start = timezone.now().replace(microsecond=0)
    for minutes, browser, times in ((0, "A", 3), (4, "B", 2)):
        time_machine.move_to(start + timedelta(minutes=minutes), tick=False)
        for _ in range(times):
            sign_in(agent, Client(HTTP_USER_AGENT=browser), password="wrong")
    assert sign_in(agent)[1].headers["Retry-After"] == str(11 * 60)
    time_machine.move_to(start + timedelta(minutes=15, seconds=1), tick=False)
    assert sign_in(agent)[1].status_code == 302


def test_every_sign_in_form_is_rate_limited_by_address(settings: Any, time_machine: Any) -> None:
    settings.LOGIN_RATE_PER_MINUTE = 3
    time_machine.move_to("2026-03-01T12:00:00Z", tick=False)
    paths = (LOGIN, "/accounts/forgotten/", "/accounts/second-factor/code/", "/accounts/profile/password/")
    for path in paths:
        cache.clear()
        codes = [Client().post(path, {"username": "x", "email": "x@quimbi.example"}).status_code for _ in range(4)]
        assert codes[3] == 429 and 429 not in codes[:3], path
    refused = Client().post(LOGIN)
    assert "<h1>Too many requests</h1>" in refused.text and "guessing" not in refused.text
    assert Client().post(LOGIN, REMOTE_ADDR="10.1.1.1").status_code == 200


def test_failed_sign_in_does_not_store_the_typed_password(agent: Agent) -> None:
    from axes.models import AccessAttempt

    secret = "my-own-secret-typed-wrong"
    sign_in(agent, password=secret)
    client, _ = sign_in(agent)
    client.post("/accounts/profile/password/", {"old_password": secret, "password1": secret, "password2": secret})
    kept = str(list(AccessAttempt.objects.values())) + str(list(AuditEntry.objects.values()))
    assert secret not in kept
