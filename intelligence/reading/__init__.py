"""Reading what a customer wrote: language, sentiment, tags and difficulty, each with what it was made from. No Django here."""

from intelligence.reading.conversation import ConversationReading, read_conversation
from intelligence.reading.message import MODEL_VERSION, read_message

__all__ = ["MODEL_VERSION", "ConversationReading", "read_conversation", "read_message"]
