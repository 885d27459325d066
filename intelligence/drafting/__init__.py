"""Reply drafts without a model: composed from sentences of a language, filled from records alone, judged before shown."""

from intelligence.drafting.drafts import MODEL_VERSION, SOURCE, draft, language_of
from intelligence.drafting.lengths import Segment, segments
from intelligence.drafting.topic_choice import TOPICS, Matter, matter_of

__all__ = ["MODEL_VERSION", "SOURCE", "TOPICS", "Matter", "Segment", "draft", "language_of", "matter_of", "segments"]
