"""What surrounds every page: presence, theme, keyboard shortcuts, language, navigation and error pages."""

import pytest
from django.test import Client
from django.urls import get_resolver

from agents.models import Agent
from agents.tests.browsing import browser

pytestmark = pytest.mark.django_db


def test_presence_form_changes_status_and_returns_to_the_page(agent: Agent) -> None:
    client = browser(agent)
    answer = client.post("/accounts/presence/", {"status": "away", "next": "/?channel=sms"})
    assert answer["Location"] == "/?channel=sms"
    agent.refresh_from_db()
    assert (agent.status, agent.accepts_new_tickets) == ("away", False)
    assert "You are away and accept no new tickets." in client.get("/").content.decode()
    client.post("/accounts/presence/", {"status": "online", "accepts_new_tickets": "on"})
    agent.refresh_from_db()
    assert (agent.status, agent.accepts_new_tickets) == ("online", True)


def test_invalid_presence_status_shows_an_error_and_changes_nothing(agent: Agent) -> None:
    client = browser(agent)
    client.post("/accounts/presence/", {"status": "asleep", "accepts_new_tickets": "on"})
    assert 'class="notice bad"' in client.get("/").content.decode()
    agent.refresh_from_db()
    assert agent.status == "online"


def test_presence_and_display_forms_require_post_and_sign_in(agent: Agent) -> None:
    for path in ("/accounts/presence/", "/accounts/display/"):
        assert browser(agent).get(path).status_code == 405
        assert Client().post(path)["Location"].startswith("/accounts/login/")


def test_status_changes_do_not_count_toward_the_sign_in_rate_limit(agent: Agent, settings: object) -> None:
    settings.LOGIN_RATE_PER_MINUTE = 2  # type: ignore[attr-defined]
    client = browser(agent)
    assert [client.post("/accounts/presence/", {"status": "busy"}).status_code for _ in range(5)] == [302] * 5


def test_theme_and_keyboard_shortcut_settings_are_kept_in_cookies(agent: Agent) -> None:
    client = browser(agent)
    assert "data-theme" not in client.get("/").content.decode().split("<head>")[0]
    answer = client.post("/accounts/display/", {"theme": "dark", "next": "/"})
    assert answer.cookies["quimbi_theme"]["httponly"] and answer.cookies["quimbi_theme"]["samesite"] == "Lax"
    page = " ".join(client.get("/").content.decode().split())
    assert '<html lang="en" dir="ltr" data-theme="dark" data-keys="off">' in page
    client.post("/accounts/display/", {"theme": "", "keys": "on"})
    assert '<html lang="en" dir="ltr">' in client.get("/").content.decode()
    client.post("/accounts/display/", {"theme": '"><script>', "keys": "on"})
    assert '<html lang="en" dir="ltr">' in client.get("/").content.decode()
    client.cookies["quimbi_theme"] = '"><script>'
    assert '<html lang="en" dir="ltr">' in client.get("/").content.decode()


def test_navigation_has_only_permitted_links(agent: Agent, manager: Agent) -> None:
    assert "/admin/" not in browser(agent).get("/").content.decode()
    assert "/admin/" in browser(manager).get("/").content.decode()


def test_language_is_kept_in_a_cookie(agent: Agent, settings: object) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German")]  # type: ignore[attr-defined]
    client = browser(agent)
    assert "Deutsch" in client.get("/accounts/profile/").content.decode()
    client.post("/accounts/display/", {"theme": "", "keys": "on", "language": "de"})
    assert client.cookies["django_language"].value == "de"
    client.post("/accounts/display/", {"theme": "dark", "keys": "on"})
    assert client.cookies["django_language"].value == "de"
    client.post("/accounts/display/", {"theme": "", "keys": "on", "language": "xx"})
    assert client.cookies["django_language"].value == ""


def test_error_pages_have_navigation_for_signed_in_agents(agent: Agent) -> None:
    for client, rail in ((browser(agent), True), (Client(), False)):
        answer = client.get("/nothing")
        shown = answer.content.decode()
        assert answer.status_code == 404 and "Back to the home page" in shown and ('class="rail"' in shown) is rail
    strict = browser(agent, enforce_csrf_checks=True)
    answer = strict.post("/accounts/display/", {})
    assert answer.status_code == 403 and "This form has expired" in answer.content.decode()


def test_server_error_page_needs_no_database_query(rf: object, django_assert_num_queries: object) -> None:
    request = rf.get("/", headers={"cookie": "quimbi_theme=dark"})  # type: ignore[attr-defined]
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = get_resolver().resolve_error_handler(500)(request)
    assert answer.status_code == 500 and 'data-theme="dark"' in answer.content.decode()
