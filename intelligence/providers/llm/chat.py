"""Call `chat/completions`: parse the answer in its several shapes and record its cost."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema
from django.core.cache import cache
from redis.exceptions import RedisError

from agents.common.patterns import compile_unicode
from intelligence.contract.deadline import Deadline
from intelligence.contract.failures import Failure, ProviderError
from intelligence.providers.llm.budget import tokens
from intelligence.providers.transport.http_client import Transport

READ_TIMEOUT = 20.0  # seconds
REMEMBERED = 24 * 3600  # seconds
LONGEST = 100_000  # characters of an answer that are parsed; longer ones were not asked for
REPAIR_TAKES = 5.0  # seconds that a repair attempt needs
FORMATS = ("json_schema", "json_object", "prompt")
_NOT_TAKEN = frozenset({400, 404, 415, 422, 501})  # HTTP statuses that may mean an unsupported response format
_THOUGHT = compile_unicode(
    "|".join(rf"<{name}>.*?(?:</{name}>|\Z)" for name in ("think", "thinking", "reasoning")),
    dot_all=True,
    ignore_case=True,
)
_THOUGHT_END = compile_unicode(r"\A.*</(?:think|thinking|reasoning)>", dot_all=True, ignore_case=True)
_FENCED = compile_unicode(r"```(?:json)?(.*?)```", dot_all=True)
_REPAIR = "That was not the JSON that was asked for. Answer again with nothing but the JSON object."

Messages = list[dict[str, str]]


@dataclass(frozen=True)
class Usage:
    """Tokens of one call over all its requests; `estimated` is true if the service did not report them."""

    prompt: int = 0
    completion: int = 0
    estimated: bool = False

    @property
    def total(self) -> int:
        return self.prompt + self.completion

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.prompt + other.prompt, self.completion + other.completion, self.estimated or other.estimated)


@dataclass(frozen=True)
class Schema:
    name: str
    body: Mapping[str, Any]


class Chat:
    """A language model at an address. Every method raises `ProviderError` and nothing else."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        model: str,
        fingerprint: str,
        spent: Callable[[Usage], None] | None = None,
    ) -> None:
        self._transport, self._path, self._model = transport, path, model
        self._remembered = f"llm-format:{fingerprint[:40]}"
        self._format: str | None = None  # fallback while the shared cache is unavailable
        self._usage = threading.local()
        self._spent = spent

    @property
    def usage(self) -> Usage:
        """Tokens of this thread since `begin`."""
        found: Usage = getattr(self._usage, "value", Usage())
        return found

    def begin(self) -> None:
        self._usage.value = Usage()

    def text(self, messages: Messages, most: int, within: Deadline | None, temperature: float = 0.3) -> str:
        """The answer's text without the model's thoughts. Raises `ProviderError`."""
        return self._asked(messages, most, within, {}, temperature)

    def parsed(self, messages: Messages, most: int, within: Deadline | None, schema: Schema) -> Any:
        """The answer as JSON that fits the schema. Raises `ProviderError`."""
        answer = self._formatted(messages, most, within, schema)
        try:
            return _valid(answer, schema)
        except ValueError:
            if within is not None and within.left() < REPAIR_TAKES:
                raise _unfit() from None
        again = [*messages, {"role": "assistant", "content": answer[:4_000]}, {"role": "user", "content": _REPAIR}]
        try:
            return _valid(self._formatted(again, most, within, schema), schema)
        except ValueError:
            raise _unfit() from None

    def _formatted(self, messages: Messages, most: int, within: Deadline | None, schema: Schema) -> str:
        """Ask in the strictest response format that the service accepts; remembers the accepted one."""
        first = self._known()
        for kind in FORMATS[FORMATS.index(first) :]:
            try:
                answer = self._asked(messages, most, within, _format(kind, schema), 0.2)
            except ProviderError as error:
                if error.status not in _NOT_TAKEN or kind == FORMATS[-1]:
                    raise
                continue
            if kind != first:
                self._remember(kind)
            return answer
        raise _unfit()

    def _known(self) -> str:
        try:
            kind = cache.get(self._remembered)
        except (RedisError, OSError):
            kind = self._format
        return kind if kind in FORMATS else FORMATS[0]

    def _remember(self, kind: str) -> None:
        self._format = kind
        try:
            cache.set(self._remembered, kind, REMEMBERED)
        except (RedisError, OSError):
            return

    def _asked(
        self, messages: Messages, most: int, within: Deadline | None, extra: Mapping[str, Any], temperature: float
    ) -> str:
        body = {
            "model": self._model,
            "messages": messages,
            "max_tokens": most,
            "temperature": temperature,
            "stream": False,
            **extra,
        }
        # A read timeout is not retried: the model would generate everything again.
        try:
            answer = self._transport.post(self._path, body, read_timeout=READ_TIMEOUT, within=within)
        except ProviderError as error:
            if error.failure is not Failure.NOT_FOUND:
                raise
            # Elsewhere a 404 means an unknown customer.
            sentence = "The language model's address or its model's name is wrong (404)."
            raise ProviderError(sentence, Failure.INVALID, status=error.status) from None
        try:
            return self._read(answer, messages)
        except RecursionError:
            raise _unreadable() from None

    def _read(self, answer: object, messages: Messages) -> str:
        choices = answer.get("choices") if isinstance(answer, dict) else None
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(answer, dict) or not isinstance(choice, dict) or not isinstance(message, dict):
            raise _unreadable()
        content = _joined(message.get("content"))
        self._count(answer.get("usage"), messages, content)
        if isinstance(message.get("refusal"), str) and message["refusal"].strip():
            raise ProviderError("The language model refused to answer.", Failure.REFUSED)
        reason = choice.get("finish_reason")
        if reason == "length":
            raise ProviderError("The language model's answer was cut off.", Failure.REFUSED)
        if reason == "content_filter":
            raise ProviderError("The language model's filter held the answer back.", Failure.REFUSED)
        if len(content) > LONGEST:
            raise ProviderError("The language model wrote far more than was asked for.", Failure.REFUSED)
        text = _THOUGHT_END.sub("", _THOUGHT.sub("", content)).strip()
        if not text:
            raise ProviderError("The language model answered nothing.", Failure.REFUSED)
        return text

    def _count(self, usage: object, messages: Messages, content: str) -> None:
        found = usage if isinstance(usage, dict) else {}
        prompt, completion = _whole(found.get("prompt_tokens")), _whole(found.get("completion_tokens"))
        one = Usage(
            sum(tokens(message["content"]) for message in messages) if prompt is None else prompt,
            tokens(content) if completion is None else completion,
            prompt is None or completion is None,
        )
        self._usage.value = self.usage + one
        if self._spent is not None:
            self._spent(one)


