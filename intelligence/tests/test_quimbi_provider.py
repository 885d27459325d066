"""The Quimbi provider against a service that answers as documented, and against one that answers as the server does."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from intelligence.planning import MOST, Key
from intelligence.providers.deadline import Deadline
from intelligence.providers.facts import Conversation
from intelligence.providers.failures import Failure, ProviderError
from intelligence.providers.quimbi.provider import QuimbiProvider
from intelligence.tests.conversations import conversation, order
from intelligence.tests.fake_ai import ACTIONS, ANALYZE, HOSTILE, MESSAGE, FakeAI, Step
from intelligence.tests.fake_ai.hostile import SHAPES
from intelligence.tests.fake_ai.people import Person
from intelligence.tests.fake_ai.quimbi import DIALECTS

ORDERS = (order(), order("50001", 40, status="delivered", fulfillment_status="delivered"))
ONE = conversation(
    "Where is order 44753? Write to oscar@example.com or to 12 Example Street.", orders=ORDERS, language="en"
)
WHO = str(ONE.customer.id)
Ask = Callable[[QuimbiProvider], Any]
ASKS: dict[str, Ask] = {
    ANALYZE: lambda provider: provider.analyze(ONE.customer, Deadline(5)),
    MESSAGE: lambda provider: provider.draft(ONE, None, Deadline(5)),
    ACTIONS: lambda provider: provider.plan(ONE, Deadline(5)),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAI]:
    with FakeAI() as one:
        yield one


@pytest.fixture(params=DIALECTS)
def fake(server: FakeAI, request: pytest.FixtureRequest) -> FakeAI:
    server.reset()
    server.set({"dialect": request.param})
    return server


@pytest.fixture
def provider(fake: FakeAI) -> QuimbiProvider:
    return QuimbiProvider(fake.url, "demo-key")


def failure_of(ask: Callable[[], Any]) -> ProviderError:
    with pytest.raises(ProviderError) as found:
        ask()
    return found.value


@pytest.mark.parametrize("path", ASKS)
def test_what_is_sent_is_taken_and_answered(fake: FakeAI, provider: QuimbiProvider, path: str) -> None:
    found = ASKS[path](provider)
    (call,) = fake.calls()
    assert (call.path, call.status, call.refused, call.key) == (path, 200, "", "right")
    assert call.body["customer_id"] == WHO
    assert (found.provenance.source, found.provenance.degraded, found.provenance.confidence) == ("quimbi", False, None)


def test_the_figures_of_a_customer(fake: FakeAI, provider: QuimbiProvider) -> None:
    fake.quimbi.people[WHO] = Person(score=0.55, current=1250.0, future=450.0)
    found = provider.analyze(ONE.customer)
    assert (found.churn_risk, found.churn_level, found.predicted_ltv_12mo) == (0.55, "high", 450.0)
    assert found.archetype and found.archetype.segments["purchase_value"] == "premium"
    assert found.revenue_at_risk is None and found.churn_percentile is None and found.churn_base_rate is None


@pytest.mark.parametrize("variant", ["business_metrics", "predicted_ltv_12mo", "aliases", "forecasted"])
def test_the_same_figures_under_other_names(fake: FakeAI, provider: QuimbiProvider, variant: str) -> None:
    fake.quimbi.people[WHO] = Person(score=0.55, future=450.0)
    fake.set({"variant": variant})
    found = provider.analyze(ONE.customer)
    assert (found.churn_risk, found.churn_level, found.predicted_ltv_12mo) == (0.55, "high", 450.0)


def test_a_null_score_is_no_low_risk_where_there_are_no_orders(fake: FakeAI, provider: QuimbiProvider) -> None:
    fake.quimbi.people[WHO] = Person(score=None, current=0, future=0, orders=0)
    found = provider.analyze(replace(ONE.customer, orders=(), total_orders=0))
    assert found.churn_risk is None and found.churn_level is None
    assert found.predicted_ltv_12mo is None and found.archetype is None


def test_nothing_personal_is_sent_to_analyze_or_to_try(fake: FakeAI, provider: QuimbiProvider) -> None:
    provider.analyze(ONE.customer)
    provider.probe()
    provider.plan(ONE)
    sent = json.dumps([call.body for call in fake.calls()])
    assert not any(word in sent for word in ("Oscar", "Miller", "example.com", "Street", "Barrowby"))
    assert [call.status for call in fake.calls()] == [200, 404, 200]


def test_a_draft_is_in_our_greeting_and_says_what_is_so(fake: FakeAI, provider: QuimbiProvider) -> None:
    found = provider.draft(ONE, "friendly")
    assert "it has left our warehouse" in found.content and "Theo Barrowby" in found.content
    assert fake.calls()[0].body["context"]["order_status"] == "shipped"
    assert fake.calls()[0].body["tone"] == found.tone == "friendly"


def test_a_plan_shows_no_cases_and_no_impact_that_nobody_measured(provider: QuimbiProvider) -> None:
    found = provider.plan(ONE)
    assert [action.key for action in found.actions] == [Key.SUGGESTED] * 3
    assert found.actions[1].action == "For you to decide: Offer a goodwill gesture"
    assert all(action.cost is action.retention_probability is None for action in found.actions)
    assert "CASE" not in str(found) and "780" not in str(found) and found.talking_points


@pytest.mark.parametrize(("key", "blocked"), [("", True), ("nearly", True), ("demo-key", False)])
def test_a_key_that_is_not_taken(fake: FakeAI, key: str, blocked: bool) -> None:
    provider = QuimbiProvider(fake.url, key)
    if not blocked:
        assert provider.probe()
        return
    error = failure_of(provider.probe)
    assert error.failure == Failure.UNAUTHORIZED and len(fake.calls()) == 1 and "nearly" not in error.sentence


def test_a_customer_that_it_does_not_know(fake: FakeAI, provider: QuimbiProvider) -> None:
    """As a server it drafts all the same; what it makes up is not shown."""
    fake.quimbi.unknown.add(WHO)
    assert failure_of(lambda: provider.analyze(ONE.customer)).failure == Failure.NOT_FOUND
    assert failure_of(lambda: provider.plan(ONE)).failure == Failure.NOT_FOUND
    if fake.quimbi.dialect == "server":
        assert "730" not in provider.draft(ONE).content
    else:
        assert failure_of(lambda: provider.draft(ONE)).failure == Failure.NOT_FOUND


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize(
    ("step", "failure", "calls"),
    [
        ("429", Failure.RATE_LIMITED, 1),
        (Step("429", kind="none"), Failure.RATE_LIMITED, 1),
        ("422", Failure.INVALID, 1),
        ("redirect", Failure.BAD_ANSWER, 1),
        ("not_json", Failure.BAD_ANSWER, 1),
        ("html", Failure.BAD_ANSWER, 1),
        ("empty", Failure.BAD_ANSWER, 1),
        ("truncated", Failure.BAD_ANSWER, 1),
        ("huge", Failure.BAD_ANSWER, 1),
    ],
)
def test_a_failure_is_named_and_not_repeated(
    fake: FakeAI, provider: QuimbiProvider, path: str, step: Step | str, failure: Failure, calls: int
) -> None:
    fake.script(path, step)
    error = failure_of(lambda: ASKS[path](provider))
    assert error.failure == failure and len(fake.calls(path)) == calls
    if error.failure == Failure.RATE_LIMITED:
        assert error.retry_after == (60 if step == "429" else None)


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize("do", ["500", "502", "503", "504", "reset_before", "reset_after", "close"])
def test_what_passes_by_itself_is_tried_again(fake: FakeAI, provider: QuimbiProvider, path: str, do: str) -> None:
    fake.script(path, do)
    assert ASKS[path](provider).provenance.source == "quimbi" and len(fake.calls(path)) == 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("path", ASKS)
def test_json_that_is_something_else_is_read_or_refused(
    fake: FakeAI, provider: QuimbiProvider, path: str, shape: str
) -> None:
    fake.script(path, Step("wrong_schema", times=None, kind=shape))
    try:
        found = ASKS[path](provider)
    except ProviderError as error:
        assert error.failure in (Failure.BAD_ANSWER, Failure.REFUSED)
        return
    # Of an answer that is right in part, the right part.
    assert shape in ("types", "numbers_as_words", "halved", "nan")
    if path == ANALYZE:
        assert found.archetype or found.churn_risk is not None or found.predicted_ltv_12mo is not None


# What agents may read of it, as what it is: a suggestion that is marked as one, or a line without its sting.
HARMLESS = {"control": "Thank you", "internal": "Note to agent"}


@pytest.mark.parametrize("kind", sorted(set(HOSTILE) - set(HARMLESS)))
def test_nothing_of_a_hostile_service_is_shown_unmarked(fake: FakeAI, provider: QuimbiProvider, kind: str) -> None:
    fake.script("*", Step("hostile", times=None, kind=kind))
    assert failure_of(lambda: provider.draft(ONE)).failure == Failure.REFUSED
    found = provider.analyze(ONE.customer)
    assert found.communication_guidance == () and found.archetype is None
    try:
        made = provider.plan(ONE)
    except ProviderError:
        return
    shown = [action for action in made.actions if action.key == Key.SUGGESTED]
    assert len(made.actions) <= MOST and all(one.action.startswith("For you to decide: ") for one in shown)
    own = json.dumps([made.warnings, made.talking_points, [one.reasoning for one in shown]])
    assert HOSTILE[kind][:30] not in own


def test_what_belongs_to_removed_sentences_is_not_said_to_be_used(fake: FakeAI, provider: QuimbiProvider) -> None:
    text = "Thank you for your message. We are looking into where order 44753 is. We refund you $50."
    fake.script(MESSAGE, Step("answer", patch={"message": text}), Step("answer", patch={"message": text[:-19]}))
    assert provider.draft(ONE).personalization_applied == ()
    assert provider.draft(ONE).personalization_applied != ()


def test_the_conversation_is_cut_to_its_last_messages(fake: FakeAI, provider: QuimbiProvider) -> None:
    long: Conversation = conversation(
        *(f"Where is order 44753? Number {word}" for word in "abcdefghijk"), orders=ORDERS
    )
    provider.draft(long)
    sent = fake.calls()[0].body["conversation_history"]
    assert [one["text"][-1] for one in sent] == list("defghijk") and all(one["from_customer"] is True for one in sent)
