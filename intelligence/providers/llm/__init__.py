"""Any language model behind an OpenAI-compatible address, hosted or local."""

from intelligence.providers.llm.provider import LanguageModel, from_settings

__all__ = ["LanguageModel", "from_settings"]
