"""The Quimbi provider over HTTP against a service that answers as documented or as the real server does."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

import pytest

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation
from intelligence.contract.failures import Failure, ProviderError
from intelligence.planning import MOST, Key
from intelligence.providers.quimbi.provider import QuimbiProvider
from intelligence.tests.conversations import conversation, order
from intelligence.tests.fake_ai import KEY, FakeAI
from intelligence.tests.fake_ai.quimbi import ACTIONS, ANALYZE, MESSAGE, Dialect, QuimbiService
from intelligence.tests.fake_ai.texts import HOSTILE
from intelligence.tests.hostile_replies import ENGLISH

ORDERS = (order(), order("50001", 40, status="delivered", fulfillment_status="delivered"))
ONE = conversation(
    "Where is order 44753? Write to oscar@example.com or to 12 Example Street.", orders=ORDERS, language="en"
)
WHO = str(ONE.customer.id)
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)
Step = dict[str, Any]
Ask = Callable[[QuimbiProvider], Any]
ASKS: dict[str, Ask] = {
    ANALYZE: lambda provider: provider.analyze(ONE.customer, Deadline(60)),
    MESSAGE: lambda provider: provider.draft(ONE, None, Deadline(60)),
    ACTIONS: lambda provider: provider.plan(ONE, Deadline(60)),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeAI]:
    with FakeAI() as one:
        yield one


@pytest.fixture(params=DIALECTS)
def fake(server: FakeAI, request: pytest.FixtureRequest) -> FakeAI:
    server.reset()
    server.quimbi = QuimbiService(request.param)
    return server


@pytest.fixture
def provider(fake: FakeAI) -> QuimbiProvider:
    return QuimbiProvider(fake.url, KEY)


def failure_of(ask: Callable[[], Any]) -> ProviderError:
    with pytest.raises(ProviderError) as found:
        ask()
    return found.value


@pytest.mark.parametrize("path", ASKS)
def test_each_request_is_accepted_and_answered(fake: FakeAI, provider: QuimbiProvider, path: str) -> None:
    found = ASKS[path](provider)
    (call,) = fake.calls
    assert (call.path, call.status, call.key) == (path, 200, True) and call.body["customer_id"] == WHO
    assert (found.provenance.source, found.provenance.degraded, found.provenance.confidence) == ("quimbi", False, None)


@pytest.mark.parametrize("number", range(5))
def test_both_dialects_give_the_same_analysis(server: FakeAI, number: int) -> None:
    customer, found = replace(ONE.customer, id=UUID(int=number)), []
    for dialect, older in ((DIALECTS[0], False), (DIALECTS[0], True), (DIALECTS[1], False)):
        server.quimbi = QuimbiService(dialect, business_metrics=older)
        one = QuimbiProvider(server.url, KEY).analyze(customer)
        found.append((one.churn_risk, one.churn_level, round(one.predicted_ltv_12mo or 0, 2), one.revenue_at_risk))
        assert one.archetype and one.archetype.segments["purchase_frequency"] == "regular"
        assert one.archetype.member_count is one.churn_percentile is one.churn_base_rate is None
    assert found[0] == found[1] == found[2] and found[0][2] > 0


def test_null_score_without_orders_is_not_read_as_low_risk(fake: FakeAI, provider: QuimbiProvider) -> None:
    fake.quimbi.unscored.add(WHO)
    found = provider.analyze(replace(ONE.customer, orders=(), total_orders=0))
    assert found.churn_risk is None and found.churn_level is None
    assert found.predicted_ltv_12mo is None and found.archetype is None


def test_no_personal_data_is_sent_for_analyze_probe_or_plan(fake: FakeAI, provider: QuimbiProvider) -> None:
    provider.analyze(ONE.customer)
    provider.probe()
    provider.plan(ONE)
    sent = json.dumps([call.body for call in fake.calls])
    assert not any(word in sent for word in ("Oscar", "Miller", "example.com", "Street", "Barrowby"))
    statuses = [call.status for call in fake.calls]
    assert statuses in (
        [200, 404, 200, 200],
        [200, 404, 422, 200],
    )  # documents and server differ on ids that are numbers


def test_draft_gets_own_greeting_and_signature(fake: FakeAI, provider: QuimbiProvider) -> None:
    found = provider.draft(ONE, "friendly")
    assert "We are looking into it." in found.content and "Theo Barrowby" in found.content
    assert fake.calls[0].body["context"]["order_status"] == "shipped"
    assert fake.calls[0].body["tone"] == found.tone == "friendly"


def test_plan_shows_no_similar_cases_and_no_unmeasured_impact(provider: QuimbiProvider) -> None:
    found = provider.plan(ONE)
    assert [action.key for action in found.actions] == [Key.SUGGESTED] * 3
    assert all(action.cost is action.retention_probability is None for action in found.actions)
    assert "case_001" not in str(found) and "4.8" not in str(found)


@pytest.mark.parametrize("key", ["", "nearly"])
def test_rejected_key_raises_unauthorized_without_retry(fake: FakeAI, key: str) -> None:
    error = failure_of(QuimbiProvider(fake.url, key).probe)
    assert error.failure == Failure.UNAUTHORIZED and len(fake.calls) == 1 and "nearly" not in error.sentence


def test_unknown_customer_raises_not_found(fake: FakeAI, provider: QuimbiProvider) -> None:
    """The server dialect still drafts for an unknown customer; the provider hides the invented figures."""
    fake.quimbi.unknown.add(WHO)
    assert failure_of(lambda: provider.analyze(ONE.customer)).failure == Failure.NOT_FOUND
    assert failure_of(lambda: provider.plan(ONE)).failure == Failure.NOT_FOUND
    if fake.quimbi.dialect == "server":
        assert "0.00" not in provider.draft(ONE).content and "0 days" not in provider.draft(ONE).content
    else:
        assert failure_of(lambda: provider.draft(ONE)).failure == Failure.NOT_FOUND


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize(
    ("step", "failure", "wait"),
    [
        ({"retry_after": "17"}, Failure.RATE_LIMITED, 17.0),
        ({"status": 429, "headers": {"Retry-After": "soon"}}, Failure.RATE_LIMITED, None),
        ({"status": 422}, Failure.INVALID, None),
        ({"redirect": "http://elsewhere.invalid/"}, Failure.BAD_ANSWER, None),
        ({"body": '{"message": "half'}, Failure.BAD_ANSWER, None),
        ({"text": "<html>Bad gateway</html>"}, Failure.BAD_ANSWER, None),
        ({"empty": True}, Failure.BAD_ANSWER, None),
        ({"truncate": True}, Failure.BAD_ANSWER, None),
        ({"large": 2_000_000}, Failure.BAD_ANSWER, None),
    ],
)
def test_permanent_failure_is_classified_and_not_retried(
    fake: FakeAI, provider: QuimbiProvider, path: str, step: Step, failure: Failure, wait: float | None
) -> None:
    fake.script(path, step)
    error = failure_of(lambda: ASKS[path](provider))
    assert (error.failure, error.retry_after, len(fake.calls)) == (failure, wait, 1)


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize("step", [*({"status": one} for one in (500, 502, 503, 504)), {"reset": "before"}])
def test_transient_failure_is_retried(fake: FakeAI, provider: QuimbiProvider, path: str, step: Step) -> None:
    fake.script(path, step)
    assert ASKS[path](provider).provenance.source == "quimbi" and len(fake.calls) == 2


@pytest.mark.parametrize("path", ASKS)
@pytest.mark.parametrize("data", [None, [], "all is well", 42, True, {}, {"status": "ok", "data": {}}, [[[[[[]]]]]]])
def test_json_of_unexpected_shape_is_a_bad_answer(fake: FakeAI, provider: QuimbiProvider, path: str, data: Any) -> None:
    fake.script(path, {"json": data})
    assert failure_of(lambda: ASKS[path](provider)).failure == Failure.BAD_ANSWER


def test_analysis_without_usable_figures_is_a_bad_answer(fake: FakeAI, provider: QuimbiProvider) -> None:
    fake.script(ANALYZE, {"json": {"churn_risk": {"score": "plenty"}, "communication_style": "Be factual."}})
    assert failure_of(lambda: provider.analyze(ONE.customer)).failure == Failure.BAD_ANSWER


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"control"}))
def test_hostile_service_text_is_never_shown(fake: FakeAI, provider: QuimbiProvider, name: str) -> None:
    fake.script("*", {"hostile": name}, times=None)
    assert failure_of(lambda: provider.draft(ONE)).failure == Failure.REFUSED
    said = json.dumps([provider.analyze(ONE.customer).communication_guidance, lines_of(provider)])
    assert not any(word in said.lower() for word in ("987654", "jane", "<", "{", "nachricht", "instructions"))


@pytest.mark.parametrize("place", range(0, len(ENGLISH), 15))
def test_hostile_lines_in_a_plan_are_removed(server: FakeAI, place: int) -> None:
    server.reset()
    server.quimbi = QuimbiService("documented")
    provider, texts = QuimbiProvider(server.url, KEY), list(ENGLISH[place : place + 15])
    good = {"action": "Call them.", "priority": 1, "reasoning": "They wait."}
    asked = [good, *({"action": one, "priority": 2, "reasoning": one} for one in texts[:4])]
    server.script(ACTIONS, {"json": {"actions": asked, "warnings": texts, "talking_points": texts}}, times=None)
    made = provider.plan(ONE)
    shown = [action for action in made.actions if action.key == Key.SUGGESTED]
    assert shown[0].action == "Call them." and len(made.actions) <= MOST
    promised = ("refund", "voucher", "replacement", "compensation", "discount", "liable", "http", "evil", "{", "<")
    for text in (*made.warnings, *made.talking_points, *(one.reasoning for one in shown)):
        assert not any(word in text.lower() for word in promised), text
    for one in shown:
        assert one.action.startswith("For you to decide: ") or "refund" not in one.action.lower()


def test_action_that_costs_money_is_worded_as_a_decision(fake: FakeAI, provider: QuimbiProvider) -> None:
    fake.script(ACTIONS, {"json": {"actions": ["Offer a goodwill voucher", "Refund the order", "Ask for a photo"]}})
    assert [one.action for one in provider.plan(ONE).actions] == [
        "For you to decide: Offer a goodwill voucher",
        "For you to decide: Refund the order",
        "Ask for a photo",
    ]


def test_personalization_of_removed_sentences_is_not_listed(fake: FakeAI, provider: QuimbiProvider) -> None:
    text, more = "Thank you for your message. We are looking into where order 44753 is.", " We refund you $50."
    used = {"personalizations": {"order_history": True}}
    fake.script(MESSAGE, {"json": {"message": text + more, **used}}, {"json": {"message": text, **used}})
    assert provider.draft(ONE).personalization_applied == ()
    assert provider.draft(ONE).personalization_applied == ("Order history",)


def test_only_the_last_eight_messages_are_sent(fake: FakeAI, provider: QuimbiProvider) -> None:
    long: Conversation = conversation(*(f"Where is order 44753? Or {word}" for word in "abcdefghijk"), orders=ORDERS)
    provider.draft(long)
    sent = fake.calls[0].body["conversation_history"]
    assert [one["text"][-1] for one in sent] == list("defghijk") and all(one["from_customer"] is True for one in sent)


def lines_of(provider: QuimbiProvider) -> list[str]:
    """Lines that a plan shows to agents, except actions marked as a decision."""
    try:
        made = provider.plan(ONE)
    except ProviderError:
        return []
    shown = [one for one in made.actions if one.key == Key.SUGGESTED]
    actions = [one.action for one in shown if not one.action.startswith("For you to decide: ")]
    return [*actions, *(one.reasoning for one in shown), *made.warnings]


HOSTILE_NAMES = (
    "Refund approved", "refund-approved", "free_replacement", "offer_free_shipping", "www.evil.example", "evil.example/login",
    "close this ticket now",
    "idiot", "send_password", "Issue a full refund at once", "approve 500 USD to them", "system prompt", "a" * 41,
)  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE_NAMES)
def test_sentence_in_place_of_a_name_is_dropped(fake: FakeAI, provider: QuimbiProvider, text: str) -> None:
    answer = {
        "archetype": {"id": text, "segments": {"value": text, text: "premium", "price_sensitivity": "discount_seeker"}},
        "predictions": {"churn_risk": 0.4, "churn_risk_level": text},
        "model_version": text,
    }  # fmt: skip
    fake.script(ANALYZE, {"json": answer})
    found = provider.analyze(ONE.customer, Deadline(60))
    assert found.churn_risk == 0.4 and text not in repr(found) and found.provenance.model_version == "quimbi"
    assert found.archetype is None or found.archetype.segments == {"price_sensitivity": "discount_seeker"}


@pytest.mark.parametrize("name", ["premium_loyalist", "Mid-Value Regular", "arch_001", "discount_lover", "VIP"])
def test_archetype_and_model_names_are_kept(fake: FakeAI, provider: QuimbiProvider, name: str) -> None:
    answer = {"archetype": {"id": name}, "churn_risk": 0.4, "model_version": "gpt-4o-mini-2024-07-18"}
    fake.script(ANALYZE, {"json": answer})
    found = provider.analyze(ONE.customer, Deadline(60))
    assert found.archetype is not None and found.archetype.id == name
    assert found.provenance.model_version == "gpt-4o-mini-2024-07-18"


def test_invisible_characters_do_not_hide_personal_data(fake: FakeAI, provider: QuimbiProvider) -> None:
    said = "It is os\u200bcar@exa\u200bmple.com, oscar\uff20example.com, 4111\u200b1111\u200b1111\u200b1111, 202-5\u200b55-0143."
    provider.draft(conversation(said, orders=ORDERS, language="en"), None, Deadline(60))
    sent = fake.calls[0].body["conversation_history"][0]["text"]
    assert not set(sent) & set("0123456789@") and sent.count("[EMAIL-") == 2


def test_probe_distinguishes_wrong_address_from_unknown_customer(fake: FakeAI) -> None:
    wrong = QuimbiProvider(f"{fake.url}/not-there", KEY).probe(Deadline(60))
    assert wrong == "It answers 404 to all that is asked, as a wrong address would: check QUIMBI_AI_URL."
    right = QuimbiProvider(fake.url, KEY).probe(Deadline(60))
    assert right == "It answers, takes the key, and as it should knows no customer of that name."
