"""Reply drafts without a model: composed from sentences of the language, filled from records alone, checked by a second pair of eyes."""

from intelligence.drafting.drafts import MODEL_VERSION, SOURCE, draft
from intelligence.drafting.lengths import Segment, segments
from intelligence.drafting.topics import TOPICS, Matter, matter_of

__all__ = ["MODEL_VERSION", "SOURCE", "TOPICS", "Matter", "Segment", "draft", "matter_of", "segments"]
