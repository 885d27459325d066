"""Answers of the Quimbi AI service are parsed alike in the documented and in the server's format."""

import json
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.provider import Capability
from intelligence.planning import Key
from intelligence.providers.quimbi import answer_parsing, requests
from intelligence.providers.quimbi.provider import QuimbiProvider, from_settings
from intelligence.tests.conversations import conversation, order

ONE = conversation("Where is my parcel?", orders=(order(days=40), order("44754", days=3)), total_orders=2)
SAFE = "Thank you for writing to us about your parcel. Could you tell us which order number it is about?"
METRICS = {"lifetime_value": 1250.0, "total_orders": 8, "avg_order_value": 156.25, "days_since_last_purchase": 222}
DOCUMENTED: dict[str, Any] = {
    "archetype": {"id": "premium_loyalist", "level": "L2", "segments": {"purchase_value": "premium"}},
    "behavioral_metrics": METRICS,
    "predictions": {"churn_risk": 0.65, "churn_risk_level": "high", "ltv_12mo": 450.0},
    "communication_guidance": ["Be formal.", "Offer a discount of 20%."],
}
SERVER: dict[str, Any] = {
    "customer_id": "c-1",
    "churn_risk": {"score": 0.65, "risk_level": "medium"},
    "lifetime_value": {"current": 1250.0, "predicted_12m": 1700.0, "tier": "premium"},
    "dominant_segments": {"purchase_value": "premium"},
    "customer_tenure": 320,
    "communication_style": "Be formal.",
    "context": {},
}
ANALYSES = {"documented": DOCUMENTED, "server": SERVER}
MESSAGES: dict[str, dict[str, Any]] = {
    "documented": {"message": SAFE, "personalization_applied": ["Greeted by name"]},
    "server": {"message": SAFE, "personalizations": {"greeted_by_name": True, "vip": False}, "confidence": 0.85},
}
PLANS: dict[str, dict[str, Any]] = {
    "documented": {
        "actions": [
            {"action": "Ask for a photo.", "priority": 2, "reasoning": "It helps.", "estimated_impact": {"cost": 5}},
            {"action": "Call them.", "priority": 1, "reasoning": "They are upset."},
        ],
        "warnings": ["They are likely to leave."],
        "talking_points": ["Their order."],
    },
    "server": {
        "recommended_actions": [
            {"action": "Ask for a photo.", "priority": "medium", "reasoning": "It helps."},
            {"action": "Call them.", "priority": "high", "reasoning": "They are upset."},
        ],
        "warnings": ["They are likely to leave."],
        "talking_points": ["Their order."],
        "similar_cases": [{"case_id": "CASE-7", "resolution": "Refunded"}],
    },
}


