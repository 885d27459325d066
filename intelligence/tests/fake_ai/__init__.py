"""A service to try the program with: speaks the Quimbi AI service's interface and that of a language model, and fails on demand.

From a test: `with FakeAI() as fake: fake.script("/api/generation/message", Step("500", times=2))`. By hand: `script/fake-ai`.
"""

from intelligence.tests.fake_ai.hostile import HOSTILE
from intelligence.tests.fake_ai.paths import ACTIONS, ANALYZE, CHAT, MESSAGE, MODELS
from intelligence.tests.fake_ai.scripts import FAILURES, Call, Step
from intelligence.tests.fake_ai.server import FakeAI

__all__ = ["ACTIONS", "ANALYZE", "CHAT", "FAILURES", "HOSTILE", "MESSAGE", "MODELS", "Call", "FakeAI", "Step"]
