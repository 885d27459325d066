"""The five people of every test, and a client for each."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from hypothesis import settings as hypothesis_settings
from rest_framework.test import APIClient
from whitenoise.middleware import WhiteNoiseMiddleware

from agents.common import shared_cache
from agents.models import Agent
from agents.sign_in.authentication import issue_token
from agents.tests import factories, fast_flush
from agents.tests.waiting import HANGS
from tickets.models import Customer

# Derandomized, so that every run has the same examples; no deadline, because a busy machine must not fail a test.
hypothesis_settings.register_profile("quimbi", deadline=None, derandomize=True)
hypothesis_settings.load_profile("quimbi")
# Threads of one test wait for a connection as long as the test may run, because a busy machine must not fail it.
django_settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = HANGS


def _clear_own(self: RedisCache) -> bool:
    """The tests' processes share one cache: each empties its own part, or it would take the others' counts away."""
    client = self._cache.get_client(None, write=True)
    keys = list(client.scan_iter(match=f"{self.key_prefix}:*", count=1000))
    return bool(client.delete(*keys)) if keys else True


RedisCache.clear = _clear_own  # type: ignore[method-assign, assignment]  # for all tests

_look_for_files, _files = WhiteNoiseMiddleware.add_files_from_finders, {}


def _look_once(self: WhiteNoiseMiddleware) -> None:
    """Each client of a test builds the middleware anew, and would look for all static files again: that took half of all time."""
    if not _files:
        _look_for_files(self)
        _files.update(self.files)
    self.files = _files


WhiteNoiseMiddleware.add_files_from_finders = _look_once
fast_flush.install()


@pytest.fixture
def fresh_counters() -> None:
    """Start with empty rate limits and lockouts."""
    cache.clear()


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    """Argon2 is slow on purpose; tests that are not about it need not be."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.LOGIN_RATE_PER_MINUTE = 100_000
    settings.AGENT_RATE_PER_MINUTE = settings.PAGE_RATE_PER_MINUTE = settings.API_KEY_RATE_PER_MINUTE = 1_000_000


@pytest.fixture(autouse=True)
def redis_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test took Redis away, the next one does not find the pause after it."""
    monkeypatch.setattr(shared_cache, "silent_until", 0.0)


@pytest.fixture
def make_agent(db: None) -> Callable[..., Agent]:
    return factories.make_agent


@pytest.fixture
def agent(make_agent: Callable[..., Agent]) -> Agent:
    return make_agent("agent", name="Ada Agent", email="agent@quimbi.example")


@pytest.fixture
def senior(make_agent: Callable[..., Agent]) -> Agent:
    return make_agent("senior_agent", name="Sena Senior", email="senior@quimbi.example")


@pytest.fixture
def lead(make_agent: Callable[..., Agent]) -> Agent:
    return make_agent("team_lead", name="Lea Lead", email="lead@quimbi.example")


@pytest.fixture
def manager(make_agent: Callable[..., Agent]) -> Agent:
    return make_agent("manager", name="Mira Manager", email="manager@quimbi.example")


@pytest.fixture
def admin(make_agent: Callable[..., Agent]) -> Agent:
    return make_agent("admin", name="Adil Admin", email="admin@quimbi.example")


@pytest.fixture
def service(make_agent: Callable[..., Agent]) -> Agent:
    return make_agent("senior_agent", name="Shop", email="shop@quimbi.example", is_service=True)


@pytest.fixture
def client_of() -> Callable[[Agent], APIClient]:
    def build(agent: Agent) -> APIClient:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(agent)}")
        return client

    return build


@pytest.fixture
def api(senior: Agent, client_of: Callable[[Agent], APIClient]) -> APIClient:
    """A client of somebody who sees everything."""
    return client_of(senior)


@pytest.fixture
def customer(db: None) -> Customer:
    from tickets.services import CustomerData, save_customers

    outcome = save_customers([CustomerData(name="John Doe", email="john@example.com")], None)[0]
    assert outcome.customer is not None
    return outcome.customer


@pytest.fixture
def managing(manager: Agent) -> Client:
    """A manager's browser."""
    from agents.tests.browsing import browser

    return browser(manager)
