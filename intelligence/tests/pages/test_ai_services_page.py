"""The AI services page of the admin site, tested through a browser client."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from agents.common import shared_cache
from agents.models import Agent, AuditEntry
from agents.tests.browsing import HOSTILE, TRAIL, browser
from intelligence.contract.failures import Failure
from intelligence.providers.chain import Link
from intelligence.providers.transport import circuit_breaker
from intelligence.tests.providers.test_ai_health import ask
from intelligence.tests.stubs import Stub, install

pytestmark = pytest.mark.django_db
PAGE = "/admin/ai/"


@pytest.fixture
def stub(settings: Any) -> Stub:
    cache.clear()
    one = Stub(name=f"s{uuid4().hex[:8]}")
    install(settings, one)
    return one


def text(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def press(client: Client, name: str) -> str:
    answer = client.post(PAGE, {"provider": name}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    return answer.content.decode()


@pytest.mark.parametrize("role", Agent.Role.values)
def test_ai_services_page_is_open_to_managers_and_admins_only(
    make_agent: Callable[..., Agent], stub: Stub, role: str
) -> None:
    client = browser(make_agent(role))
    looked, pressed = client.get(PAGE), client.post(PAGE, {"provider": stub.name})
    listed = client.get("/admin/", follow=True).content.decode()
    if role in ("manager", "admin"):
        assert (looked.status_code, pressed.headers["Location"]) == (200, PAGE)
        assert f'<a href="{PAGE}"' in listed and stub.calls == ["probe"]
    else:
        assert looked.headers["Location"] == pressed.headers["Location"] == f"/admin/login/?next={PAGE}"
        assert PAGE not in listed and stub.calls == []


def test_connection_test_requires_csrf_token_and_post(manager: Agent, stub: Stub) -> None:
    client = browser(manager, enforce_csrf_checks=True)
    assert client.post(PAGE, {"provider": stub.name}).status_code == 403
    assert browser(manager).put(PAGE).status_code == 405
    assert stub.calls == []


def test_page_lists_settings_to_set_if_no_service_is_configured(managing: Client, settings: Any) -> None:
    install(settings)
    found = text(managing)
    for name in ("QUIMBI_AI_URL", "QUIMBI_AI_API_KEY", "LLM_BASE_URL", "LLM_MODEL"):
        assert f"<code>{name}</code>" in found
    assert "Try now</button>" not in found


def test_page_describes_service_health_in_words(managing: Client, stub: Stub) -> None:
    ask(stub, *[None] * 3, Failure.TIMEOUT)
    Link(stub).figures.spent(12_345)
    found = text(managing)
    assert "Answers. 4 calls in the last hour, 1 failed." in found
    for said in (
        "25.0 %<br>1 × timeout",
        "median 25 ms",
        "12,345",
        ", timeout: The stub service",
    ):
        assert said in found
    assert "<td>the stub service, then the embedded provider" in found
    assert stub.calls == ["probe"] * 4, "looking asks nobody"


def test_connection_test_after_refused_key_shows_and_logs_its_outcome(
    managing: Client, manager: Agent, stub: Stub
) -> None:
    ask(stub, Failure.UNAUTHORIZED)
    found = text(managing)
    assert "Key refused</span> Refuses the key." in found and "badge-degraded" in found
    stub.failures[:] = [Failure.UNAUTHORIZED, None]
    assert "The stub service failed: unauthorized. It took " in press(managing, stub.name)
    assert "Key refused" in text(managing)
    assert "The stub service: It answers. It took " in press(managing, stub.name)
    assert "Key refused" not in text(managing) and "badge-degraded" not in text(managing)
    trail = managing.get(TRAIL).content.decode()
    assert f"tested the connection to AI service {stub.name}" in trail and "it answered" in trail
    assert AuditEntry.objects.filter(action="ai_service.tried", actor=manager).count() == 2


@pytest.mark.parametrize("name", ["nobody", "", "\x00", HOSTILE])
def test_connection_test_of_unknown_service_shows_an_error(managing: Client, stub: Stub, name: str) -> None:
    found = press(managing, name)
    assert "No AI service of that name is configured." in found and "<script>alert" not in found


def test_connection_test_over_the_rate_limit_shows_an_error(managing: Client, stub: Stub, settings: Any) -> None:
    settings.REGENERATION_RATE_PER_MINUTE = 1
    press(managing, stub.name)
    assert "in a minute. Try again in" in press(managing, stub.name) and stub.calls == ["probe"]


def test_service_name_and_label_are_escaped(managing: Client, settings: Any) -> None:
    install(settings, Stub(label=HOSTILE, name='"><b>x'))
    found = text(managing)
    assert "<script>alert" not in found and "<b>x" not in found
    assert "<style" not in found and " style=" not in found and "<script>" not in found and " onclick=" not in found


def test_page_says_figures_are_unknown_without_the_cache(managing: Client, stub: Stub, monkeypatch: Any) -> None:
    monkeypatch.setattr(shared_cache, "silent_until", float("inf"))
    monkeypatch.setattr(circuit_breaker, "_own", {})
    found = text(managing)
    assert "Its figures are unknown" in found and "0 calls" not in found
