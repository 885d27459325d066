"""The service to try the program with does what it is told, also to the wire."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from intelligence.tests.fake_ai import ANALYZE, CHAT, FAILURES, MESSAGE, MODELS, FakeAI, Step

KEY = {"X-API-Key": "demo-key"}
WHO = {"customer_id": "7"}


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI() as one:
        yield one


def ask(fake: FakeAI, path: str = ANALYZE, body: Any = None, **options: Any) -> requests.Response:
    values: dict[str, Any] = {"headers": KEY, "allow_redirects": False, **options}
    return requests.post(fake.url + path, json=WHO if body is None else body, timeout=5, **values)


@pytest.mark.parametrize("do", ["reset_before", "reset_after", "close", "truncated"])
def test_a_broken_answer_breaks_once_and_is_counted(fake: FakeAI, do: str) -> None:
    fake.script(ANALYZE, do)
    with pytest.raises(requests.RequestException):
        ask(fake)
    assert ask(fake).status_code == 200
    first, second = fake.calls(ANALYZE)
    assert (first.did, second.did) == (do, "answer") and second.body == WHO
    assert first.body == (None if do == "reset_before" else WHO)


def test_what_drips_comes_whole_and_late(fake: FakeAI) -> None:
    fake.script(ANALYZE, Step("drip_body", seconds=0.2), Step("slow", seconds=0.2), Step("drip_headers", seconds=0.2))
    for whole in (True, True, False):  # after header lines without an end there is no body
        before = time.monotonic()
        assert (b"customer_id" in ask(fake).content) == whole and time.monotonic() - before >= 0.19


def test_steps_are_used_up_in_order_and_some_stay(fake: FakeAI) -> None:
    fake.script(ANALYZE, Step("500", times=2), Step("json", body=[1]))
    fake.script("*", Step("503", times=None))
    assert [ask(fake).status_code for _ in range(5)] == [500, 500, 200, 503, 503]
    fake.reset()
    assert ask(fake).status_code == 200 and len(fake.calls()) == 1


@pytest.mark.parametrize(
    ("dialect", "style", "said"), [("server", "own", str), ("documented", "own", dict), ("server", "object", dict)]
)
def test_too_many_requests_are_told_as_each_does(fake: FakeAI, dialect: str, style: str, said: type) -> None:
    fake.set({"dialect": dialect, "limit_style": style})
    fake.script(ANALYZE, "429", Step("429", kind="date"), Step("429", kind="none"))
    found = [ask(fake) for _ in range(3)]
    assert isinstance(found[0].json()["error"], said)
    assert [one.headers.get("Retry-After", "") for one in found][::2] == ["60", ""]
    assert found[1].headers["Retry-After"].endswith("GMT")


@pytest.mark.parametrize(("dialect", "wrong"), [("server", 403), ("documented", 401)])
def test_keys_and_requests_are_judged(fake: FakeAI, dialect: str, wrong: int) -> None:
    fake.set({"dialect": dialect, "unknown": ["8"]})
    assert ask(fake, headers={}).status_code == 401
    assert ask(fake, headers={"X-API-Key": "nearly"}).status_code == wrong
    assert [ask(fake, body={"customer_id": who}).status_code for who in (7, "8", "7")] == [422, 404, 200]
    old = {"customer_profile": {"id": "7"}, "conversation": []}
    assert ask(fake, MESSAGE, old).status_code == (422 if dialect == "server" else 200)
    assert "nearly" not in json.dumps([call.as_json() for call in fake.calls()])


def test_a_storm_is_the_same_with_the_same_seed(fake: FakeAI) -> None:
    shares = {name: 0.5 / len(FAILURES) for name in FAILURES}
    drawn = []
    for _ in range(2):
        fake.storm(shares, seed=7)
        drawn.append([fake.scripts.next(ANALYZE).do for _ in range(400)])
    assert drawn[0] == drawn[1]
    assert 0.4 < sum(one == "answer" for one in drawn[0]) / 400 < 0.6 and set(FAILURES) <= set(drawn[0])


@pytest.mark.parametrize(
    ("formats", "statuses"), [("json_schema", [200, 200]), ("json_object", [400, 200]), ("none", [400, 400])]
)
def test_a_language_model_holds_itself_to_what_it_can(fake: FakeAI, formats: str, statuses: list[int]) -> None:
    fake.set({"llm": {"formats": formats, "usage": [11, 5]}})
    schema = {"type": "object", "properties": {"key": {"type": "string", "enum": ["close", "answer"]}}}
    wanted = [
        {"type": "json_schema", "json_schema": {"name": "plan", "schema": schema}},
        {"type": "json_object"},
    ]
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    found = [ask(fake, CHAT, {**asked, "response_format": one}) for one in wanted]
    assert [one.status_code for one in found] == statuses
    plain = ask(fake, CHAT, asked).json()
    assert plain["usage"]["total_tokens"] == 16 and plain["choices"][0]["message"]["content"]
    assert requests.get(fake.url + MODELS, timeout=5).json()["data"][0]["id"] == "fake-model"
    for wrong in ({"model": "m"}, {**asked, "messages": [{"role": "pirate", "content": "hi"}]}, {**asked, "model": ""}):
        assert ask(fake, CHAT, wrong).status_code == 400


def test_it_is_scripted_over_http_and_says_what_is_no_script(fake: FakeAI) -> None:
    control = {"paths": {ANALYZE: [{"do": "answer", "patch": {"churn_risk.score": "0.9", "lifetime_value": None}}]}}
    assert requests.post(f"{fake.url}/__script", json=control, timeout=5).status_code == 200
    found = ask(fake).json()
    assert found["churn_risk"]["score"] == "0.9" and found["lifetime_value"] is None
    said = requests.get(f"{fake.url}/__calls?path={ANALYZE}", timeout=5).json()
    assert said["count"] == 1 and said["calls"][0]["headers"]["x-api-key"] == "set"
    wrongs: list[Any] = [
        {"path": "*", "steps": ["explode"]},
        {"dialect": "klingon"},
        {"storm": {"shares": {"500": 2}}},
        [],
    ]
    for wrong in wrongs:
        assert requests.post(f"{fake.url}/__script", json=wrong, timeout=5).status_code == 400
    assert requests.post(f"{fake.url}/__reset", timeout=5).status_code == 200 and not fake.calls()


def test_by_hand_it_says_where_it_is_and_logs_no_bodies() -> None:
    command = [sys.executable, "-m", "intelligence.tests.fake_ai", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        url = process.stdout.readline().split()[2]
        process.stdout.readline()
        requests.post(url + ANALYZE, json={"customer_id": "somebody"}, headers=KEY, timeout=5)
        line = process.stdout.readline()
        process.terminate()
    assert line == f"POST {ANALYZE} key=right -> 200 answer\n"
