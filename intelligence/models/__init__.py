"""What intelligence keeps: the fitted shop and its customers' profiles."""

from intelligence.models.profiles import CustomerProfile, ShopModel, StaleProfile

__all__ = ["CustomerProfile", "ShopModel", "StaleProfile"]