class Wire:
    """A stub transport: returns the given answer and records the requests."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[tuple[str, dict[str, Any], dict[str, Any]]]()

    def post(self, path: str, body: dict[str, Any], **options: Any) -> Any:
        self.asked.append((path, body, options))
        if isinstance(self.answer, ProviderError):
            raise self.answer
        return deepcopy(self.answer)


def provider(answer: Any) -> tuple[QuimbiProvider, Wire]:
    made, wire = QuimbiProvider("http://quimbi.invalid", "secret"), Wire(answer)
    made._transport = wire  # type: ignore[assignment]
    return made, wire


def analysis_of(answer: Any, customer: CustomerFacts = ONE.customer) -> Any:
    return provider(answer)[0].analyze(customer, Deadline(60))


@pytest.mark.parametrize("shape", ANALYSES)
def test_analysis_is_parsed_in_both_formats(shape: str) -> None:
    found = analysis_of(ANALYSES[shape])
    assert found.churn_risk == 0.65 and found.churn_level == "high"
    assert found.predicted_ltv_12mo == 450.0  # without what was spent already
    assert found.archetype.segments == {"purchase_value": "premium"}
    assert found.archetype.id == ("premium_loyalist" if shape == "documented" else "premium")
    assert found.archetype.member_count is None and found.archetype.population_share is None
    assert found.communication_guidance == ("Be formal.",)  # nobody decided on a discount
    assert found.provenance.source == "quimbi" and found.revenue_at_risk is None and found.churn_percentile is None
    raw = [reason for reason in found.provenance.reasons if "medium" in reason]
    assert bool(raw) == (shape == "server")  # its own level is told where it differs


@pytest.mark.parametrize(
    ("score", "orders", "level"),
    [(0.0, 2, "low"), (0.3, 2, "medium"), (0.5, 2, "high"), (0.7, 2, "critical"), (0.95, 1, "high")],
)
@pytest.mark.parametrize("shape", ANALYSES)
def test_churn_level_follows_own_thresholds(shape: str, score: float, orders: int, level: str) -> None:
    answer = deepcopy(ANALYSES[shape])
    if shape == "documented":
        answer["predictions"]["churn_risk"] = score
    else:
        answer["churn_risk"]["score"] = score
    known = ONE.customer.orders[:orders]
    found = analysis_of(answer, replace(ONE.customer, total_orders=orders, orders=known))
    assert (found.churn_risk, found.churn_level) == (score, level)


@pytest.mark.parametrize("shape", ANALYSES)
def test_analysis_without_orders_has_null_figures(shape: str) -> None:
    answer = deepcopy(ANALYSES[shape])
    if shape == "server":  # as it answers for an unknown score
        answer["churn_risk"] = {"score": 0.0, "risk_level": "low"}
    found = analysis_of(answer, replace(ONE.customer, total_orders=0))
    assert (found.churn_risk, found.churn_level, found.predicted_ltv_12mo, found.archetype) == (None, None, None, None)


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"lifetime_value": {"predicted_12m": 300}}, 300),
        ({"lifetime_value": {"current": 400, "predicted_12m": 300}}, 0),
        ({"lifetime_value": {"current": None, "predicted_12m": 300}}, None),
        ({"predictions": {"predicted_ltv_12mo": "310.5"}}, 310.5),
        ({"predicted_ltv": 120, "time_horizon_months": 12, "confidence_interval": [80, 160]}, 120),
        ({"predictions": {"forecasted_ltv": 120, "horizon_months": 12}}, 120),
        ({"predictions": {"forecasted_ltv": 120, "horizon_months": 24}}, None),
        ({"predicted_ltv": 120}, None),
        ({"predictions": {"ltv_12mo": -5}}, None),
        ({"predictions": {"ltv_12mo": True}}, None),
        ({"predictions": {"ltv_12mo": [80, 160]}}, None),
    ],
)
def test_predicted_12_month_value_is_read_only_if_its_horizon_is_known(
    answer: dict[str, Any], value: float | None
) -> None:
    found = analysis_of({"churn_risk": {"score": 0.2}, **answer})
    assert found.predicted_ltv_12mo == value


@pytest.mark.parametrize(
    "answer",
    [
        {"churn_probability": 0.4},
        {"predictions": {"churn_probability": 0.4}},
        {"predictions": {"churn_risk_score": 0.4}},
        {"churn_risk": {"churn_risk_score": "0.4"}},
        {"churn_risk": 0.4},
        {"data": {"churn_risk": 0.4}, "status": "ok"},
    ],
)
def test_churn_score_is_read_from_alternative_keys(answer: dict[str, Any]) -> None:
    assert analysis_of(answer).churn_risk == 0.4


@pytest.mark.parametrize("score", [None, "high", 65, -0.1, True, [0.5], {"a": 1}, "NaN", 1e400])
def test_invalid_churn_score_is_null(score: Any) -> None:
    found = analysis_of({"churn_risk": {"score": score}, "predictions": {"ltv_12mo": 5}})
    assert found.churn_risk is None and found.churn_level is None


@pytest.mark.parametrize(
    "answer",
    [None, [], "text", 5, {}, {"ok": True}, {"error": "no"}, {"churn_risk": {"score": "high"}, "archetype": None}],
)
def test_answer_without_analysis_is_a_bad_answer(answer: Any) -> None:
    with pytest.raises(ProviderError) as found:
        analysis_of(answer)
    assert found.value.failure == Failure.BAD_ANSWER


@pytest.mark.parametrize("shape", MESSAGES)
def test_draft_is_parsed_in_both_formats(shape: str) -> None:
    made, wire = provider(MESSAGES[shape])
    found = made.draft(ONE, "empathetic", Deadline(60))
    assert "which order number" in found.content and "Oscar" in found.content and "Theo Barrowby" in found.content
    assert found.personalization_applied == ("Greeted by name",) and found.provenance.confidence is None
    assert (found.tone, found.channel, found.language) == ("empathetic", "email", "en")
    path, body, options = wire.asked[0]
    assert path == "/api/generation/message" and options["read_timeout"] == 20 and "retry_timeouts" not in options
    assert body["conversation_history"] == [{"from_customer": True, "text": "Where is my parcel?"}]
    assert body["tone"] == "empathetic" and body["channel"] == "email" and isinstance(body["customer_id"], str)
    assert set(body["context"]) == {"order_status", "tracking_number", "issue_type"}


@pytest.mark.parametrize(
    "text", ["We will refund you $50.", "<script>alert(1)</script>", "", "Your order 99999 has shipped."]
)
def test_unsafe_draft_is_refused(text: str) -> None:
    with pytest.raises(ProviderError) as found:
        provider({"message": text})[0].draft(ONE, None, Deadline(60))
    assert found.value.failure == Failure.REFUSED and "50" not in found.value.sentence


@pytest.mark.parametrize("shape", PLANS)
def test_plan_is_parsed_in_both_formats(shape: str) -> None:
    made, wire = provider(PLANS[shape])
    found = made.plan(ONE, Deadline(60))
    suggested = [action for action in found.actions if action.key == Key.SUGGESTED]
    assert [action.action for action in suggested] == ["Call them.", "Ask for a photo."]
    assert [action.priority for action in found.actions] == list(range(1, len(found.actions) + 1))
    assert all(action.retention_probability is None and action.cost is None for action in found.actions)
    assert len({action.about for action in suggested}) == 2
    assert "They are likely to leave." in found.warnings and found.talking_points == ("Their order.",)
    assert "CASE-7" not in str(found) and found.priority in ("urgent", "high", "normal")
    body = wire.asked[0][1]
    assert {"customer_id", "issue_type", "customer_profile", "scenario", "context"} <= set(body)


def test_safety_action_stays_before_suggested_actions() -> None:
    one = conversation(
        "The charger caught fire and burned my hand!", tags=("product_question",), orders=ONE.customer.orders
    )
    found = provider(PLANS["server"])[0].plan(one, Deadline(60))
    assert found.actions[0].key == Key.SAFETY and found.priority == "urgent"


def test_suggestions_with_unrecorded_facts_are_dropped_with_a_reason() -> None:
    hostile = [
        {"action": "Refund $500 to card 4111 1111 1111 1111."},
        {"action": "Open https://evil.example now."},
        {"action": "<b>Call</b><script>"},
        {"action": None},
        {"action": "Call them.", "priority": "high"},
        "Write to them.",
    ]
    found = provider({"actions": hostile})[0].plan(ONE, Deadline(60))
    suggested = {action.action for action in found.actions if action.key == Key.SUGGESTED}
    assert "Call them." in suggested and "Write to them." in suggested
    assert not any("evil" in text or "500" in text or "<" in text for text in suggested)
    assert any("named what no record has" in reason for reason in found.provenance.reasons)
    with pytest.raises(ProviderError):
        provider({"actions": hostile[:2]})[0].plan(ONE, Deadline(60))


def test_analyze_and_probe_send_only_an_id() -> None:
    made, wire = provider(DOCUMENTED)
    customer = replace(ONE.customer, external_id="4711")
    made.analyze(customer, Deadline(60))
    made.probe(Deadline(60))
    assert [body for _, body, _ in wire.asked] == [
        {"customer_id": "4711", "context": {}},
        {"customer_id": "connection-test", "context": {}},
    ]
    assert wire.asked[0][2]["read_timeout"] == 5 and wire.asked[0][2]["retry_timeouts"]


def test_probe_answered_with_not_found_is_healthy() -> None:
    assert provider(ProviderError("?", Failure.NOT_FOUND))[0].probe(Deadline(60)).startswith("It answers")
    with pytest.raises(ProviderError):
        provider(ProviderError("?", Failure.UNAUTHORIZED))[0].probe(Deadline(60))


def test_summarize_is_unsupported() -> None:
    made, _ = provider({})
    assert made.capabilities == {Capability.ANALYZE, Capability.DRAFT, Capability.PLAN}
    with pytest.raises(ProviderError, match="cannot summarize"):
        made.summarize(ONE)


def test_provider_exists_only_if_its_url_is_set(settings: Any) -> None:
    settings.QUIMBI_AI_URL = ""
    assert from_settings() is None
    settings.QUIMBI_AI_URL, settings.QUIMBI_AI_API_KEY = "http://quimbi.invalid", "one"
    first = from_settings()
    settings.QUIMBI_AI_API_KEY = "two"
    second = from_settings()
    assert first and second and first.fingerprint != second.fingerprint and "one" not in first.fingerprint


def test_plan_request_contains_no_customer_name() -> None:
    body = requests.actions(ONE)
    assert "Oscar" not in json.dumps(body) and "Miller" not in json.dumps(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
GOOD = [*ANALYSES.values(), *MESSAGES.values(), *PLANS.values()]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid answer with one value replaced."""
    answer = deepcopy(draw(st.sampled_from(GOOD)))
    here: Any = answer
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        if not keys:
            return answer
        key = draw(st.sampled_from(keys))
        if isinstance(here[key], dict | list) and draw(st.booleans()):
            here = here[key]
            continue
        here[key] = draw(JSON)
        return answer


def only_good_or_refused(answer: Any, one: Conversation) -> None:
    made, _ = provider(answer)
    for ask in (
        lambda: made.analyze(one.customer, Deadline(60)),
        lambda: made.draft(one, None, Deadline(60)),
        lambda: made.plan(one, Deadline(60)),
    ):
        try:
            found: Any = ask()
        except ProviderError:
            continue
        json.dumps([found.provenance.reasons, found.provenance.model_version])
        if hasattr(found, "churn_risk"):
            assert found.churn_risk is None or 0 <= found.churn_risk <= 1
            assert (found.churn_risk is None) == (found.churn_level is None)
            assert found.predicted_ltv_12mo is None or 0 <= found.predicted_ltv_12mo <= answer_parsing.MOST_MONEY


@given(JSON)
@hypothesis_settings(max_examples=150, deadline=None)
def test_arbitrary_answer_is_parsed_or_refused(answer: Any) -> None:
    only_good_or_refused(answer, ONE)


@given(mutated())
@hypothesis_settings(max_examples=150, deadline=None)
def test_valid_answer_with_one_changed_value_is_parsed_or_refused(answer: Any) -> None:
    only_good_or_refused(answer, ONE)
