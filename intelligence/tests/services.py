"""The services configured as in production, over HTTP against scripted servers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from intelligence.tests.fake_ai import FakeAI

PROVIDERS = {
    "quimbi": "intelligence.providers.quimbi.provider.from_settings",
    "llm": "intelligence.providers.llm.provider.from_settings",
}
ORDER = {"analyze": ["quimbi"], "draft": ["llm", "quimbi"], "plan": ["llm", "quimbi"], "summarize": ["llm"]}


def configured(fake: FakeAI, *, model: bool = True) -> dict[str, Any]:
    """Settings that point the program at the server; a unique model name gives each test its own circuit breakers."""
    return {
        "QUIMBI_AI_URL": fake.url,
        "QUIMBI_AI_API_KEY": fake.key,
        "LLM_BASE_URL": fake.llm_url if model else "",
        "LLM_API_KEY": fake.key,
        "LLM_MODEL": f"demo-{uuid4().hex[:8]}" if model else "",
        "AI_PROVIDERS": PROVIDERS,
        "AI_ORDER": ORDER,
    }


@contextmanager
def serving(settings: Any, *, model: bool = True, **options: Any) -> Iterator[FakeAI]:
    with FakeAI(**options) as fake:
        for name, value in configured(fake, model=model).items():
            setattr(settings, name, value)
        yield fake
