"""The inbox with customer archetypes: a subclass of the tickets' page, registered in `quimbi_crm/urls.py`."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.common import fast_sql
from tickets.pages.inbox.views import InboxView

VALUES: dict[str, Any] = {
    "whale": gettext_lazy("Top customer"),
    "premium": gettext_lazy("Premium"),
    "mid_tier": gettext_lazy("Mid-tier"),
    "budget": gettext_lazy("Budget"),
}
STAGES: dict[str, Any] = {
    "newcomer": gettext_lazy("new"),
    "one_timer": gettext_lazy("one-time buyer"),
    "loyalist": gettext_lazy("loyal"),
    "at_risk": gettext_lazy("at risk"),
    "lapsed": gettext_lazy("lapsed"),
}


ARCHETYPES = "SELECT customer_id, archetype_id FROM intelligence_customerprofile WHERE customer_id = ANY(%s)"


class WorkInboxView(InboxView):
    """The inbox in smart order, each ticket with its customer's archetype."""

    def archetypes(self, customer_ids: Iterable[UUID]) -> dict[UUID, str]:
        found = fast_sql.fetch_rows(ARCHETYPES, [list(set(customer_ids))])
        return {pk: archetype_words(archetype) for pk, archetype in found}


def archetype_words(archetype: str) -> str:
    """`premium_loyalist` as people read it. An archetype of a service is shown under its own name, without underscores."""
    for value, name in VALUES.items():
        stage = archetype.removeprefix(f"{value}_")
        if stage in STAGES and stage != archetype:
            return _("%(value)s, %(stage)s") % {"value": name, "stage": STAGES[stage]}
    return archetype.replace("_", " ").capitalize()
