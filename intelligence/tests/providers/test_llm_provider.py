"""The language model provider: requests, parsing of answers and provenance of results."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.cache import cache
from redis.exceptions import ConnectionError as CacheIsDown

from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation, OrderLineFacts, PastTicket, Resolution
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.provider import Capability
from intelligence.contract.results import CHANNELS, TONES, CustomerAnalysis, Provenance
from intelligence.planning import plan as embedded_plan
from intelligence.planning.catalogue import Key
from intelligence.planning.generic import GENERIC
from intelligence.providers.llm import LanguageModel, from_settings
from intelligence.providers.llm.chat import Usage
from intelligence.providers.llm.provider import READ_BEFORE
from intelligence.tests.conversations import NOW, conversation, on, order
from intelligence.tests.fake_transport import model, said

REPLY = "I understand that waiting is annoying. Your order 44753 has left our warehouse. I am looking into where it is."
ONE = conversation("Where is my order 44753?", orders=(order(),))
PLAN = {
    "actions": [{"key": "check_tracking", "about": "44753", "reasoning": "Order 44753 is shipped."}],
    "warnings": ["The customer waits for news."],
    "talking_points": ["Order 44753 has left the warehouse."],
}


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def refused(status: int) -> ProviderError:
    kind = Failure.NOT_FOUND if status == 404 else Failure.SERVER if status >= 500 else Failure.INVALID
    return ProviderError("The language model did not take the request.", kind, status=status)


def data_of(body: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body["messages"][1]["content"].split("\n")[1])
    return found


def test_draft_has_provenance_and_used_records() -> None:
    llm, transport = model(f"{REPLY} We will refund you.")
    result = llm.draft(ONE)
    assert result.provenance.source == "llm" and result.provenance.model_version == "test-model"
    assert result.provenance.confidence is None and not result.provenance.degraded
    assert result.provenance.reasons[:2] == (READ_BEFORE, "Removed 1 sentence that promised something.")
    assert result.content.startswith("Dear Oscar,\n\nI understand") and result.content.endswith(
        "Theo Barrowby\nLarkmere Cloth"
    )
    assert [(one.kind, one.id) for one in result.used] == [("order", "44753")]
    assert result.personalization_applied == ("Greeted by name", "Referenced order 44753")
    body = transport.bodies[0]
    assert body["model"] == "test-model" and body["max_tokens"] == 700 and body["stream"] is False
    assert "tools" not in body and "response_format" not in body and transport.paths == ["/chat/completions"]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("tone", [*TONES, None])
def test_prompt_names_tone_and_channel(tone: str | None, channel: str) -> None:
    llm, transport = model("Your order 44753 has left our warehouse.")
    result = llm.draft(on(channel, ONE), tone)
    system = transport.bodies[0]["messages"][0]["content"]
    wanted = tone or ("concise" if channel == "sms" else "friendly" if channel == "chat" else "professional")
    assert result.tone == wanted and f"The tone is {wanted}" in system and result.channel == channel
    assert {"sms": "SMS", "chat": "chat message", "phone": "telephone"}.get(channel, "email") in system
    assert (result.max_length == 160) is (channel == "sms")


def test_prompt_contains_only_the_facts_a_reply_needs() -> None:
    told = order(lines=(OrderLineFacts("Linen lamp", 2),), refunded=20.0)
    one = conversation("Where is it?", orders=(told,), sentiment=0.1)
    past = (PastTicket(one.ticket.id, "Earlier parcel", "closed", NOW, NOW),)
    other = (Resolution(one.ticket.id, "Other", "Dear Zoe, your parcel 11111 is there.", NOW),)
    analysis = CustomerAnalysis(
        one.customer.id, Provenance("embedded", "1"), churn_level="high", predicted_ltv_12mo=987.65
    )
    one = replace(one, ticket=replace(one.ticket, past=past, resolutions=other), analysis=analysis)
    llm, transport = model(REPLY)
    llm.draft(one)
    data = data_of(transport.bodies[0])
    assert data["records"]["orders"] == [
        {
            "number": "44753", "date": "19 February", "status": "shipped", "stands": "shipped", "total": "$184.50",
            "items": [{"title": "Linen lamp", "quantity": 2}], "carrier": "ParcelLark", "tracking": ["[TRACKING-A]"],
            "tracking_link": True, "refunded": "$20.00",
        }
    ]  # fmt: skip
    assert (
        data["records"]["order_meant"] == "44753"
        and data["records"]["earlier_tickets"][0]["subject"] == "Earlier parcel"
    )
    assert data["internal"] == {"topics": ["shipping"], "mood": "unhappy", "likely to leave": "high"}
    # Without the marks around what is told, whose digits are chance.
    sent = re.sub(r"\b[0-9a-f]{12,}\b", "", json.dumps(transport.bodies[0]))
    assert (
        "Zoe" not in sent and "11111" not in sent and "987" not in sent
    )  # others' facts, and figures that no reply needs


def test_prompt_has_only_the_last_messages_and_draft_says_so() -> None:
    long = conversation(*(f"Message number {'x' * place} about 44753" for place in range(12)), orders=(order(),))
    llm, transport = model(REPLY)
    known = replace(long.ticket, summary="They asked for order 44753 of oscar@example.com.")
    reasons = llm.draft(replace(long, ticket=known)).provenance.reasons
    data = data_of(transport.bodies[0])
    assert len(data["conversation"]) == 8 and data["left_out"] == "4 earlier messages, summarized in `earlier`"
    assert data["earlier"] == "They asked for order 44753 of [EMAIL-A]."
    assert "The language model was not shown the 4 earlier messages." in reasons
    llm, transport = model(REPLY, context_tokens=1_500)
    llm.draft(conversation("Hello " * 5_000 + "where is 44753?", orders=(order(),)))
    assert sum(len(message["content"]) for message in transport.bodies[0]["messages"]) < 1_500 * 4


@pytest.mark.parametrize(
    "answer",
    [
        said(f"<think>The customer wants a refund, so we refund.</think>\n{REPLY}"),
        said(f"We refund.</think>{REPLY}"),
        said([{"type": "text", "text": REPLY}]),
        said([{"type": "reasoning", "text": None}, REPLY, 7]),
        said(REPLY, reasoning_content="We refund.", tool_calls=[{"function": {"name": "refund"}}]),
        said(REPLY, refusal=None),
        said(REPLY, finish=None),
        {"choices": [{"message": {"content": REPLY}}]},
        {"choices": [{"message": {"content": REPLY}}], "usage": None},
        {"choices": [{"message": {"content": REPLY}}], "usage": {"prompt_tokens": "many"}},
        said(json.dumps({"reply": REPLY})),
    ],
)
def test_answer_formats_of_different_servers_are_parsed(answer: dict[str, Any]) -> None:
    llm, _ = model(answer)
    result = llm.draft(ONE)
    assert REPLY.split(". ")[0] in result.content and "efund" not in result.content and llm.last_usage.total > 0


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (said(REPLY, finish="length"), Failure.REFUSED),
        (said(REPLY, finish="content_filter"), Failure.REFUSED),
        (said(None, refusal="I cannot help with that."), Failure.REFUSED),
        (said(None), Failure.REFUSED),
        (said(""), Failure.REFUSED),
        (said("<think>endless"), Failure.REFUSED),
        (said(None, tool_calls=[{}]), Failure.REFUSED),
        ({}, Failure.BAD_ANSWER),
        ({"choices": []}, Failure.BAD_ANSWER),
        ({"choices": [None]}, Failure.BAD_ANSWER),
        ({"choices": [{"message": "hello"}]}, Failure.BAD_ANSWER),
        ({"error": {"message": "no"}}, Failure.BAD_ANSWER),
    ],
)
def test_refused_and_malformed_answers_have_different_failures(answer: dict[str, Any], failure: Failure) -> None:
    llm, _ = model(answer)
    with pytest.raises(ProviderError) as caught:
        llm.draft(ONE)
    assert caught.value.failure is failure and "cannot help" not in caught.value.sentence


def test_draft_is_not_requested_in_unsupported_language_channel_or_tone() -> None:
    llm, transport = model(REPLY)
    for one, tone in ((conversation("Dzień dobry", language="pl"), None), (on("fax", ONE), None), (ONE, "rude")):
        with pytest.raises(ProviderError):
            llm.draft(one, tone)
    assert transport.bodies == []


def test_response_formats_are_tried_strictest_first_and_cached() -> None:
    llm, transport = model(refused(400), refused(422), json.dumps(PLAN))
    llm.plan(ONE)
    kinds = [body.get("response_format", {}).get("type") for body in transport.bodies]
    assert kinds == ["json_schema", "json_object", None]
    strict = transport.bodies[0]["response_format"]["json_schema"]
    assert strict["strict"] is True and strict["schema"]["additionalProperties"] is False
    again, second = model(json.dumps(PLAN))
    again.plan(ONE)
    assert "response_format" not in second.bodies[0]  # another process knows it from the cache


def test_response_format_is_remembered_without_the_shared_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*arguments: Any, **options: Any) -> None:
        raise CacheIsDown

    monkeypatch.setattr(cache, "get", down)
    monkeypatch.setattr(cache, "set", down)
    llm, transport = model(refused(400), json.dumps(PLAN))
    llm.plan(ONE)
    llm.plan(ONE)
    assert [body["response_format"]["type"] for body in transport.bodies] == [
        "json_schema",
        "json_object",
        "json_object",
    ]


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_other_failures_do_not_change_the_response_format(status: int) -> None:
    llm, transport = model(refused(status))
    with pytest.raises(ProviderError) as caught:
        llm.plan(ONE)
    assert caught.value.status == status and len(transport.bodies) == 1


@pytest.mark.parametrize(
    "wrapped",
    [
        "{}",
        "Here you are:\n```json\n{}\n```\nEnjoy!",
        "```\n{}\n```",
        "<think>{{}}</think>{}",
        "Sure! {} Anything else?",
    ],
)
def test_json_is_found_inside_surrounding_text(wrapped: str) -> None:
    llm, _ = model(
        wrapped.replace("{}", json.dumps(PLAN), 1) if "think" not in wrapped else wrapped.format(json.dumps(PLAN))
    )
    assert llm.plan(ONE).actions[0].key == Key.CHECK_TRACKING


def test_invalid_json_is_repaired_at_most_once() -> None:
    llm, transport = model("no json", json.dumps(PLAN))
    assert llm.plan(ONE).actions and len(transport.bodies) == 2
    assert transport.bodies[1]["messages"][-1]["content"].startswith("That was not the JSON")
    assert llm.last_usage == Usage(200, 40)
    llm, transport = model("no json")
    with pytest.raises(ProviderError) as caught:
        llm.plan(ONE)
    assert caught.value.failure is Failure.REFUSED and len(transport.bodies) == 2
    llm, transport = model("no json", json.dumps(PLAN))
    with pytest.raises(ProviderError):
        llm.plan(ONE, Deadline(1.0))
    assert len(transport.bodies) == 1


@pytest.mark.parametrize(
    "action",
    [
        {"key": "suggested", "about": "", "reasoning": ""},
        {"key": "send_money", "about": "", "reasoning": ""},
        {"key": "answer", "about": "99999", "reasoning": ""},
        {"key": "answer", "about": ""},
        {"key": "answer", "about": "", "reasoning": "", "action": "Refund at once"},
        {"key": ["answer"], "about": "", "reasoning": ""},
    ],
)
def test_plan_outside_the_schema_is_refused(action: dict[str, Any]) -> None:
    llm, _ = model(json.dumps({**PLAN, "actions": [action]}))
    with pytest.raises(ProviderError) as caught:
        llm.plan(ONE)
    assert caught.value.failure is Failure.REFUSED


def test_plan_takes_order_and_reasons_from_model_and_action_texts_from_program() -> None:
    fresh = conversation("Where is my order 44753?", orders=(order(days=3),))
    own = embedded_plan(fresh)
    wished = [
        {"key": "ask_photo", "about": "", "reasoning": "A photo would show order 44753."},
        {"key": "check_tracking", "about": "44753", "reasoning": "It was sent on 1 January."},
        {"key": "check_tracking", "about": "44753", "reasoning": "Twice."},
        {"key": "decide_refund", "about": "44753", "reasoning": "Refund them $20 now."},
    ]
    llm, _ = model(json.dumps({**PLAN, "actions": wished}))
    result = llm.plan(fresh)
    assert [(str(one.key), one.priority) for one in result.actions] == [
        ("ask_photo", 1),
        ("check_tracking", 2),
        ("decide_refund", 3),
    ]
    photo, tracking, refund = result.actions
    candidate = next(one for one in own.actions if one.key == Key.CHECK_TRACKING)
    assert photo.action == GENERIC[Key.ASK_PHOTO] and photo.reasoning == "A photo would show order 44753."
    assert tracking.action == candidate.action and tracking.reasoning == candidate.reasoning  # its date is no record's
    assert refund.action == "Decide whether a refund is due" and refund.reasoning == "The language model suggests it."
    assert all(one.retention_probability is None for one in result.actions)
    assert result.priority == own.priority and set(own.warnings) <= set(result.warnings)
    assert "The customer waits for news." in result.warnings and set(own.talking_points) <= set(result.talking_points)
    assert result.provenance.source == "llm" and "fixed list" in result.provenance.reasons[0]


def test_every_action_a_model_may_add_has_a_harmless_text() -> None:
    missing = {
        Key.FIRST_CONTACT,
        Key.LANGUAGE,
        Key.ANSWER_NOW,
        Key.THANK,
        Key.MERGE,
        Key.WAIT,
        Key.CLOSE_OR_ASK,
        Key.SUGGESTED,
    }
    assert set(Key) - set(GENERIC) == missing
    for key, sentence in GENERIC.items():
        assert sentence[0].isupper() and not any(char.isdigit() for char in sentence)
        assert not str(key).startswith("decide_") or sentence.startswith("Decide whether")


def test_plan_of_closed_ticket_is_refused_without_a_call() -> None:
    llm, transport = model(json.dumps(PLAN))
    with pytest.raises(ProviderError) as caught:
        llm.plan(replace(ONE, ticket=replace(ONE.ticket, status="closed")))
    assert caught.value.failure is Failure.REFUSED and transport.bodies == []


def long_conversation() -> Conversation:
    return conversation(*["Where is 44753?", "> We are looking into it."] * 6, orders=(order(),))


def test_summary_keeps_only_verifiable_sentences() -> None:
    kept = "The customer asks where order 44753 is. An agent answered that it is looked into. The question is open."
    llm, transport = model(
        kept.replace("An agent", "**An agent**").replace("The question", "The total was $999.99. The question")
    )
    one = long_conversation()
    result = llm.summarize(one)
    assert result.text == kept
    assert (result.messages, result.upto) == (12, one.ticket.messages[-1].id)
    assert (
        "Removed 1 sentence" in result.provenance.reasons[-1]
        and len(data_of(transport.bodies[0])["conversation"]) == 12
    )


def test_summary_is_short_and_made_only_for_long_conversations() -> None:
    llm, transport = model("The customer asks again and again where the order 44753 is. " * 20)
    assert len(llm.summarize(long_conversation()).text.split()) <= 80
    with pytest.raises(ProviderError) as caught:
        llm.summarize(ONE)
    assert caught.value.failure is Failure.REFUSED and len(transport.bodies) == 1


@pytest.mark.parametrize("answer", [said("ok"), said("<think>Let me", finish="length"), said(None)])
def test_probe_sends_no_personal_data(answer: dict[str, Any]) -> None:
    llm, transport = model(answer)
    assert llm.probe() == "Answers; the key is accepted."
    assert transport.bodies[0]["messages"] == [{"role": "user", "content": "Answer with the word ok."}]
    assert transport.bodies[0]["max_tokens"] == 5


def test_probe_reports_the_failure_of_the_service() -> None:
    llm, _ = model(ProviderError("The language model does not accept the key (401).", Failure.UNAUTHORIZED, status=401))
    with pytest.raises(ProviderError) as caught:
        llm.probe()
    assert caught.value.failure is Failure.UNAUTHORIZED


def test_token_usage_is_per_thread_and_passed_to_the_counter() -> None:
    spent: list[Usage] = []
    llm, _ = model(REPLY, spent=spent.append)
    llm.draft(ONE)
    other: list[Usage] = []
    thread = threading.Thread(target=lambda: other.append(llm.last_usage))
    thread.start()
    thread.join()
    assert llm.last_usage == Usage(100, 20) and spent == [Usage(100, 20)] and other == [Usage()]
    llm, _ = model({"choices": [{"message": {"content": REPLY}}]})
    llm.draft(ONE)
    assert llm.last_usage.estimated and llm.last_usage.prompt > 300 and llm.last_usage.completion > 20


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("http://localhost:11434", "/v1/chat/completions"),
        ("http://localhost:8080/v1/", "/chat/completions"),
        ("https://llm.example/v1beta/openai", "/chat/completions"),
        ("https://llm.example/v1/chat/completions", "/chat/completions"),
    ],
)
def test_provider_is_built_from_settings(settings: Any, base: str, path: str) -> None:
    settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = base, "", "small\x00-model " + "x" * 200
    llm = from_settings()
    assert isinstance(llm, LanguageModel) and llm._chat._path == path
    assert llm.capabilities == {Capability.DRAFT, Capability.PLAN, Capability.SUMMARIZE} and llm.remote
    assert llm.model_version.startswith("small-model") and len(llm.model_version) <= 80 and llm.health().ok
    settings.LLM_API_KEY = "secret"
    keyed = from_settings()
    assert keyed is not None and keyed.fingerprint != llm.fingerprint and "secret" not in keyed.fingerprint


def test_provider_is_none_without_base_url_or_model(settings: Any) -> None:
    settings.LLM_BASE_URL, settings.LLM_MODEL = "", "m"
    assert from_settings() is None
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://localhost:1", ""
    assert from_settings() is None


@pytest.mark.parametrize("answer", ["```" + " " * 90_000, "```" + " " * 900_000, "<think>" * 12_000, "{" * 90_000])
def test_answer_that_exploits_slow_parsing_is_refused(answer: str) -> None:
    """Quadratic parsing would take minutes, and a deadline cannot interrupt a running regular expression."""
    llm, _ = model(answer)
    with pytest.raises(ProviderError) as refusal:
        llm.plan(ONE, Deadline(25))
    assert refusal.value.failure is Failure.REFUSED


def test_status_404_is_reported_as_wrong_address_or_model() -> None:
    llm, _ = model(refused(404))
    asks: list[Callable[[], object]] = [lambda: llm.draft(ONE), lambda: llm.plan(ONE), lambda: llm.probe()]
    for ask in asks:
        with pytest.raises(ProviderError) as refusal:
            ask()
        assert refusal.value.failure is Failure.INVALID and refusal.value.status == 404
        assert refusal.value.sentence == "The language model's address or its model's name is wrong (404)."
