"""What intelligence keeps: the fitted shop, its customers' profiles, and the drafts."""

from intelligence.models.drafts import Draft, DraftFeedback
from intelligence.models.profiles import CustomerProfile, ShopModel, StaleProfile

__all__ = ["CustomerProfile", "Draft", "DraftFeedback", "ShopModel", "StaleProfile"]
