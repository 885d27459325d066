"""A transport without a network for the language model: returns scripted answers and records requests."""

from collections.abc import Callable, Mapping
from typing import Any

from intelligence.contract.deadline import Deadline
from intelligence.contract.failures import ProviderError
from intelligence.providers.llm import LanguageModel
from intelligence.providers.transport.http_client import Transport

Answer = str | dict[str, Any] | ProviderError | Callable[[Mapping[str, Any]], Any]


def said(content: Any, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """A chat completion answer in the usual shape."""
    return {
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content, **message}}
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20},
    }


class FakeTransport(Transport):
    """Returns the answers in turn and repeats the last one."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.bodies: list[Mapping[str, Any]] = []
        self.paths: list[str] = []

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        read_timeout: float,
        within: Deadline | None = None,
        retry_timeouts: bool = False,
    ) -> Any:
        assert not retry_timeouts
        self.paths.append(path)
        self.bodies.append(body)
        answer = self.answers[min(len(self.bodies), len(self.answers)) - 1]
        if isinstance(answer, ProviderError):
            raise answer
        if callable(answer):
            return answer(body)
        return said(answer) if isinstance(answer, str) else answer


def model(*answers: Answer, **options: Any) -> tuple[LanguageModel, FakeTransport]:
    transport = FakeTransport(*answers)
    return LanguageModel(transport, "/chat/completions", "test-model", "f" * 64, **options), transport
