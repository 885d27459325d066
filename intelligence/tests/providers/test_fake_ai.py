"""The fake AI server behaves as the other tests rely on."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from agents.tests.waiting import HANGS
from intelligence.drafting.check import findings
from intelligence.tests.conversations import conversation
from intelligence.tests.fake_ai import KEY, FakeAI
from intelligence.tests.fake_ai.texts import HOSTILE, REPLIES

ANALYZE, MESSAGE, ACTIONS = "/api/intelligence/analyze", "/api/generation/message", "/api/generation/actions"
CHAT = "/v1/chat/completions"
CUSTOMER = {"customer_id": "c-1"}
ASKED = {
    **CUSTOMER,
    "conversation_history": [{"from_customer": True, "text": "Where is it?"}],
    "goal": "answer",
    "channel": "email",
    "tone": "friendly",
    "length": "short",
    "context": {"order_status": "shipped", "tracking_number": None},
}


@pytest.fixture
def real() -> Iterator[FakeAI]:
    with FakeAI(dialect="server") as fake:
        yield fake


def post(fake: FakeAI, path: str, body: Any = CUSTOMER, key: str | None = KEY) -> requests.Response:
    headers = {} if key is None else {"X-API-Key": key, "Authorization": f"Bearer {key}"}
    return requests.post(fake.url + path, json=body, headers=headers, timeout=HANGS, allow_redirects=False)


def raw(fake: FakeAI) -> socket.socket:
    """Open a connection and send an analyze request."""
    address = urlsplit(fake.url)
    connection = socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=HANGS)
    body = json.dumps(CUSTOMER).encode()
    head = f"POST {ANALYZE} HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def everything(connection: socket.socket) -> bytes:
    with connection:
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def talk(*texts: str, **fields: Any) -> dict[str, Any]:
    roles = ("system", "user")
    messages = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=True)]
    return {"model": "demo", "messages": messages, **fields}


def said(response: requests.Response) -> Any:
    return response.json()["choices"][0]["message"]["content"]


def test_reset_step_resets_the_connection(fake_ai: FakeAI) -> None:
    fake_ai.script(ANALYZE, {"reset": "before"}, {"reset": "after"})
    with pytest.raises(ConnectionResetError):
        everything(raw(fake_ai))
    with pytest.raises(ConnectionResetError):
        everything(raw(fake_ai))
    assert [call.status for call in fake_ai.calls] == [0, 200]


def test_truncated_answer_is_shorter_than_its_content_length(fake_ai: FakeAI) -> None:
    fake_ai.script(ANALYZE, {"truncate": True})
    head, _, body = everything(raw(fake_ai)).partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    assert length and 0 < len(body) < int(length[1])


def test_dripped_answer_arrives_complete(fake_ai: FakeAI, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(fake_ai, "wait", pauses.append)
    fake_ai.script(ANALYZE, {}, {"drip_headers": 0.1, "drip_body": 0.1})
    plain, dripped = post(fake_ai, ANALYZE), post(fake_ai, ANALYZE)
    assert dripped.json() == plain.json()
    assert dripped.headers["X-Drip"].count("1") == 5
    assert pauses.count(0.02) == 10, "headers and body come in five pieces each, in a tenth of a second"


@pytest.mark.parametrize("step", [{"slow": 600}, {"drip_headers": 600}, {"drip_body": 600}])
def test_closing_the_server_ends_hanging_connections(
    fake_ai: FakeAI, step: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, wait = threading.Event(), fake_ai.wait

    def watched(seconds: float) -> None:
        if seconds:
            hangs.set()
        wait(seconds)

    monkeypatch.setattr(fake_ai, "wait", watched)
    fake_ai.script(ANALYZE, step)
    connection = raw(fake_ai)
    assert hangs.wait(HANGS)
    fake_ai.close()
    everything(connection)


def test_script_steps_produce_malformed_answers(fake_ai: FakeAI) -> None:
    gone = "http://localhost:1/"
    steps: list[dict[str, Any]] = [
        {"text": "<html>"},
        {"empty": True},
        {"large": 2_000_000},
        {"json": [1]},
        {"redirect": gone},
    ]
    fake_ai.script(ANALYZE, *steps, {"gzip": True}, {"status": 503, "headers": {"X-A": "b"}, "body": {"a": 1}})
    html, empty, large, listed, moved, zipped, down = [post(fake_ai, ANALYZE) for _ in range(7)]
    assert html.text == "<html>" and html.headers["Content-Type"].startswith("text/html")
    assert (empty.status_code, empty.content) == (200, b"")
    assert len(large.content) == 2_000_000 and large.json()
    assert listed.json() == [1]
    assert (moved.status_code, moved.headers["Location"]) == (302, gone)
    assert zipped.headers["Content-Encoding"] == "gzip" and zipped.json()["predictions"]
    assert (down.status_code, down.headers["X-A"], down.json()) == (503, "b", {"a": 1})


def test_steps_can_be_scripted_over_http(fake_ai: FakeAI) -> None:
    def script(**body: Any) -> requests.Response:
        return requests.post(f"{fake_ai.url}/__script", json=body, timeout=HANGS)

    assert script(path=ANALYZE, steps=[{"status": 500}, {"statos": 500}]).status_code == 400
    assert "statos" in script(path=ANALYZE, steps=[{"statos": 500}]).json()["detail"]
    assert script(path="/elsewhere", steps=[{}]).status_code == 400
    assert script(path=ANALYZE, steps=[{"status": 503}, {}], times=2).ok
    assert [post(fake_ai, ANALYZE).status_code for _ in range(5)] == [503, 200, 503, 200, 200]
    assert script(path="*", steps=[{"status": 502}], times=None).ok
    assert {post(fake_ai, path).status_code for path in (ANALYZE, MESSAGE, CHAT, ANALYZE)} == {502}
    assert requests.post(f"{fake_ai.url}/__reset", timeout=HANGS).ok
    assert post(fake_ai, ANALYZE, key="wrong").status_code == 401
    listed = requests.get(f"{fake_ai.url}/__calls", timeout=HANGS)
    (call,) = listed.json()["calls"]
    assert (call["path"], call["body"], call["key"], call["status"]) == (ANALYZE, CUSTOMER, False, 401)
    assert "x-api-key" in call["headers"] and "wrong" not in listed.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ANALYZE, {"customer_id": 7}),
        (MESSAGE, {"customer_profile": CUSTOMER, "conversation": []}),
        (MESSAGE, {**ASKED, "customer_id": 7}),
        (MESSAGE, {**ASKED, "conversation_history": [{"from_agent": True, "text": ""}]}),
        (MESSAGE, {**ASKED, "length": None}),
        (MESSAGE, {**ASKED, "context": {"order_status": 7}}),
        (ACTIONS, CUSTOMER),
        (ACTIONS, {"issue_type": "shipping"}),
        (ANALYZE, []),
    ],
)
def test_server_dialect_rejects_invalid_request_with_422(real: FakeAI, path: str, body: Any) -> None:
    assert post(real, path, body).status_code == 422


def test_server_dialect_differs_from_documented_dialect(real: FakeAI, fake_ai: FakeAI) -> None:
    real.quimbi.unscored = fake_ai.quimbi.unscored = {"c-2"}
    new = {"customer_id": "c-2", "context": {"a": 1}}
    documented, served = post(fake_ai, ANALYZE, new).json(), post(real, ANALYZE, new).json()
    assert documented["predictions"]["churn_risk"] is None
    assert served["churn_risk"] == {"score": 0.0, "risk_level": "low"} and served["context"] == {"a": 1}
    assert served["lifetime_value"]["predicted_12m"] == pytest.approx(
        served["lifetime_value"]["current"] + documented["predictions"]["ltv_12mo"]
    )
    issue = {**CUSTOMER, "issue_type": "shipping"}
    assert [one["priority"] for one in post(fake_ai, ACTIONS, issue).json()["actions"]] == [1, 2, 3]
    assert post(real, ACTIONS, issue).json()["recommended_actions"][0]["priority"] == "high"
    assert post(real, MESSAGE, ASKED).json()["personalizations"]["order_history"] is False
    assert [post(real, ANALYZE, key=key).status_code for key in (None, "wrong")] == [401, 403]
    assert [post(fake_ai, ANALYZE, key=key).status_code for key in (None, "wrong")] == [401, 401]
    stranger = {**ASKED, "customer_id": "connection-test", "issue_type": "x"}
    assert [post(real, path, stranger).status_code for path in (ANALYZE, MESSAGE, ACTIONS)] == [404, 200, 404]
    for fake in (real, fake_ai):
        fake.script(ANALYZE, {"status": 429}, {"retry_after": "7"})
    limited, later = post(real, ANALYZE), post(real, ANALYZE)
    assert (limited.headers["Retry-After"], later.headers["Retry-After"]) == ("60", "7")
    assert isinstance(limited.json()["error"], str) and isinstance(post(fake_ai, ANALYZE).json()["error"], dict)


def test_fake_model_fills_the_requested_json_schema(fake_ai: FakeAI) -> None:
    action = {
        "type": "object",
        "properties": {"key": {"enum": ["a", "b"]}, "about": {"type": "string"}, "reasoning": {"type": "string"}},
        "required": ["key", "about", "reasoning"],
    }
    properties = {
        "actions": {"type": "array", "items": action, "minItems": 1},
        "warnings": {"type": "array"},
        "n": {"$ref": "#/$defs/n"},
    }
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "$defs": {"n": {"type": "null"}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "plan", "schema": schema}}
    data = json.dumps({"language": "fr", "candidates": [{"key": "b", "about": "44753", "action": "Check."}]})
    fitted = json.loads(said(post(fake_ai, CHAT, talk("Plan.", f"xx\n{data}\nxx", response_format=wanted))))
    assert fitted["actions"] == [{"key": "b", "about": "44753", "reasoning": fitted["actions"][0]["reasoning"]}]
    assert (fitted["warnings"], fitted["n"]) == ([], None)
    example = 'Answer with JSON alone: {"actions": [{"key": "", "about": "", "reasoning": ""}], "warnings": []}'
    alike = json.loads(said(post(fake_ai, CHAT, talk(example, f"xx\n{data}\nxx"))))
    assert alike == {"actions": fitted["actions"], "warnings": []}
    assert said(post(fake_ai, CHAT, talk("Write a reply.", data))) == REPLIES["fr"]
    fake_ai.script(CHAT, {"hostile": "promises"})
    spoiled = json.loads(said(post(fake_ai, CHAT, talk(example, data))))
    assert "refund" in spoiled["actions"][0]["reasoning"] and "refund" in spoiled["warnings"][0]


def test_fake_model_enforces_response_formats_and_token_limits() -> None:
    with FakeAI(formats={"json_object"}) as fake:
        strict = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
        loose = {"type": "json_object"}
        asked = [talk("Say it.", "x", response_format=strict), talk("Say it.", "x", response_format=loose)]
        assert [post(fake, CHAT, one).status_code for one in asked] == [400, 400]  # the second lacks the word JSON
        assert json.loads(said(post(fake, CHAT, talk("Say it as JSON.", "x", response_format=loose)))) == {
            "reply": REPLIES["en"]
        }
        unfit: tuple[dict[str, Any], ...] = (
            {"messages": []},
            {"messages": [{"role": "shop", "content": ""}]},
            {"model": 1},
            {"stream": True},
        )
        for wrong in unfit:
            assert post(fake, CHAT, {**talk("", ""), **wrong}).status_code == 400
        fake.chat.content = lambda request: request["messages"][1]["content"] * 10
        cut = post(fake, CHAT, talk("", "four", max_tokens=5)).json()
        assert (cut["choices"][0]["finish_reason"], cut["usage"]["completion_tokens"]) == ("length", 5)
        assert [post(fake, CHAT, talk("", "x"), key=key).status_code for key in (None, "wrong")] == [200, 401]
        listed = requests.get(f"{fake.llm_url}/models", timeout=HANGS).json()
        assert [one["id"] for one in listed["data"]] == ["demo"]


@pytest.mark.parametrize("language", REPLIES)
def test_fake_replies_pass_the_draft_checker(language: str) -> None:
    asked = conversation("Where is my parcel?", channel="sms", language=language)
    rules = {finding.rule for finding in findings(REPLIES[language], asked, language)}
    assert rules <= {"greeting"}  # which is put around it


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"prompt_echo", "wrong_language"}))
def test_hostile_texts_fail_the_draft_checker(fake_ai: FakeAI, name: str) -> None:
    fake_ai.script(MESSAGE, {"hostile": name})
    text = post(fake_ai, MESSAGE).json()["message"]
    asked = conversation("Where is my parcel?", channel="sms")
    rules = {finding.rule for finding in findings(text, asked, "en")}
    assert rules - {"greeting"}


def test_storm_is_repeatable_with_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    def weather(seed: int) -> list[int]:
        with FakeAI(storm=0.7, seed=seed, pause=0.02, log=True) as fake:
            for _ in range(40):
                try:
                    post(fake, ANALYZE)
                except requests.RequestException:
                    continue
            return [call.status for call in fake.calls]

    first = weather(1)
    assert first == weather(1) != weather(2)
    assert 200 in first and len(set(first)) > 3
    logged = capsys.readouterr().err
    assert re.search(rf"^POST {ANALYZE} 200 \d+ ms$", logged, re.MULTILINE)
    assert KEY not in logged and "c-1" not in logged
