"""Invitations: permissions, one-time links, and events that end a link."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob

from agents import services, tasks
from agents.models import Agent, AuditEntry, PendingInvitation
from agents.services import invitations
from agents.services.invitations import LinkEnded

Make = Callable[..., Agent]
GOOD = "violet harbour seventeen"


@pytest.fixture
def newcomer(manager: Agent) -> Agent:
    return services.create_agent(manager, email="nova@quimbi.example", name="Nova New", role="agent")


def token_of(url: str) -> str:
    return urlsplit(url).path.rstrip("/").rsplit("/", 1)[1]


def test_invitation_link_works_once(manager: Agent, newcomer: Agent) -> None:
    invitation = services.invite(manager, newcomer.pk)
    token = token_of(invitation.url)
    assert services.invited(newcomer.pk, token) == newcomer
    agent = services.accept_invitation(newcomer.pk, token, GOOD)
    assert agent.check_password(GOOD)
    with pytest.raises(LinkEnded):
        services.invited(newcomer.pk, token)
    with pytest.raises(LinkEnded):
        services.accept_invitation(newcomer.pk, token, GOOD)
    entries = AuditEntry.objects.filter(subject_id=str(newcomer.pk)).values_list("action", "actor")
    assert ("agent.invited", manager.pk) in entries and ("agent.invitation_accepted", newcomer.pk) in entries
    assert token not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize("role", Agent.Role.values)
@pytest.mark.parametrize("target", Agent.Role.values)
def test_roles_may_invite_only_permitted_accounts(make_agent: Make, role: str, target: str) -> None:
    actor = make_agent(role)
    guest = services.create_agent(None, email="g@quimbi.example", name="G", role=target)
    below = Agent.Role.values.index(target) < Agent.Role.values.index(role)
    if role == "admin" or (role == "manager" and below):
        assert services.invite(actor, guest.pk).url
    else:
        with pytest.raises(PermissionDenied):
            services.invite(actor, guest.pk)


def test_manager_cannot_take_over_an_invited_peer(
    admin: Agent, manager: Agent, client_of: Callable[[Agent], Any]
) -> None:
    """A manager gets no new link for a peer, even after deactivating and reactivating the account."""
    peer, _invitation = services.create_invited_agent(admin, email="p@quimbi.example", name="Pia Peer", role="manager")
    api, page = client_of(manager), Client()
    page.force_login(manager, backend="agents.backends.RoleBackend")
    where = f"/api/agents/{peer.pk}"

    def tries() -> None:
        assert api.post(f"{where}/invitation").status_code == 403
        assert api.post(f"{where}/password", {"password": GOOD}).status_code == 403
        assert api.patch(where, {"email": "mine@quimbi.example"}).status_code == 403
        assert api.patch(where, {"role": "agent"}).status_code == 403
        assert page.post(f"/agents/{peer.pk}/invitation").status_code == 403
        admin_page = page.post(f"/admin/agents/agent/{peer.pk}/invite/", follow=True)
        assert "cannot invite this account" in admin_page.content.decode()

    tries()
    assert api.delete(where).status_code == 200
    tries()
    assert api.post(f"{where}/reactivate").status_code == 200
    tries()
    shown = page.get(f"/agents/{peer.pk}").text
    assert "you need a role higher than theirs" in shown and f"/agents/{peer.pk}/invitation" not in shown
    peer.refresh_from_db()
    assert peer.role == "manager" and not peer.has_usable_password() and peer.email == "p@quimbi.example"


def test_manager_who_creates_a_peer_gets_only_the_first_invitation_link(
    manager: Agent, client_of: Callable[[Agent], Any]
) -> None:
    body = {"email": "p@quimbi.example", "name": "Pia Peer", "role": "manager"}
    made = client_of(manager).post("/api/agents", body)
    assert made.status_code == 201 and made.json()["invitation_url"]
    assert client_of(manager).post(f"/api/agents/{made.json()['id']}/invitation").status_code == 403


def test_invitation_requires_an_active_person_without_a_password(
    manager: Agent, make_agent: Make, newcomer: Agent
) -> None:
    service = services.create_agent(manager, email="s@quimbi.example", name="S", role="agent", is_service=True)
    services.deactivate_agent(manager, newcomer.pk)
    for agent, words in ((make_agent("agent"), "already"), (service, "service"), (newcomer, "deactivated")):
        with pytest.raises(ValidationError, match=words):
            services.invite(manager, agent.pk)


@pytest.mark.parametrize("what", ["again", "email", "role", "deactivated", "password", "expired"])
def test_invitation_link_ends_after_account_changes_reinvitation_or_expiry(
    manager: Agent, newcomer: Agent, time_machine: Any, what: str
) -> None:
    token = token_of(services.invite(manager, newcomer.pk).url)
    if what == "again":
        newer = token_of(services.invite(manager, newcomer.pk).url)
        assert services.invited(newcomer.pk, newer) == newcomer
    elif what == "role":  # whoever made the link for a junior must not come in by it as something more
        services.update_agent(manager, newcomer.pk, {"role": "manager"})
    elif what == "email":
        services.update_agent(manager, newcomer.pk, {"email": "other@quimbi.example"})
    elif what == "deactivated":
        services.deactivate_agent(manager, newcomer.pk)
        services.reactivate_agent(manager, newcomer.pk)
    elif what == "password":
        services.set_password(manager, newcomer.pk, GOOD)
    else:
        time_machine.move_to(timezone.now() + timedelta(days=7, seconds=1), tick=False)
    with pytest.raises(LinkEnded):
        services.invited(newcomer.pk, token)
    with pytest.raises(LinkEnded):
        services.accept_invitation(newcomer.pk, token, GOOD)


def test_invitation_token_of_another_account_or_garbage_is_refused(manager: Agent, newcomer: Agent) -> None:
    other = services.create_agent(manager, email="o@quimbi.example", name="O", role="agent")
    token = token_of(services.invite(manager, other.pk).url)
    services.invite(manager, newcomer.pk)
    for wrong in (token, "", "x" * 64, "ü"):
        with pytest.raises(LinkEnded):
            services.accept_invitation(newcomer.pk, wrong, GOOD)


def test_invitation_mail_links_to_the_configured_public_url(manager: Agent, newcomer: Agent, settings: Any) -> None:
    settings.PUBLIC_URL = "https://support.example.com"
    invitation = services.invite(manager, newcomer.pk, build_url=lambda path: f"https://evil.example{path}")
    assert invitation.mailed and invitation.url.startswith("https://evil.example/accounts/invitation/")
    invitations.mail_invitation(newcomer.pk)
    (sent,) = mail.outbox
    assert sent.to == [newcomer.email]
    assert "https://support.example.com/accounts/invitation/" in sent.body and "evil" not in sent.body
    assert token_of(invitation.url) in sent.body
    services.deactivate_agent(manager, newcomer.pk)
    invitations.mail_invitation(newcomer.pk)
    assert len(mail.outbox) == 1


def test_invitation_mail_is_in_the_inviters_language(manager: Agent, newcomer: Agent) -> None:
    with override("de"):
        services.invite(manager, newcomer.pk)
    job = ProcrastinateJob.objects.get(task_name="agents.tasks.send_invitation")
    tasks.send_invitation(**job.args)
    (sent,) = mail.outbox
    until = PendingInvitation.objects.get(agent=newcomer).expires_at
    assert sent.subject == "Ihre Einladung zu Quimbi CRM" and "Guten Tag, Nova New," in sent.body
    assert f"{until.day}. " in sent.body and f"{until:%Y, %H:%M} (UTC)" in sent.body
    tasks.send_invitation(str(newcomer.pk))
    assert mail.outbox[-1].subject == "Your invitation to Quimbi CRM"


# --- The page ----------------------------------------------------------------------------------------------------------
def test_accepting_an_invitation_signs_in(manager: Agent, newcomer: Agent) -> None:
    client = Client()
    client.force_login(manager)  # the inviting person's browser, say
    path = urlsplit(services.invite(manager, newcomer.pk).url).path
    shown = client.get(path).url  # type: ignore[attr-defined]
    assert newcomer.email in client.get(shown).text
    assert "do not match" in client.post(shown, {"password1": GOOD, "password2": "x"}).text
    assert "too short" in client.post(shown, {"password1": "abc", "password2": "abc"}).text
    answer = client.post(shown, {"password1": GOOD, "password2": GOOD})
    assert answer.url == "/accounts/profile/"  # type: ignore[attr-defined]
    assert newcomer.email in client.get("/accounts/profile/").text
    ended = Client().get(path)
    assert ended.status_code == 410 and "ask the person who invited you" in ended.text


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "path", ["0190a000-0000-7000-8000-000000000000/abc/", "0190a000-0000-7000-8000-000000000000/link/"]
)
def test_unknown_invitation_link_returns_410(path: str) -> None:
    assert Client().get(f"/accounts/invitation/{path}").status_code == 410


@pytest.mark.django_db(transaction=True)
def test_only_one_of_several_concurrent_acceptances_succeeds(make_agent: Make) -> None:
    manager = make_agent("manager")
    newcomer = services.create_agent(manager, email="nova@quimbi.example", name="Nova New", role="agent")
    token = token_of(services.invite(manager, newcomer.pk).url)
    outcomes: list[str] = []

    def accept(password: str) -> None:
        try:
            services.accept_invitation(newcomer.pk, token, password)
            outcomes.append(password)
        except LinkEnded:
            outcomes.append("ended")
        finally:
            connection.close()

    threads = [threading.Thread(target=accept, args=(f"violet harbour {n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (won,) = [outcome for outcome in outcomes if outcome != "ended"]
    newcomer.refresh_from_db()
    assert len(outcomes) == 4 and newcomer.check_password(won)
