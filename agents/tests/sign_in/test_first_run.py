"""The first account of an installation, and password commands."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from agents.models import Agent, AuditEntry
from agents.sign_in.authentication import issue_token

pytestmark = pytest.mark.django_db
GOOD = "violet harbour seventeen"


def create(**options: Any) -> None:
    values = {"email": "First@Quimbi.example", "name": "Fia First", "interactive": False, **options}
    call_command("createsuperuser", stdout=StringIO(), **values)


def test_pages_show_the_createsuperuser_command_until_an_account_exists(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    for path in ("/", "/accounts/login/"):
        assert "script/run python manage.py createsuperuser" in Client().get(path).text
    settings.PRODUCTION = True
    page = Client().get("/").text
    assert "<code>python manage.py createsuperuser</code>" in page
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    create()
    for path in ("/", "/accounts/login/"):
        assert "createsuperuser" not in Client().get(path).text


def test_createsuperuser_creates_an_admin_who_can_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", GOOD)
    create()
    first = Agent.objects.get()
    assert (first.email, first.role, first.is_staff) == ("first@quimbi.example", "admin", True)
    assert AuditEntry.objects.filter(action="agent.created", subject_id=str(first.pk), actor=None).count() == 1
    client = Client()
    client.post("/accounts/login/", {"username": first.email, "password": GOOD})
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("password", "options", "words"),
    [
        ("12345", {}, "too short"),
        ("first@quimbi.example", {}, "too similar"),
        ("", {}, "DJANGO_SUPERUSER_PASSWORD"),
        (GOOD, {"email": "nonsense"}, "valid email"),
        (GOOD, {"name": "A\x00B"}, "characters"),
    ],
)
def test_createsuperuser_refuses_invalid_input(
    monkeypatch: pytest.MonkeyPatch, password: str, options: dict[str, str], words: str
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", password)
    with pytest.raises(CommandError, match=words):
        create(**options)
    assert not Agent.objects.exists()


def test_createsuperuser_works_interactively(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([GOOD, GOOD])
    monkeypatch.setattr("getpass.getpass", lambda prompt="": next(answers))
    terminal = StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    create(interactive=True, stdin=terminal)
    assert Agent.objects.get().check_password(GOOD)


def test_changepassword_ends_tokens_and_is_audited(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    token = issue_token(agent)
    monkeypatch.setattr("getpass.getpass", lambda prompt="": GOOD)
    call_command("changepassword", agent.email.upper(), stdout=StringIO())
    agent.refresh_from_db()
    assert agent.check_password(GOOD)
    assert Client().get("/api/agents/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    assert AuditEntry.objects.filter(action="agent.password_changed", subject_id=str(agent.pk)).count() == 1


@pytest.mark.parametrize(("typed", "words"), [(["a", "b"], "do not match"), (["abc", "abc"], "too short")])
def test_changepassword_refuses_invalid_input(
    agent: Agent, monkeypatch: pytest.MonkeyPatch, typed: list[str], words: str
) -> None:
    answers = iter(typed)
    monkeypatch.setattr("getpass.getpass", lambda prompt="": next(answers))
    with pytest.raises(CommandError, match=words):
        call_command("changepassword", agent.email, stdout=StringIO())
    with pytest.raises(CommandError, match="no account"):
        call_command("changepassword", "nobody@quimbi.example")


def test_demo_command_is_refused_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="never"):
        call_command("demo")
    assert not Agent.objects.exists()
