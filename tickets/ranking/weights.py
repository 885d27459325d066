"""The weights of the smart score, their ranges, and which are in force.

A ticket must never be ranked by old weights after the re-rank of all tickets has passed it. So writers take a shared lock for
the rest of their transaction before they read the weights, and saving new weights takes the lock exclusively for the commit.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection

from agents.common import fast_sql
from tickets.models import WeightSet

LOW, HIGH = 0.0, 100.0
PRIORITIES = ("urgent", "high", "normal", "low")
_LOCK = 0x71756D62  # key of an advisory lock; the number is arbitrary


@dataclass(frozen=True)
class Weights:
    """The weights, in days of seniority. Age has no weight: one day is one point, which is the unit."""

    priority: dict[str, float] = field(default_factory=lambda: {"urgent": 3.0, "high": 1.5, "normal": 0.5, "low": 0.0})
    customer_value: float = 1.0
    churn_risk: float = 5.0
    sentiment: float = 1.5
    difficulty: float = 0.75
    topic_alert: float = 5.0
    value_scale: float = 250.0  # lifetime value, in the shop's currency, at which the logarithm is ln 2; fixed

    def as_json(self) -> dict[str, Any]:
        """The weights as they are stored and returned: all but the fixed scale."""
        return {name: value for name, value in asdict(self).items() if name != "value_scale"}


DEFAULT_WEIGHTS = Weights()
SINGLE = tuple(f.name for f in fields(Weights) if f.name not in ("priority", "value_scale"))


def parse_weights(given: Mapping[str, Any], base: Weights = DEFAULT_WEIGHTS) -> Weights:
    """Parse the weights of a body or form; missing ones are taken from `base`. Raises `ValidationError` by field."""
    errors: dict[str, list[str]] = {}
    unknown = set(given) - {"priority", *SINGLE}
    if unknown:
        errors["weights"] = [
            f"There is no weight {', '.join(sorted(map(str, unknown)))}; they are priority, {', '.join(SINGLE)}."
        ]
    values = {name: _number(name, given[name], errors) for name in SINGLE if name in given}
    priority = dict(base.priority)
    wanted = given.get("priority", {})
    if not isinstance(wanted, Mapping) or set(wanted) - set(PRIORITIES):
        errors["priority"] = [f"The priority's weights are {', '.join(PRIORITIES)}."]
    else:
        priority |= {name: _number(f"priority.{name}", value, errors) for name, value in wanted.items()}
    if errors:
        raise ValidationError(errors)
    return Weights(**{**{name: getattr(base, name) for name in SINGLE}, **values, "priority": priority})


def _number(name: str, value: Any, errors: dict[str, list[str]]) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not LOW <= value <= HIGH
    ):
        errors[name] = [f"The weight {name} is a number from {LOW:g} to {HIGH:g}."]
        return 0.0
    return round(float(value), 4)


def in_force() -> WeightSet | None:
    """The last saved weights; `None` before the first save."""
    return WeightSet.objects.select_related("author").order_by("-id").first()


def current_weights() -> Weights:
    """The active weights, for reading."""
    stored = fast_sql.fetch_rows("SELECT weights FROM tickets_weightset ORDER BY id DESC LIMIT 1")
    return parse_weights(_loaded(stored[0][0])) if stored else DEFAULT_WEIGHTS


def weights_for_writing() -> Weights:
    """The active weights, locked until the end of this transaction. One round trip, two statements: the second must see what
    was committed while the first one waited.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT pg_advisory_xact_lock_shared({_LOCK}); "  # noqa: S608  a constant of ours
            "SELECT weights FROM tickets_weightset ORDER BY id DESC LIMIT 1"
        )
        cursor.nextset()
        row = cursor.fetchone()
    return DEFAULT_WEIGHTS if row is None else parse_weights(_loaded(row[0]))


def _loaded(value: Any) -> Any:
    import orjson

    return orjson.loads(value) if isinstance(value, str | bytes) else value


def hold_still() -> None:
    """Wait for every write that is ranking, and block new ones until this transaction ends; keep it short."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
