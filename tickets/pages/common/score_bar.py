"""The parts of the bar that shows a ticket's score, on the inbox and the ticket page."""

from typing import Any

from django.utils.translation import gettext_lazy

SHOWN_FROM = 0.1  # points: the smallest amount visible in a score with one decimal
GAP = 1.2  # per cent of the bar between two parts

# Parts of the bar in their order, with the components of the formula in each.
PARTS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("topic", gettext_lazy("topic alert"), ("topic_alert",)),
    ("wait", gettext_lazy("waiting"), ("time_decay",)),
    ("churn", gettext_lazy("churn risk"), ("churn_risk",)),
    ("value", gettext_lazy("lifetime value"), ("customer_value",)),
    ("prio", gettext_lazy("priority"), ("priority_weight",)),
    ("tone", gettext_lazy("sentiment and difficulty"), ("sentiment", "difficulty")),
)
