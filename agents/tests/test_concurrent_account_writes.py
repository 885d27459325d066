"""Concurrent writes to the same account, API key or token."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from agents import services
from agents.common.errors import Conflict
from agents.models import Agent, ApiKey, AuditEntry, EndedToken
from agents.tests.waiting import HANGS

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run all `works` in threads that start together; return their results or exceptions."""
    barrier, answers = threading.Barrier(len(works)), []

    def run(work: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            answers.append(work())
        except Exception as error:  # noqa: BLE001  the test looks at what it was
            answers.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS)
    assert len(answers) == len(works)
    return answers


def test_one_of_two_concurrent_edits_is_refused(lead: Agent, agent: Agent) -> None:
    def edit(name: str) -> Callable[[], Agent]:
        return lambda: services.update_agent(lead, agent.pk, {"name": name}, seen_at=agent.updated_at)

    answers = at_once(edit("First"), edit("Second"))
    (conflict,) = [one for one in answers if isinstance(one, Conflict)]
    (won,) = [one for one in answers if isinstance(one, Agent)]
    assert conflict.details["changed"]["name"]["now"] == won.name == Agent.objects.get(pk=agent.pk).name


def test_concurrent_revocations_revoke_the_key_once(manager: Agent, service: Agent) -> None:
    key, _ = services.create_key(None, service.pk, name="Shop")
    answers = at_once(*[lambda: services.revoke_key(manager, service.pk, key.pk)] * 3)
    assert len({one.revoked_at for one in answers}) == 1
    assert AuditEntry.objects.filter(action="key.revoked").count() == 1


def test_concurrent_deactivation_leaves_no_valid_key(manager: Agent, service: Agent) -> None:
    at_once(
        lambda: services.deactivate_agent(manager, service.pk),
        lambda: services.create_key(manager, service.pk, name="Late"),
    )
    assert not ApiKey.objects.filter(revoked_at=None).exists()


def test_concurrent_sign_outs_of_one_token_all_succeed(agent: Agent) -> None:
    end = timezone.now() + timedelta(hours=1)
    assert at_once(*[lambda: services.sign_out(agent, "token", end)] * 3) == [None] * 3
    assert EndedToken.objects.count() == 1
