"""A server that speaks the chat completions interface, as far as language models are asked through it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from intelligence.tests.fake_ai.quimbi import Refused

FORMATS = ("json_schema", "json_object", "none")
_ROLES = frozenset({"system", "developer", "user", "assistant"})
POLITE = "Thank you for your message. Please tell us if there is anything else that we should know."


@dataclass
class OpenAI:
    """`formats`: the most that it can hold itself to. `reply`: what it says, else something that fits."""

    model: str = "fake-model"
    formats: str = "json_schema"
    reply: str | dict[str, Any] | Callable[[dict[str, Any]], str] | None = None
    usage: tuple[int, int] | None = None  # tokens of the prompt and of the answer, else counted roughly
    finish_reason: str = "stop"
    strict_model: bool = False  # every other model gets a 404

    def __post_init__(self) -> None:
        if self.formats not in FORMATS:
            raise ValueError(f"formats is one of {', '.join(FORMATS)}.")

    def models(self) -> dict[str, Any]:
        return {"object": "list", "data": [{"id": self.model, "object": "model", "created": 0, "owned_by": "fake"}]}

    def complete(self, body: Any) -> dict[str, Any]:
        self._demand(body)
        text = self._text(body)
        told = sum(len(message["content"]) for message in body["messages"])
        asked, said = self.usage or (told // 4 + 1, len(text) // 4 + 1)
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": self.finish_reason,
                }
            ],
            "usage": {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said},
        }

    def _text(self, body: dict[str, Any]) -> str:
        if callable(self.reply):
            return self.reply(body)
        if self.reply is not None:
            return self.reply if isinstance(self.reply, str) else json.dumps(self.reply)
        wanted = body.get("response_format") or {}
        if wanted.get("type") == "json_schema":
            return json.dumps(instance(wanted["json_schema"]["schema"], "Answer the question fully"))
        return json.dumps({"reply": POLITE}) if wanted.get("type") == "json_object" else POLITE

    def _demand(self, body: Any) -> None:
        if not isinstance(body, dict) or not isinstance(body.get("model"), str) or not body["model"]:
            raise self._wrong("model", "you must provide a model parameter")
        if self.strict_model and body["model"] != self.model:
            error = {"message": "The model does not exist", "type": "invalid_request_error", "code": "model_not_found"}
            raise Refused(404, {"error": error}, "an unknown model")
        messages = body.get("messages")
        if not isinstance(messages, list) or not messages:
            raise self._wrong("messages", "messages should be a list with at least one message")
        for one in messages:
            if not isinstance(one, dict) or one.get("role") not in _ROLES or not isinstance(one.get("content"), str):
                raise self._wrong("messages", "a message has a role and a content")
        if body.get("stream"):
            raise self._wrong("stream", "streaming is not supported")
        self._demand_format(body.get("response_format"))

    def _demand_format(self, wanted: Any) -> None:
        if wanted is None or wanted == {"type": "text"}:
            return
        kind = wanted.get("type") if isinstance(wanted, dict) else None
        supported = FORMATS[FORMATS.index(self.formats) : -1]
        if kind not in supported:
            raise self._wrong("response_format", f"response_format {kind!r} is not supported")
        if kind == "json_schema":
            inner = wanted.get("json_schema")
            if not isinstance(inner, dict) or not isinstance(inner.get("name"), str) or not inner.get("schema"):
                raise self._wrong("response_format", "json_schema needs a name and a schema")

    def _wrong(self, name: str, message: str) -> Refused:
        error = {"message": message, "type": "invalid_request_error", "param": name, "code": None}
        return Refused(400, {"error": error}, f"{name}: {message}")


def instance(schema: dict[str, Any], text: str) -> Any:
    """The smallest value that the schema allows, free strings being the text."""
    if "enum" in schema:
        return next((one for one in schema["enum"] if one == "answer"), schema["enum"][0])
    kind = schema.get("type")
    if kind == "object":
        return {name: instance(inner, text) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance(schema["items"], text) for _ in range(schema.get("minItems", 1))]
    return {"string": text, "integer": 1, "number": 1.0, "boolean": True}.get(str(kind))
