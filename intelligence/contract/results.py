"""What a provider returns. Every result names its source; unknown values are `None`."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tickets import channels


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from.

    `source` names the provider. `degraded` is true if it replaces a provider that failed. `reasons` say why, and what the result
    was made from. `confidence` is 0…1, or `None` if it was not measured.
    """

    source: str
    model_version: str
    degraded: bool = False
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    retry: bool = False
    made_at: datetime | None = None  # `None`: now

    def as_metadata(self, now: datetime) -> dict[str, Any]:
        """The provenance as every API body shows it."""
        return {
            "source": self.source,
            "degraded": self.degraded,
            "confidence": self.confidence,
            "reasons": list(self.reasons),
            "model_version": self.model_version,
            "generated_at": self.made_at or now,
        }


@dataclass(frozen=True)
class Archetype:
    """The customer's archetype (value × lifecycle, such as premium_loyalist) and its share of the shop's customers."""

    id: str
    member_count: int | None  # `None`: not counted yet
    population_share: float | None  # 0…1
    segments: dict[str, str] = field(default_factory=dict)  # axis: segment; unknown axes are left out
    memberships: dict[str, dict[str, float]] = field(
        default_factory=dict
    )  # axis: {segment: membership}; the memberships of an axis sum to 1


@dataclass(frozen=True)
class Factor:
    """One reason for a figure: a sentence and the fact behind it."""

    text: str
    value: float | int | str | None = None
    key: str = ""  # identifies the fact, such as days_since_last_order


@dataclass(frozen=True)
class CustomerAnalysis:
    """Facts and predictions about a customer. Without orders, archetype and churn risk are `None`."""

    customer_id: UUID
    provenance: Provenance
    archetype: Archetype | None = None
    churn_risk: float | None = None  # 0…1, the probability of no order within `horizon_days`
    churn_level: str | None = None  # low, medium, high, critical
    churn_percentile: float | None = None  # 0…100 among the shop's customers
    # 0…1, the share of the shop's customers without an order within the horizon.
    churn_base_rate: float | None = None
    churn_factors: tuple[Factor, ...] = ()
    churn_recommendation: str | None = None
    horizon_days: int | None = None
    predicted_ltv_12mo: float | None = None  # in the shop's currency
    revenue_at_risk: float | None = None  # churn risk × 12-month value of a retained customer, in the shop's currency
    communication_guidance: tuple[str, ...] = ()
    # 0…1, the fitted model's probability of another order within its horizon, without the effect of any action.
    retention_probability: float | None = None
    retention_source: str | None = None  # the fit that the probability comes from


@dataclass(frozen=True)
class Contribution:
    """One part of a reading: the words found and how much they changed the figure."""

    name: str
    weight: float
    text: str = ""  # the matching words


@dataclass(frozen=True)
class MessageReading:
    """What a customer's message says: sentiment 0 negative … 1 positive, difficulty 0 easy … 1 hard, `None` if unknown."""

    provenance: Provenance
    language: str | None
    sentiment: float | None
    difficulty: float | None
    tags: tuple[str, ...] = ()
    sentiment_parts: tuple[Contribution, ...] = ()
    difficulty_parts: tuple[Contribution, ...] = ()
    tag_parts: tuple[Contribution, ...] = ()


TONES = ("professional", "friendly", "empathetic", "concise", "apologetic")
CHANNELS = tuple(channels.CHANNELS)


@dataclass(frozen=True)
class Used:
    """One record that a draft uses."""

    kind: str  # order, tracking, past_ticket, resolution, profile
    id: str
    label: str


@dataclass(frozen=True)
class DraftResult:
    """A suggested reply, which the agent reads, edits and sends."""

    provenance: Provenance
    content: str
    tone: str
    channel: str
    language: str
    max_length: int | None
    personalization_applied: tuple[str, ...] = ()
    used: tuple[Used, ...] = ()


@dataclass(frozen=True)
class PlannedAction:
    """One recommended action. `retention_probability` is the customer's; the effect of the action itself is not measured."""

    key: str  # one of a fixed list
    action: str
    priority: int  # 1 is the highest
    reasoning: str
    revenue_at_risk: float | None = None
    retention_probability: float | None = None
    cost: float | None = None
    in_draft: bool = False
    about: str = ""  # record the action is about, such as an order number; key and record identify the action


@dataclass(frozen=True)
class Plan:
    """The next best actions."""

    provenance: Provenance
    actions: tuple[PlannedAction, ...] = ()
    warnings: tuple[str, ...] = ()
    talking_points: tuple[str, ...] = ()
    priority: str = "normal"  # urgent, high, normal
    revenue_at_risk: float | None = None


@dataclass(frozen=True)
class Summary:
    """An agent's summary of a long conversation; it covers the messages up to the one with the id `upto`."""

    provenance: Provenance
    text: str
    messages: int
    upto: UUID | None = None


@dataclass(frozen=True)
class Health:
    """Whether a provider can answer now."""

    name: str
    ok: bool
    detail: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
