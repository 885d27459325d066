"""Credentials managed in the admin site: invitations, passwords, sessions, second factors and API keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents import services
from agents.models import Agent, ApiKey, AuditEntry
from agents.services.invitations import LinkEnded
from agents.tests.browsing import GOOD_PASSWORD, HOSTILE, LIST, Make, page
from agents.tests.factories import PASSWORD


# --- Passwords ---------------------------------------------------------------------------------------------------------
def test_manager_sets_a_strong_password_and_the_change_is_audited(
    managing: Client, manager: Agent, lead: Agent
) -> None:
    address = f"{LIST}{lead.pk}/password/"
    assert managing.get(address).status_code == 200
    bad = managing.post(address, {"password1": "12345", "password2": "12345"})
    assert "too short" in bad.content.decode()
    assert managing.post(address, {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}).status_code == 302
    lead.refresh_from_db()
    assert lead.check_password(GOOD_PASSWORD)
    entry = AuditEntry.objects.get(action="agent.password_changed")
    assert (entry.actor, entry.changes) == (manager, {})


def test_own_password_change_redirects_to_the_profile_page(managing: Client, manager: Agent) -> None:
    ours = "/accounts/profile/password/"
    assert managing.get(f"{LIST}{manager.pk}/password/").headers["Location"] == ours
    new = {"new_password1": GOOD_PASSWORD, "new_password2": GOOD_PASSWORD, "old_password": PASSWORD}
    assert managing.post("/admin/password_change/", new).headers["Location"] == ours
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)


def test_manager_cannot_set_passwords_of_peers_admins_or_services(
    managing: Client, make_agent: Make, service: Agent
) -> None:
    both = {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}
    for account in (make_agent("manager"), make_agent("admin"), service):
        answer = managing.post(f"{LIST}{account.pk}/password/", both, follow=True)
        assert "You cannot set the password of this account." in answer.content.decode()
        account.refresh_from_db()
        assert account.check_password(PASSWORD)


# --- Invitations -------------------------------------------------------------------------------------------------------
@pytest.fixture
def invited(make_agent: Make) -> Agent:
    person = make_agent("agent", name=HOSTILE)
    person.set_unusable_password()
    person.save()
    return person


def test_new_invitation_ends_the_earlier_link(managing: Client, manager: Agent, invited: Agent) -> None:
    address = f"{LIST}{invited.pk}/invite/"
    assert address in managing.get(page(invited)).content.decode()
    asked = managing.get(address)
    assert asked.status_code == 200
    assert not AuditEntry.objects.filter(action="agent.invited").exists()
    first, second = managing.post(address), managing.post(address)
    assert first.context["value"] != second.context["value"]
    assert "no-store" in second.headers["Cache-Control"]
    assert "<script>alert" not in second.content.decode() + asked.content.decode()
    with pytest.raises(LinkEnded):
        services.invited(invited.pk, first.context["value"].rstrip("/").rpartition("/")[2])
    assert services.invited(invited.pk, second.context["value"].rstrip("/").rpartition("/")[2]) == invited
    assert AuditEntry.objects.filter(action="agent.invited", actor=manager).count() == 2


def test_invitation_is_refused_for_accounts_with_password_services_and_admins(
    managing: Client, agent: Agent, service: Agent, admin: Agent
) -> None:
    Agent.objects.filter(pk=admin.pk).update(password="!")
    for account in (agent, service, admin):
        assert "/invite/" not in managing.get(page(account)).content.decode()
        answer = managing.post(f"{LIST}{account.pk}/invite/", follow=True)
        assert "cannot invite this account" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="agent.invited").exists()


# --- Sessions ----------------------------------------------------------------------------------------------------------
def test_manager_signs_an_account_out_everywhere(managing: Client, manager: Agent, lead: Agent) -> None:
    theirs = Client()
    theirs.force_login(lead, backend="agents.backends.RoleBackend")
    address = f"{LIST}{lead.pk}/sign-out/"
    assert "end immediately" in managing.get(address).content.decode()
    lead.refresh_from_db()
    assert lead.token_version == 0
    assert "was signed out everywhere" in managing.post(address, follow=True).content.decode()
    lead.refresh_from_db()
    assert lead.token_version == 1
    assert AuditEntry.objects.get(action="agent.signed_out_everywhere").actor == manager


def test_manager_cannot_sign_out_admins_or_services(managing: Client, admin: Agent, service: Agent) -> None:
    for account in (admin, service):
        assert "/sign-out/" not in managing.get(page(account)).content.decode()
        assert "You cannot do this" in managing.post(f"{LIST}{account.pk}/sign-out/", follow=True).content.decode()
        account.refresh_from_db()
        assert account.token_version == 0


def with_factor(agent: Agent) -> Agent:
    TOTPDevice.objects.create(user=agent, confirmed=True)
    return agent


def test_manager_resets_the_second_factor_of_a_lower_role(managing: Client, manager: Agent, lead: Agent) -> None:
    address = f"{LIST}{lead.pk}/second-factor/"
    assert "/second-factor/" not in managing.get(page(lead)).content.decode().replace("/accounts/second-factor/", "")
    with_factor(lead)
    assert address in managing.get(page(lead)).content.decode()
    assert "Make sure that the request comes from this person" in managing.get(address).content.decode()
    assert TOTPDevice.objects.filter(user=lead).exists()
    assert "was reset" in managing.post(address, follow=True).content.decode()
    assert not TOTPDevice.objects.filter(user=lead).exists()
    assert AuditEntry.objects.get(action="agent.second_factor_reset").actor == manager


def test_manager_cannot_reset_the_second_factor_of_a_peer_or_admin(managing: Client, make_agent: Make) -> None:
    for account in (with_factor(make_agent("manager")), with_factor(make_agent("admin"))):
        address = f"{LIST}{account.pk}/second-factor/"
        assert address not in managing.get(page(account)).content.decode()
        assert "You cannot do this" in managing.post(address, follow=True).content.decode()
        assert TOTPDevice.objects.filter(user=account).exists()


# --- API keys ----------------------------------------------------------------------------------------------------------
def new_key(client: Client, account: Agent, **values: str) -> Any:
    return client.post(f"{LIST}{account.pk}/keys/add/", {"name": "Web shop", "scope": "read", "last_day": "", **values})


def test_new_api_key_shows_its_secret_once(managing: Client, manager: Agent, service: Agent) -> None:
    assert managing.get(f"{LIST}{service.pk}/keys/add/").status_code == 200
    answer = new_key(managing, service, name=HOSTILE, scope="write", last_day="2999-12-31")
    key = ApiKey.objects.get(agent=service)
    secret = answer.context["value"]
    assert f'value="{secret}"' in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert key.expires_at is not None
    assert (key.created_by, key.scope, key.expires_at.year) == (manager, "write", 3000)
    form = managing.get(page(service)).content.decode()
    assert secret not in form
    assert key.digest not in form
    assert key.prefix in form
    assert "<script>alert" not in form + answer.content.decode()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": ""}, "required"),
        ({"name": "x" * 101}, "at most 100"),
        ({"name": "bell\x07"}, "control characters"),
        ({"scope": "everything"}, "not one of the available"),
        ({"last_day": "2020-01-01"}, "This day is in the past"),
        ({"last_day": "9999-12-31"}, "earlier day"),
        ({"last_day": "soon"}, "valid date"),
    ],
)
def test_invalid_api_key_form_shows_the_error(
    managing: Client, service: Agent, values: dict[str, str], says: str
) -> None:
    answer = new_key(managing, service, **values)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_api_key_is_revoked_after_confirmation(managing: Client, manager: Agent, service: Agent) -> None:
    new_key(managing, service)
    key = ApiKey.objects.get()
    address = f"{LIST}{service.pk}/keys/{key.pk}/revoke/"
    assert address in managing.get(page(service)).content.decode()
    assert "cannot be undone" in managing.get(address).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None
    assert "was revoked" in managing.post(address, follow=True).content.decode()
    key.refresh_from_db()
    assert key.revoked_at is not None
    text = managing.get(page(service)).content.decode()
    assert "Revoked" in text
    assert address not in text


def test_manager_cannot_create_or_revoke_api_keys_of_an_admin_account(managing: Client, make_agent: Make) -> None:
    above = make_agent("admin", is_service=True)
    key, _ = services.create_key(None, above.pk, name="Root")
    text = managing.get(page(above)).content.decode()
    assert "Root" in text
    assert "/keys/" not in text
    assert new_key(managing, above).status_code == 302
    managing.post(f"{LIST}{above.pk}/keys/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.revoked_at is None
    assert ApiKey.objects.count() == 1


def test_manager_may_revoke_but_not_create_api_keys_of_a_peer_account(managing: Client, make_agent: Make) -> None:
    peer = make_agent("manager", is_service=True)
    key, _ = services.create_key(None, peer.pk, name="Leaked")
    assert "keys/add" not in managing.get(page(peer)).content.decode()
    assert new_key(managing, peer).status_code == 302
    managing.post(f"{LIST}{peer.pk}/keys/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert ApiKey.objects.count() == 1


def test_api_key_is_refused_for_a_person_and_under_another_account(
    managing: Client, agent: Agent, service: Agent, make_agent: Make
) -> None:
    other = make_agent("agent", is_service=True)
    key, _ = services.create_key(None, other.pk, name="Other")
    assert new_key(managing, agent).status_code == 302
    answer = managing.post(f"{LIST}{service.pk}/keys/{key.pk}/revoke/", follow=True)
    assert "no such key" in answer.content.decode()
    key.refresh_from_db()
    assert key.revoked_at is None
    assert ApiKey.objects.count() == 1


def test_expired_api_key_is_marked_expired(managing: Client, service: Agent) -> None:
    key, _ = services.create_key(None, service.pk, name="Short")
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() - timedelta(days=1), last_used_at=timezone.now())
    text = managing.get(page(service)).content.decode()
    assert "Expired" in text
    assert "just now" in text
