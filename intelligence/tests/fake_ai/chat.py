"""An OpenAI-compatible server whose fake model always gives a harmless answer."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from intelligence.tests.fake_ai.texts import HOSTILE, REPLIES, language_of
from intelligence.tests.fake_ai.wire import Answer

COMPLETIONS = "/v1/chat/completions"
MODELS = "/v1/models"
PATHS = (COMPLETIONS, MODELS)
FORMATS = frozenset({"json_schema", "json_object"})
_ROLES = ("system", "developer", "user", "assistant")
_TAKEN = 3  # candidates
_SUMMARY = "The customer has written several times. The customer waits for an answer."
_REASON = "It follows from what the customer wrote."
_REPLY_NAMES = ("reply", "message", "body", "text", "content", "draft", "answer")

Content = str | Callable[[Mapping[str, Any]], str] | None


@dataclass
class ChatService:
    """`content` and the attributes below it override the model's answer."""

    formats: frozenset[str] = FORMATS
    models: frozenset[str] = frozenset()  # empty: every name is a model
    key_required: bool = False
    content: Content = None
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None

    def answer(self, path: str, body: Any, key: bool | None) -> Answer:
        """`key` is whether the key is right; `None` without one, as local servers allow it."""
        if key is False or (key is None and self.key_required):
            return self.error(401)
        if path == MODELS:
            names = sorted(self.models) or ["demo"]
            return Answer(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in names]})
        wrong = self._wrong(body)
        if wrong is not None:
            return _error(400, f"{wrong} is missing, not valid, or not supported.", wrong)
        if self.models and body["model"] not in self.models:
            return _error(404, "There is no such model.", "model")
        content = self.content(body) if callable(self.content) else self.content
        return Answer(200, self._completion(body, _default(body) if content is None else content))

    def error(self, status: int) -> Answer:
        return _error(status, _SAID.get(status, "Something went wrong."), None)

    def hostile(self, name: str, path: str, body: Any, answer: Answer) -> Answer:
        """The answer with the named hostile text in every place that people would read."""
        if answer.status != 200 or path != COMPLETIONS:
            return answer
        asked = _text(body)
        text = HOSTILE[name](body, language_of(asked))
        content = answer.data["choices"][0]["message"]["content"]
        try:
            data = json.loads(content)
        except ValueError:
            data = None
        if isinstance(data, dict):
            text = json.dumps(_replaced(data, text))
        return Answer(200, self._completion({**body, "max_tokens": None}, text), answer.headers)

    def _wrong(self, body: Any) -> str | None:
        if not isinstance(body, Mapping) or not isinstance(body.get("model"), str) or not body["model"]:
            return "model"
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages or not all(_message(one) for one in messages):
            return "messages"
        if body.get("stream"):
            return "stream"
        most = body.get("max_tokens")
        if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
            return "max_tokens"
        return None if self._takes(body.get("response_format"), body) else "response_format"

    def _takes(self, wanted: Any, body: Mapping[str, Any]) -> bool:
        if wanted is None:
            return True
        kind = wanted.get("type") if isinstance(wanted, Mapping) else None
        if kind == "text":
            return True
        if kind not in self.formats & FORMATS:
            return False
        if kind == "json_object":
            return "json" in _text(body).casefold()  # those that know this format insist on the word
        inner = wanted.get("json_schema")
        return isinstance(inner, Mapping) and bool(inner.get("name")) and isinstance(inner.get("schema"), Mapping)

    def _completion(self, body: Mapping[str, Any], content: str) -> dict[str, Any]:
        reason, most = self.finish_reason or "stop", body.get("max_tokens")
        if most is not None and _tokens(content) > most:
            content, reason = content[: 4 * most], self.finish_reason or "length"
        asked, said = _tokens(_text(body)), _tokens(content)
        counted = {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
        message = {"role": "assistant", "content": content}
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": reason}],
            "usage": counted if self.usage is None else dict(self.usage),
        }


_SAID = {401: "Incorrect API key provided.", 429: "Rate limit reached for requests."}


def _error(status: int, said: str, param: str | None) -> Answer:
    kind = "invalid_request_error" if status < 500 and status != 429 else "server_error"
    return Answer(status, {"error": {"message": said, "type": kind, "param": param, "code": None}})


