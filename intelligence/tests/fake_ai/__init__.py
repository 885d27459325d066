"""A fake Quimbi AI service and a fake language model server for tests and experiments; standard library only."""

from intelligence.tests.fake_ai.server import KEY, Call, FakeAI

__all__ = ["KEY", "Call", "FakeAI"]
