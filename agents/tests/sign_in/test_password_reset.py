"""Password reset by mail: the same response for every address, and a link that works once."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from agents import services, tasks
from agents.models import Agent, AuditEntry
from agents.services import invitations
from agents.sign_in.authentication import issue_token
from agents.tests.factories import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]
FORGOTTEN = "/accounts/forgotten/"
NEW = "violet harbour seventeen"


def ask(email: str, **extra: Any) -> Any:
    return Client().post(FORGOTTEN, {"email": email}, **extra)


def link(agent: Agent) -> str:
    """Send a reset mail and return the path of its link."""
    invitations.mail_reset(agent.pk)
    found = re.search(r"https?://\S+", str(mail.outbox[-1].body))
    assert found
    return urlsplit(found.group()).path


def choose(path: str, client: Client | None = None, password: str = NEW) -> Any:
    client = client or Client()
    step = client.get(path)
    return (
        client.post(step.headers["Location"], {"password1": password, "password2": password})
        if step.status_code == 302
        else step
    )


def test_password_reset_sets_the_new_password_and_ends_sessions_and_tokens(agent: Agent) -> None:
    client = Client()
    client.force_login(agent)
    token = issue_token(agent)
    assert ask(agent.email.upper()).status_code == 200
    (job,) = ProcrastinateJob.objects.filter(task_name="agents.tasks.send_reset")
    assert job.args == {"agent_id": str(agent.pk), "language": "en"}
    path = link(agent)
    answer = choose(path)
    assert answer.status_code == 302 and answer.url == "/accounts/login/"
    agent.refresh_from_db()
    assert agent.check_password(NEW)
    assert client.get("/accounts/profile/").status_code == 302
    assert Client().get("/api/agents/me", HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 401
    actions = list(AuditEntry.objects.filter(subject_id=str(agent.pk)).values_list("action", flat=True))
    assert "agent.password_reset_mailed" in actions and "agent.password_reset" in actions


def test_reset_response_is_the_same_for_all_and_only_active_people_get_mail(
    agent: Agent, senior: Agent, manager: Agent, service: Agent
) -> None:
    services.deactivate_agent(manager, senior.pk)
    uninvited = services.create_agent(manager, email="f@quimbi.example", name="F", role="agent")
    pages = [ask(email).text for email in (agent.email, "nobody@quimbi.example", senior.email, service.email)]
    pages.append(ask(uninvited.email).text)
    assert len(set(pages)) == 1
    jobs = ProcrastinateJob.objects.filter(task_name="agents.tasks.send_reset").order_by("id")
    assert [job.args["agent_id"] for job in jobs] == [str(agent.pk), None, None, None, None]  # the same work, too
    for one in (senior, service, uninvited):
        invitations.mail_reset(one.pk)
    assert mail.outbox == []


def test_no_reset_mail_is_sent_if_the_account_was_deactivated_meanwhile(agent: Agent, manager: Agent) -> None:
    path = link(agent)
    services.deactivate_agent(manager, agent.pk)
    invitations.mail_reset(agent.pk)
    assert len(mail.outbox) == 1 and choose(path).status_code == 410


def mails_asked_for() -> int:
    return ProcrastinateJob.objects.filter(task_name="agents.tasks.send_reset").count()


def test_reset_mails_are_limited_per_account(agent: Agent, settings: Any, time_machine: Any) -> None:
    """Above the hourly limit one mail in ten minutes is still sent, so that an attacker can't block the owner's reset."""
    settings.RESET_MAILS_PER_HOUR = 2
    time_machine.move_to("2026-03-01T12:00:20Z", tick=False)
    pages = {ask(agent.email, REMOTE_ADDR=f"10.0.0.{n}").text for n in range(8)}
    assert len(pages) == 1 and mails_asked_for() == 3
    time_machine.move_to("2026-03-01T12:10:00Z", tick=False)
    assert ask(agent.email, REMOTE_ADDR="203.0.113.7").text in pages and mails_asked_for() == 4
    assert ask(agent.email, REMOTE_ADDR="203.0.113.7").text in pages and mails_asked_for() == 4


def test_reset_requests_are_limited_per_network(agent: Agent, settings: Any) -> None:
    settings.RESET_REQUESTS_PER_HOUR = 2
    pages = [ask(f"nobody{n}@example.com", REMOTE_ADDR=f"2001:db8:0:7::{n}").text for n in range(2)]
    pages.append(ask(agent.email, REMOTE_ADDR="2001:db8:0:7::9").text)
    assert len(set(pages)) == 1 and mails_asked_for() == 2
    ask(agent.email, REMOTE_ADDR="2001:db8:0:8::9")
    assert mails_asked_for() == 3


def test_reset_link_redirects_to_a_url_without_the_token(agent: Agent) -> None:
    path, client = link(agent), Client()
    step = client.get(path)
    token = path.rstrip("/").rsplit("/", 1)[1]
    assert step.status_code == 302
    where = step.headers["Location"]
    assert token not in where and token not in client.get(where).text
    assert step.headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in client.get(where).headers["Cache-Control"]


@pytest.mark.parametrize("how", ["used", "expired", "signed in", "email", "password", "version", "other", "nonsense"])
def test_outdated_or_forged_reset_link_is_refused(
    agent: Agent, senior: Agent, manager: Agent, time_machine: Any, how: str
) -> None:
    path = link(agent)
    if how == "used":
        choose(path)
    elif how == "expired":
        time_machine.move_to(timezone.now() + timedelta(hours=1, seconds=2), tick=False)
    elif how == "signed in":
        Client().post("/accounts/login/", {"username": agent.email, "password": PASSWORD})
    elif how == "email":
        services.update_agent(manager, agent.pk, {"email": "new@quimbi.example"})
    elif how == "password":
        services.set_password(manager, agent.pk, "another harbour sixteen")
    elif how == "version":
        services.sign_out_everywhere(agent, agent.pk)
    elif how == "other":
        path = path.replace(str(agent.pk), str(senior.pk))
    else:
        path = f"/accounts/new-password/{agent.pk}/abc-def/"
    agent.refresh_from_db()
    before = agent.password
    answer = choose(path)
    assert answer.status_code == 410 and "Request a new link" in answer.text
    agent.refresh_from_db()
    assert agent.password == before


def test_reset_url_without_token_works_only_in_the_same_session(agent: Agent) -> None:
    client = Client()
    shown = client.get(link(agent)).headers["Location"]
    assert Client().get(shown).status_code == 410
    assert Client().post(shown, {"password1": NEW, "password2": NEW}).status_code == 410
    assert client.get(shown).status_code == 200


@pytest.mark.parametrize("password", ["12345", "password", "agent@quimbi.example", ""])
def test_weak_password_is_refused_and_the_reset_link_stays_valid(agent: Agent, password: str) -> None:
    path = link(agent)
    page = choose(path, password=password)
    assert page.status_code == 200
    assert choose(path).status_code == 302


def test_reset_mail_ignores_a_forged_host_header(agent: Agent, settings: Any) -> None:
    settings.PUBLIC_URL = "https://support.example.com"
    assert ask(agent.email, HTTP_HOST="evil.example").status_code == 400
    settings.ALLOWED_HOSTS = ["*"]
    ask(agent.email, HTTP_HOST="evil.example", HTTP_X_FORWARDED_HOST="evil.example")
    invitations.mail_reset(agent.pk)
    assert "https://support.example.com/accounts/new-password/" in mail.outbox[-1].body
    assert "evil" not in str(mail.outbox[-1].message())


def test_agent_name_cannot_inject_mail_headers(manager: Agent, settings: Any) -> None:
    agent = services.create_agent(None, email="x@quimbi.example", name="A Bcc: b@x.example", role="agent", password=NEW)
    invitations.mail_reset(agent.pk)
    assert mail.outbox[-1].recipients() == ["x@quimbi.example"]


def test_reset_page_tells_agents_to_ask_a_manager_if_mail_is_off(agent: Agent, settings: Any) -> None:
    settings.MAIL = "off"
    assert "Ask a manager" in Client().get(FORGOTTEN).text
    ask(agent.email)
    assert not ProcrastinateJob.objects.filter(task_name="agents.tasks.send_reset").exists()
    settings.MAIL = "files"
    assert "mails are written as files" in Client().get(FORGOTTEN).text


def test_sign_in_after_password_reset_still_requires_the_second_factor(agent: Agent) -> None:
    from agents.tests.sign_in.test_second_factor import set_up

    set_up(agent)
    client = Client()
    choose(link(agent), client)
    answer = client.post("/accounts/login/", {"username": agent.email, "password": NEW})
    assert answer.headers["Location"] == "/accounts/second-factor/code/"


def test_reset_mail_is_in_the_language_of_the_request(agent: Agent) -> None:
    ask(agent.email, HTTP_ACCEPT_LANGUAGE="de")
    job = ProcrastinateJob.objects.get(task_name="agents.tasks.send_reset")
    assert job.args["language"] == "de"
    tasks.send_reset(**job.args)
    sent = mail.outbox[-1]
    assert sent.subject == "Passwort für Quimbi CRM zurücksetzen"
    assert (
        f"Guten Tag, {agent.name}," in sent.body and "Der Link gilt einmal, " in sent.body and "Hello" not in sent.body
    )
    tasks.send_reset(str(agent.pk))  # a task of before languages were kept
    assert mail.outbox[-1].subject == "Reset your Quimbi CRM password"
