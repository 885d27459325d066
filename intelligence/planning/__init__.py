"""Next best actions without a model: chosen from a fixed list by rules, each with the record behind it. No Django here."""

from intelligence.planning.catalogue import MOST, URGENT, Key
from intelligence.planning.plan import MODEL_VERSION, plan

__all__ = ["MODEL_VERSION", "MOST", "URGENT", "Key", "plan"]