def _format(kind: str, schema: Schema) -> dict[str, Any]:
    if kind == "json_schema":
        wanted = {"name": schema.name, "strict": True, "schema": dict(schema.body)}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    return {"response_format": {"type": "json_object"}} if kind == "json_object" else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else None


def _joined(content: object) -> str:
    """The text of an answer, or of those parts of a list that are text."""
    if isinstance(content, str):
        return content
    parts: Sequence[object] = content if isinstance(content, list) else ()
    texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
    return "".join(text for text in texts if isinstance(text, str))


def _valid(answer: str, schema: Schema) -> Any:
    """The first JSON object in the answer that fits the schema. Raises `ValueError`."""
    for text in _candidates(answer):
        try:
            data = json.loads(text)
            jsonschema.validate(data, schema.body)
        except (ValueError, RecursionError, jsonschema.ValidationError):
            continue
        return data
    raise ValueError


def _candidates(answer: str) -> list[str]:
    """Where JSON may be: the whole answer, its fenced blocks, and the text between its outer braces."""
    found = [answer, *_FENCED.findall(answer)]
    start, end = answer.find("{"), answer.rfind("}")
    return [*found, answer[start : end + 1]] if 0 <= start < end else found


def _unfit() -> ProviderError:
    return ProviderError("The language model's answer is not what was asked for.", Failure.REFUSED)


def _unreadable() -> ProviderError:
    return ProviderError("The language model gave an answer that cannot be read.", Failure.BAD_ANSWER)