def _tokens(text: str) -> int:
    return -(-len(text) // 4)


def _message(one: Any) -> bool:
    return isinstance(one, Mapping) and one.get("role") in _ROLES and isinstance(one.get("content"), str)


def _text(body: Mapping[str, Any]) -> str:
    return "\n".join(message["content"] for message in body["messages"])


def _default(body: Mapping[str, Any]) -> str:
    """The answer of a well-behaved model to the request."""
    text = _text(body)
    system = "\n".join(one["content"] for one in body["messages"] if one["role"] in ("system", "developer"))
    model = _Model(REPLIES[language_of(text)], _candidates(text))
    wanted = body.get("response_format") or {}
    if wanted.get("type") == "json_schema":
        schema = wanted["json_schema"]["schema"]
        return json.dumps(model.fitting(schema, schema))
    example = _example(system)
    if example is not None:
        return json.dumps(model.like(example))
    if wanted.get("type") == "json_object":
        return json.dumps({"reply": model.reply})
    if "the word ok" in text.casefold():
        return "ok"
    return _SUMMARY if "summarize" in system.casefold() else model.reply


@dataclass(frozen=True)
class _Model:
    reply: str
    candidates: list[dict[str, Any]] = field(default_factory=list)

    def fitting(self, schema: Mapping[str, Any], root: Mapping[str, Any], name: str = "") -> Any:
        """A value that satisfies the JSON schema: required properties only, each as small as allowed."""
        for whole in ("const", "default"):
            if whole in schema:
                return schema[whole]
        if "$ref" in schema:
            return self.fitting(_referred(schema["$ref"], root), root, name)
        if schema.get("enum"):
            return schema["enum"][0]
        for choice in ("anyOf", "oneOf"):
            if schema.get(choice):
                return self.fitting(schema[choice][0], root, name)
        kind = schema.get("type")
        if (kind[0] if isinstance(kind, list) else kind) == "array":
            return self._list(schema, root, name)
        if "properties" in schema:
            return {one: self.fitting(schema["properties"][one], root, one) for one in schema.get("required", ())}
        plain = {"string": self._words(name), "boolean": False, "null": None, "object": {}}
        return plain.get(kind, schema.get("minimum", 0)) if isinstance(kind, str) else self._words(name)

    def like(self, example: Any, name: str = "") -> Any:
        """A value with the same shape as the example."""
        if isinstance(example, dict):
            return {one: self.like(value, one) for one, value in example.items()}
        if isinstance(example, list) and example and isinstance(example[0], dict):
            keys = tuple(example[0])
            return [self._chosen(one, keys) for one in self.candidates[:_TAKEN]] or [self.like(example[0])]
        return self._words(name) if isinstance(example, str) else example

    def _list(self, schema: Mapping[str, Any], root: Mapping[str, Any], name: str) -> list[Any]:
        items, least = schema.get("items", {}), schema.get("minItems", 0)
        if "properties" in items and self.candidates and name == "actions":
            return [self._chosen(one, items.get("required", ())) for one in self.candidates[:_TAKEN]]
        return [self.fitting(items, root, name) for _ in range(least)]

    def _chosen(self, candidate: Mapping[str, Any], keys: Any) -> dict[str, Any]:
        return {key: candidate.get(key, self._words(key)) for key in keys}

    def _words(self, name: str) -> str:
        return _REASON if name == "reasoning" else self.reply if name in _REPLY_NAMES else ""


def _referred(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found if isinstance(found, Mapping) else {}


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the JSON objects in a text, outermost first."""
    start = text.find("{")
    while start >= 0:
        try:
            found, length = json.JSONDecoder().raw_decode(text[start:])
        except ValueError:
            length = 1
        else:
            yield found
        start = text.find("{", start + length)


def _candidates(text: str) -> list[dict[str, Any]]:
    lists = [found.get("candidates") for found in _objects(text)]
    return [one for found in lists if isinstance(found, list) for one in found if isinstance(one, dict)]


def _example(system: str) -> dict[str, Any] | None:
    return next(_objects(system), None) if "json" in system.casefold() else None


def _replaced(data: Any, text: str, name: str = "") -> Any:
    """The same data with every free-text value replaced by the text."""
    if isinstance(data, dict):
        return {key: _replaced(value, text, key) for key, value in data.items()}
    if isinstance(data, list):
        return [_replaced(one, text, name) for one in data] or (
            [text] if name in ("warnings", "talking_points") else []
        )
    free = name in ("reasoning", "warnings", "talking_points", *_REPLY_NAMES)
    return text if free and isinstance(data, str) else data
