"""The provider chain: order of services, fallback to the embedded provider and cached answers."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from agents.tests.waiting import HANGS, eventually
from intelligence.contract import deadline
from intelligence.contract.deadline import Deadline
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.provider import Capability
from intelligence.providers import chain as chains
from intelligence.providers.chain import Asking, Chain
from intelligence.providers.embedded import EmbeddedProvider
from intelligence.providers.transport import answer_cache
from intelligence.tests.conversations import conversation
from intelligence.tests.stubs import Stub

ORDER = {name: ["first", "second", "stub"] for name in ("analyze", "draft", "plan", "summarize")}
FAILURES = [*Failure, KeyError("a customer's name"), ValueError(), ZeroDivisionError()]


def chain(*stubs: Stub) -> Chain:
    return Chain(stubs, ORDER, EmbeddedProvider)


def fresh() -> Asking:
    return Asking(Deadline(HANGS), uuid4().hex)


def asked_twice(one: Chain, seconds: float = 0, facts: str = "a", again: str = "a") -> list[Any]:
    customer = replace(conversation().customer, id=uuid4())
    found = [one.analyze(customer, facts, Deadline(HANGS))]
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False):
        found.append(one.analyze(customer, again, Deadline(HANGS)))
    return found


def test_embedded_provider_answers_undegraded_if_no_service_is_configured() -> None:
    found = chain().draft(conversation("Where is it?"), None, fresh())
    assert found.provenance.source == "embedded" and not found.provenance.degraded


@pytest.mark.parametrize("failure", FAILURES, ids=str)
def test_embedded_provider_answers_and_names_the_failure_when_service_fails(failure: Any) -> None:
    stub = Stub(failures=[failure])
    found = chain(stub).draft(conversation("Where is it?"), "concise", fresh())
    assert stub.calls == ["draft"] and found.tone == "concise"
    assert found.provenance.source == "embedded" and found.provenance.degraded
    assert "stub service" in found.provenance.reasons[0] and "a customer's name" not in str(found)


def test_second_service_answers_when_the_first_fails() -> None:
    first, second = Stub(name="first", failures=[Failure.SERVER]), Stub(name="second")
    found = chain(first, second).plan(conversation("Where is it?"), fresh())
    assert found.warnings == ("Careful.",) and found.provenance.degraded and found.provenance.retry


def test_refused_draft_is_not_marked_for_retry() -> None:
    stub = Stub(failures=[Failure.REFUSED])
    assert not chain(stub).draft(conversation("Where is it?"), None, fresh()).provenance.retry


def test_service_is_not_called_if_the_caller_is_over_the_rate_limit() -> None:
    stub, asked = Stub(), []

    def refuse() -> bool:
        asked.append(1)
        return False

    found = chain(stub).draft(conversation("Where is it?"), None, replace(fresh(), allowed=refuse))
    assert stub.calls == [] and asked == [1] and found.provenance.degraded and found.provenance.retry
    assert found.provenance.reasons[0] == chains.TOO_MANY


def test_cached_answer_is_returned_without_call_or_rate_limit_check() -> None:
    stub, asking = Stub(), fresh()
    before = chain(stub).draft(conversation("Where is it?"), None, asking)
    after = chain(stub).draft(conversation("Where is it?"), None, replace(asking, allowed=lambda: False))
    assert before == after and len(stub.calls) == 1
    other = chain(stub).draft(conversation("Where is it?"), None, replace(asking, again=True))
    assert other != before and len(stub.calls) == 2


@pytest.mark.parametrize(
    ("seconds", "facts", "calls"), [(899, "a", 1), (901, "a", 2), (10, "b", 2)], ids=["fresh", "old", "other facts"]
)
def test_analysis_is_cached_for_15_minutes_while_its_facts_are_unchanged(seconds: int, facts: str, calls: int) -> None:
    stub = Stub()
    asked_twice(chain(stub), seconds, again=facts)
    assert len(stub.calls) == calls


@pytest.mark.parametrize(("hours", "source"), [(23, "stub"), (25, "embedded")])
def test_stale_analysis_is_used_for_a_day_when_service_fails(hours: int, source: str) -> None:
    stub = Stub(failures=[None, Failure.SERVER])
    found = asked_twice(chain(stub), hours * 3600)[1]
    assert found.provenance.source == source and found.provenance.degraded
    if source == "stub":
        assert found.provenance.reasons[-1] == "This is what the stub service said 23 hours ago."


def test_unknown_customer_is_looked_up_once_in_15_minutes() -> None:
    stub = Stub(failures=[Failure.NOT_FOUND, None])
    before, after = asked_twice(chain(stub), 60)
    assert len(stub.calls) == 1 and before.provenance.source == after.provenance.source == "embedded"
    assert after.provenance.degraded and after.churn_risk is None  # no orders, no figure


def test_analysis_at_hand_never_calls_a_service() -> None:
    stub, customer = Stub(), replace(conversation().customer, id=uuid4())
    one = chain(stub)
    found, wanted = one.analysis_at_hand(customer, "a")
    assert wanted and found.provenance.degraded and stub.calls == []
    one.analyze(customer, "a", Deadline(HANGS))
    found, wanted = one.analysis_at_hand(customer, "a")
    assert not wanted and found.churn_risk == 0.42 and not found.provenance.degraded
    found, wanted = one.analysis_at_hand(customer, "b")
    assert wanted and found.churn_risk == 0.42
    assert stub.calls == ["analyze"]


def test_identical_concurrent_requests_make_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting: list[int] = []
    wait_for = answer_cache.wait_for

    def counted(*args: Any) -> Any:
        waiting.append(1)
        return wait_for(*args)

    monkeypatch.setattr(answer_cache, "wait_for", counted)
    stub, asking, found = Stub(before=lambda what: eventually(lambda: len(waiting) == 7)), fresh(), []
    one = conversation("Where is it?")
    threads = [threading.Thread(target=lambda: found.append(chain(stub).draft(one, None, asking))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stub.calls) == 1 and len(found) == 8 and len(set(map(str, found))) == 1


def test_regeneration_does_not_release_the_lock_of_a_running_request() -> None:
    stub, asking = Stub(failures=[Failure.SERVER]), replace(fresh(), again=True)
    one = chain(stub)
    key = chains._key(one.links[stub.name], f"draft:{asking.key}")
    assert answer_cache.begin(key, Deadline(20)), "somebody else asks already"
    assert one.draft(conversation("Where is it?"), None, asking).provenance.degraded and stub.calls == ["draft"]
    assert not answer_cache.begin(key, Deadline(20)), "and still does"


def test_waiter_finds_answer_stored_between_two_cache_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    key, look = uuid4().hex, answer_cache.look
    looks: list[int] = []

    def late(*args: Any) -> Any:
        found = look(*args)
        if not looks:  # right after the first look
            answer_cache.store_answer(key, "there", answer_cache.TEXTS, "facts")
        looks.append(1)
        return found

    monkeypatch.setattr(answer_cache, "look", late)
    found = answer_cache.wait_for(key, answer_cache.TEXTS, "facts", Deadline(HANGS))
    assert found is not None and found.value == "there" and len(looks) == 2


def test_service_is_not_called_after_the_deadline() -> None:
    stub = Stub()
    found = chain(stub).draft(conversation("Where is it?"), None, Asking(Deadline(0), uuid4().hex))
    assert stub.calls == [] and found.provenance.degraded


def test_breaker_opens_after_five_timeouts_and_closes_after_successful_probe() -> None:
    stub = Stub(failures=[Failure.TIMEOUT] * 5)
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        for _ in range(9):
            assert chain(stub).draft(conversation("Where is it?"), None, fresh()).provenance.degraded
        assert len(stub.calls) == 5 and not chain(stub).may_answer(Capability.DRAFT)
        clock.shift(31)
        found = chain(stub).draft(conversation("Where is it?"), None, fresh())
        assert found.provenance.source == "stub" and len(stub.calls) == 6
        assert chain(stub).may_answer(Capability.DRAFT)


def test_connection_test_reaches_service_that_is_blocked_by_refused_key() -> None:
    stub = Stub(failures=[Failure.UNAUTHORIZED])
    chain(stub).draft(conversation("Where is it?"), None, fresh())
    link = chain(stub).links["stub"]
    with pytest.raises(ProviderError, match="refused the key"):
        link.ask(lambda provider, left: provider.probe(left), Deadline(1))
    assert link.try_out(Deadline(1)) == "It answers." and stub.calls == ["draft", "probe"]
    assert link.breaker.state().name(time.time()) == "closed"


@given(st.lists(st.sampled_from([None, *Failure, RuntimeError("x")]), max_size=12), st.data())
@hypothesis_settings(max_examples=60, deadline=None)
def test_every_answer_names_its_source_under_random_failures(failures: list[Any], data: Any) -> None:
    one = chain(Stub(name="first", failures=list(failures)), Stub(name="second", failures=list(reversed(failures))))
    for _ in range(len(failures)):
        what = data.draw(st.sampled_from(["draft", "plan", "summarize", "analyze"]))
        found: Any
        if what == "analyze":
            found = one.analyze(replace(conversation().customer, id=uuid4()), "a", Deadline(HANGS))
        elif what == "draft":
            found = one.draft(conversation("Where is it?"), None, fresh())
        else:
            found = getattr(one, what)(conversation("Where is it?"), fresh())
        told = found.provenance
        assert told.source in ("stub", "embedded") and (told.degraded or told.source == "stub")


def test_service_is_skipped_until_tomorrow_after_its_daily_tokens_are_spent() -> None:
    stub = Stub(name=f"stub-{uuid4().hex[:8]}", daily_tokens=100)
    one = Chain([stub], {"draft": [stub.name]}, EmbeddedProvider)
    one.links[stub.name].figures.spent(99)
    assert one.draft(conversation("Where is it?"), None, fresh()).provenance.source == "stub"
    one.links[stub.name].figures.spent(1)
    found = one.draft(conversation("Where is it?"), None, fresh())
    assert found.provenance.reasons[0] == "The stub service has used up its 100 tokens of today."
    assert not one.may_answer(Capability.DRAFT)
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert one.draft(conversation("Where is it?"), None, fresh()).provenance.source == "stub"


def test_urgent_request_is_never_used_as_probe() -> None:
    stub = Stub(failures=[Failure.TIMEOUT] * 5)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            chain(stub).draft(conversation("Where is it?"), None, fresh())
        clock.shift(31)
        urgent = replace(fresh(), within=Deadline(5, urgent=True))
        assert chain(stub).draft(conversation("Where is it?"), None, urgent).provenance.degraded
        assert len(stub.calls) == 5
        assert chain(stub).draft(conversation("Where is it?"), None, fresh()).provenance.source == "stub"
        urgent = replace(urgent, key=uuid4().hex)
        assert chain(stub).draft(conversation("Where is it?"), None, urgent).provenance.source == "stub"


def test_timeout_from_short_urgent_deadline_does_not_open_the_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: now[0]))
    stub = Stub(failures=[Failure.TIMEOUT] * 7, before=lambda what: now.append(now.pop() + 0.03))
    for _ in range(7):
        hasty = replace(fresh(), within=Deadline(0.02, urgent=True))
        assert chain(stub).draft(conversation("Where is it?"), None, hasty).provenance.degraded
    assert len(stub.calls) == 7 and chain(stub).may_answer(Capability.DRAFT)
    stub.before, stub.failures = lambda what: None, [Failure.TIMEOUT] * 5  # in its own time it does not answer, either
    for _ in range(5):
        chain(stub).draft(conversation("Where is it?"), None, replace(fresh(), within=Deadline(5, urgent=True)))
    assert not chain(stub).may_answer(Capability.DRAFT)
