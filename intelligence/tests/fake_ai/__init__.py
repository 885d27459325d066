"""The Quimbi AI service and a language model's server to test with and to try out; the standard library alone."""

from intelligence.tests.fake_ai.server import KEY, Call, FakeAI

__all__ = ["KEY", "Call", "FakeAI"]
