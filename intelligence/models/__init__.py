"""What intelligence keeps: the fitted shop, its customers' profiles, the drafts, and what is done of plans."""

from intelligence.models.advice import Advice
from intelligence.models.drafts import Draft, DraftFeedback
from intelligence.models.lost_jobs import CatchUp
from intelligence.models.plans import CompletedAction
from intelligence.models.profiles import CustomerProfile, ShopModel, StaleProfile

__all__ = [
    "Advice",
    "CatchUp",
    "CompletedAction",
    "CustomerProfile",
    "Draft",
    "DraftFeedback",
    "ShopModel",
    "StaleProfile",
]
