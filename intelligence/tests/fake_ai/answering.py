"""What a call is answered: the service's refusal, its usual answer, or what the step says instead."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from intelligence.tests.fake_ai.hostile import HOSTILE, wrong
from intelligence.tests.fake_ai.openai import instance
from intelligence.tests.fake_ai.paths import ACTIONS, ANALYZE, CHAT, MESSAGE, MODELS, OF_MODELS
from intelligence.tests.fake_ai.quimbi import Refused
from intelligence.tests.fake_ai.scripts import STATUSES, Call, Step

if TYPE_CHECKING:
    from intelligence.tests.fake_ai.server import FakeAI

Answer = tuple[int, dict[str, str], bytes]
JSON, HTML = {"Content-Type": "application/json"}, {"Content-Type": "text/html; charset=utf-8"}
_PAGE = (
    b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>502</h1><script>1</script></body></html>"
)


def answer(fake: "FakeAI", call: Call, step: Step) -> Answer:
    """Failures come first, as those of a proxy in front of the service would; then the key, then the request."""
    if step.do in STATUSES:
        return failed(fake, call, step)
    if step.do in _INSTEAD:
        status, headers, body = _INSTEAD[step.do](step)
        return step.status or status, headers, body
    try:
        usual = _usual(fake, call)
    except Refused as refused:
        call.refused = refused.why
        return refused.status, JSON, json.dumps(refused.body).encode()
    if step.do == "wrong_schema":
        return 200, JSON, wrong(step.kind or "list", usual, len(fake.calls())).encode()
    if step.do == "hostile":
        usual = hostile(call, usual, HOSTILE.get(step.kind or "promise", step.kind))
    for path, value in step.patch.items():
        usual = patched(usual, path.split("."), value)
    return step.status or 200, JSON, json.dumps(usual).encode()


def _usual(fake: "FakeAI", call: Call) -> Any:
    posts = {
        ANALYZE: fake.quimbi.analyze,
        MESSAGE: fake.quimbi.message,
        ACTIONS: fake.quimbi.actions,
        CHAT: fake.openai.complete,
    }
    known = call.path in (posts if call.method == "POST" else (MODELS,))
    if not known:
        raise Refused(404, {"detail": "Not Found"}, "an unknown path")
    if call.key != "right":
        status = 403 if call.key == "wrong" and fake.quimbi.dialect == "server" else 401
        if call.path in OF_MODELS:
            raise Refused(401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, "the key")
        raise Refused(status, {"detail": "Invalid API key" if status == 403 else "Missing API key"}, "the key")
    if call.method == "GET":
        return fake.openai.models()
    if not isinstance(call.body, dict):
        raise Refused(
            422, {"detail": [{"type": "model_attributes_type", "loc": ["body"], "msg": "Not JSON"}]}, "the body"
        )
    return posts[call.path](call.body)


def failed(fake: "FakeAI", call: Call, step: Step) -> Answer:
    """A status with what the service says to it, or `step.body`."""
    status = int(step.do)
    body: Any = {"detail": f"Failed with {status}"}
    headers = dict(JSON)
    if status == 429:
        if step.kind != "none":
            headers["Retry-After"] = _when(step)
        style = fake.limit_style
        if style == "own":
            style = "string" if fake.quimbi.dialect == "server" else "object"
        said = "Rate limit exceeded: 100 per 1 minute"
        body = {
            "string": {"error": said},
            "object": {"error": {"code": "rate_limited", "message": said}},
            "detail": {"detail": said},
        }[style]
    elif status in (502, 503, 504):
        return status, HTML, _PAGE
    if step.body is not None:
        body = step.body
    return status, headers, json.dumps(body).encode()


def _when(step: Step) -> str:
    if step.kind == "date":
        return format_datetime(datetime.now(UTC) + timedelta(seconds=step.retry_after), usegmt=True)
    return f"{step.retry_after:g}"


_INSTEAD: dict[str, Callable[[Step], Answer]] = {
    "json": lambda step: (200, JSON, json.dumps(step.body).encode()),
    "text": lambda step: (200, JSON, str(step.body).encode()),
    "not_json": lambda step: (200, JSON, b'{"customer_id": "7", "churn_risk": {"score": 0.4'),
    "html": lambda step: (200, HTML, _PAGE),
    "empty": lambda step: (200, JSON, b""),
    "huge": lambda step: (200, JSON, json.dumps({"message": "x" * 2_000_000}).encode()),
    "redirect": lambda step: (302, {"Location": step.kind or "http://elsewhere.invalid/take-this"}, b""),
}


def hostile(call: Call, usual: Any, text: str) -> Any:
    """The usual answer with the text wherever the service may write freely."""
    text = text.replace("{{request}}", json.dumps(call.body))
    usual = copy.deepcopy(usual)
    if isinstance(usual, dict) and "choices" in usual:
        wanted = (call.body.get("response_format") or {}).get("json_schema", {}).get("schema")
        usual["choices"][0]["message"]["content"] = json.dumps(instance(wanted, text)) if wanted else text
        return usual
    return _written(usual, text)


def _written(value: Any, text: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _written(inner, text, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_written(inner, text, name) for inner in value]
    return text if isinstance(value, str) and name not in ("customer_id", "priority") else value


def patched(value: Any, path: list[str], new: Any) -> Any:
    """A copy with the value at the path; numbers are places in lists, and what is not there is made."""
    if not path:
        return new
    key, rest = path[0], path[1:]
    if isinstance(value, list) and key.isdigit() and int(key) < len(value):
        return [patched(one, rest, new) if place == int(key) else one for place, one in enumerate(value)]
    before = value if isinstance(value, dict) else {}
    return {**before, key: patched(before.get(key), rest, new)}
