"""The service to try the program with does what it is told, also to the wire."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from intelligence.tests.fake_ai import KEY, FakeAI
from intelligence.tests.fake_ai.chat import COMPLETIONS, MODELS
from intelligence.tests.fake_ai.quimbi import ANALYZE, MESSAGE, Dialect, QuimbiService

HEADERS, WHO = {"X-API-Key": KEY}, {"customer_id": "7"}


@pytest.fixture
def fake() -> Iterator[FakeAI]:
    with FakeAI() as one:
        yield one


def ask(fake: FakeAI, path: str = ANALYZE, body: Any = None, key: str | None = KEY) -> requests.Response:
    headers = {"X-API-Key": key} if key else {}
    return requests.post(fake.url + path, json=body or WHO, headers=headers, timeout=5)


@pytest.mark.parametrize("step", [{"reset": "before"}, {"reset": "after"}, {"truncate": True}])
def test_a_broken_answer_breaks_once_and_is_written_down(fake: FakeAI, step: dict[str, Any]) -> None:
    fake.script(ANALYZE, step)
    with pytest.raises(requests.RequestException):
        ask(fake)
    assert ask(fake).status_code == 200
    assert [call.body for call in fake.calls] == [WHO, WHO]
    assert [call.status for call in fake.calls] == [0 if step.get("reset") == "before" else 200, 200]


@pytest.mark.parametrize("what", ["slow", "drip_headers", "drip_body"])
def test_what_is_slow_comes_whole_and_late(fake: FakeAI, what: str) -> None:
    fake.script(ANALYZE, {what: 0.1})
    before = time.monotonic()
    assert ask(fake).json()["customer_id"] == "7" and time.monotonic() - before >= 0.07


def test_to_end_the_server_ends_what_is_slow() -> None:
    with FakeAI() as fake:
        fake.script("*", {"slow": 60})
        with pytest.raises(requests.RequestException):
            requests.post(fake.url + ANALYZE, json=WHO, headers=HEADERS, timeout=0.1)
        before = time.monotonic()
    assert time.monotonic() - before < 5


def test_steps_are_used_up_in_order_and_some_stay(fake: FakeAI) -> None:
    fake.script(ANALYZE, {"status": 500}, times=2)
    fake.script("*", {"status": 503}, {"retry_after": "9"}, times=None)
    assert [ask(fake).status_code for _ in range(5)] == [500, 500, 503, 429, 503]
    fake.reset()
    assert ask(fake).status_code == 200 and len(fake.calls) == 1


@pytest.mark.parametrize(("dialect", "wrong", "taken"), [("server", 403, 422), ("documented", 401, 200)])
def test_keys_and_requests_are_judged(fake: FakeAI, dialect: Dialect, wrong: int, taken: int) -> None:
    fake.quimbi = QuimbiService(dialect, unknown={"8"})
    assert [ask(fake, key=key).status_code for key in (None, "nearly", KEY)] == [401, wrong, 200]
    assert [ask(fake, body={"customer_id": who}).status_code for who in (7, "8")] == [taken, 404]
    old = {"customer_profile": {"customer_id": "7"}, "conversation": []}
    assert ask(fake, MESSAGE, old).status_code == taken
    assert "nearly" not in str(fake.calls) and KEY not in str(fake.calls)


def test_a_language_model_holds_itself_to_the_formats_that_it_has(fake: FakeAI) -> None:
    asked = {"model": "m", "messages": [{"role": "user", "content": "hi, in JSON"}]}
    fake.chat.formats = frozenset({"json_object"})
    kinds: list[Any] = [{"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}]
    kinds += [{"type": "json_object"}, {"type": "text"}]
    assert [ask(fake, COMPLETIONS, {**asked, "response_format": one}).status_code for one in kinds] == [400, 200, 200]
    assert ask(fake, COMPLETIONS, asked).json()["choices"][0]["message"]["content"]
    wrongs: list[Any] = [{"model": "m"}, {**asked, "model": ""}, {**asked, "messages": [{"role": "x", "content": "y"}]}]
    assert [ask(fake, COMPLETIONS, one).status_code for one in wrongs] == [400] * 3
    assert requests.get(fake.url + MODELS, timeout=5).json()["data"]


def test_it_is_scripted_over_http_and_says_what_is_no_script(fake: FakeAI) -> None:
    def tell(script: Any) -> int:
        return requests.post(f"{fake.url}/__script", json=script, timeout=5).status_code

    assert tell({"path": ANALYZE, "steps": [{"json": [1]}], "times": 1}) == 200
    assert ask(fake).json() == [1]
    (call,) = requests.get(f"{fake.url}/__calls", timeout=5).json()["calls"]
    assert call["path"] == ANALYZE and call["body"] == WHO and call["key"] is True
    for wrong in ({"path": "*", "steps": [{"explode": 1}]}, {"path": "/elsewhere", "steps": [{"status": 500}]}, [1]):
        assert tell(wrong) == 400
    assert requests.post(f"{fake.url}/__reset", timeout=5).status_code == 200 and not fake.calls


def test_a_storm_is_the_same_with_the_same_seed() -> None:
    drawn = []
    for _ in range(2):
        with FakeAI(storm=0.5, seed=7) as fake:
            drawn.append([json.dumps(fake.respond("POST", ANALYZE, WHO, HEADERS)[1]) for _ in range(200)])
    assert drawn[0] == drawn[1] and 60 < drawn[0].count("{}") < 140


def test_by_hand_it_says_where_it_is_and_logs_no_bodies() -> None:
    command = [sys.executable, "-m", "intelligence.tests.fake_ai", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stderr is not None
        url = process.stderr.readline().split()[-1]
        process.stderr.readline(), process.stderr.readline()
        requests.post(url + ANALYZE, json={"customer_id": "somebody"}, headers=HEADERS, timeout=5)
        line = process.stderr.readline()
        process.terminate()
    assert line.startswith(f"POST {ANALYZE} 200 ") and "somebody" not in line
