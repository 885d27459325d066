"""Intelligence's addresses under /api/."""

from intelligence.api import signals

urlpatterns = [*signals.urlpatterns]
