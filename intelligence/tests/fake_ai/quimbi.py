"""The Quimbi AI service: what it refuses, and what it answers, as its documents say and as its server does."""

from dataclasses import dataclass, field
from typing import Any

from intelligence.tests.fake_ai.people import Person, person

DIALECTS = ("documented", "server")
VARIANTS = ("", "business_metrics", "predicted_ltv_12mo", "aliases", "forecasted")
_LENGTHS = ("short", "medium", "long")
_STATES = {
    "unfulfilled": "has not shipped yet",
    "partial": "has shipped in part",
    "shipped": "has left our warehouse",
    "delivered": "is marked as delivered",
    "returned": "is marked as returned",
    "cancelled": "is marked as cancelled",
}


class Refused(Exception):
    """The service does not take the request: a status and what it says."""

    def __init__(self, status: int, body: Any, why: str) -> None:
        super().__init__(why)
        self.status, self.body, self.why = status, body, why


@dataclass
class Quimbi:
    """`unknown` customers get a 404; so do ids that begin with "unknown", and "connection-test"."""

    dialect: str = "server"
    variant: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.dialect not in DIALECTS or self.variant not in VARIANTS:
            raise ValueError(f"A dialect is one of {', '.join(DIALECTS)}; a variant one of {', '.join(VARIANTS[1:])}.")

    # --- What it is asked
    def analyze(self, body: Any) -> dict[str, Any]:
        customer_id = self._customer_id(body)
        self._object(body, "context", required=False)
        someone = self._known(customer_id)
        if self.variant in ("aliases", "forecasted"):
            return self._aliases(customer_id, someone)
        if self.dialect == "documented":
            return self._documented(customer_id, someone)
        return self._server(customer_id, someone, body.get("context"))

    def message(self, body: Any) -> dict[str, Any]:
        """The server goes on where it does not know the customer, with figures of its own making."""
        if self.dialect == "server" or "conversation" not in body:
            customer_id = self._customer_id(body)
            self._history(body.get("conversation_history"))
            for name in ("goal", "channel", "tone", "length"):
                self._string(body, name)
            if body["length"] not in _LENGTHS:
                raise self._invalid("length", "Input should be 'short', 'medium' or 'long'")
            self._object(body, "context")
            if self.dialect == "documented":
                self._known(customer_id)
        else:
            self._object(body, "customer_profile")
            customer_id = str(body["customer_profile"].get("customer_id", ""))
        text, used = reply(body.get("context") or {}, str(body.get("channel", "email")))
        if self.dialect == "documented":
            return {"message": text, "personalization_applied": [name.replace("_", " ").capitalize() for name in used]}
        if self._is_unknown(customer_id):
            text += "\n\nAs a loyal customer of 730 days you are worth a lot to us."
        names = ("order_status", "tracking_number", "customer_history")
        return {"message": text, "personalizations": {name: name in used for name in names}, "confidence": 0.85}

    def actions(self, body: Any) -> dict[str, Any]:
        self._object(body, "customer_profile")
        self._string(body, "scenario")
        self._object(body, "context")
        if self.dialect == "server":
            customer_id = self._customer_id(body)
            self._string(body, "issue_type")
        else:
            customer_id = str(body.get("customer_id", ""))
        self._known(customer_id)
        steps = _steps(str(body.get("issue_type", body["scenario"])))
        if self.dialect == "documented":
            return {
                "actions": [{**step, "priority": place} for place, step in enumerate(steps, 1)],
                "warnings": ["The customer may have written about this before."],
                "talking_points": ["Acknowledge what went wrong", "Say what you will look at next"],
            }
        words = ("high", "medium", "low")
        return {
            "customer_id": customer_id,
            "recommended_actions": [{**step, "priority": words[place]} for place, step in enumerate(steps)],
            "warnings": ["The customer may have written about this before."],
            "talking_points": ["Acknowledge what went wrong", "Say what you will look at next"],
            "similar_cases": [
                {"case_id": "CASE-001", "resolution": "Full refund of $50 and a 20% discount", "success_rate": 0.92}
            ],
        }

    # --- What it answers
    def _documented(self, customer_id: str, one: Person) -> dict[str, Any]:
        metrics = {
            "lifetime_value": one.current,
            "total_orders": one.orders,
            "avg_order_value": round(one.current / one.orders, 2) if one.orders else 0.0,
            "days_since_last_purchase": one.silent,
            "customer_tenure_days": one.tenure,
        }
        value = "predicted_ltv_12mo" if self.variant == "predicted_ltv_12mo" else "ltv_12mo"
        level = None if one.score is None else _cut(one.score, (0.25, 0.5, 0.75), ("low", "medium", "high", "critical"))
        return {
            "customer_id": customer_id,
            "archetype": {"id": f"{one.value}_{one.stage}", "level": "L2", "segments": one.segments},
            "business_metrics" if self.variant == "business_metrics" else "behavioral_metrics": metrics,
            "predictions": {"churn_risk": one.score, "churn_risk_level": level, value: one.future},
            "communication_guidance": list(one.guidance),
        }

    def _server(self, customer_id: str, one: Person, context: Any) -> dict[str, Any]:
        score = one.score or 0.0  # what is not known becomes "low" there
        return {
            "customer_id": customer_id,
            "churn_risk": {"score": score, "risk_level": _cut(score, (0.4, 0.7), ("low", "medium", "high"))},
            "lifetime_value": {
                "current": one.current,
                "predicted_12m": round(one.current + one.future, 2),
                "tier": one.value,
            },
            "dominant_segments": one.segments,
            "customer_tenure": one.tenure,
            "communication_style": " ".join(one.guidance),
            "context": context,
        }

    def _aliases(self, customer_id: str, one: Person) -> dict[str, Any]:
        server = self.variant == "aliases"
        return {
            "customer_id": customer_id,
            "churn_probability" if server else "churn_risk_score": one.score,
            "predicted_ltv" if server else "forecasted_ltv": one.future,
            "time_horizon_months" if server else "horizon_months": 12,
            "confidence_interval": [one.future * 0.8, one.future * 1.2],
            "dominant_segments": one.segments,
        }

    # --- What it refuses
    def _is_unknown(self, customer_id: str) -> bool:
        return customer_id in self.unknown or customer_id.startswith("unknown") or customer_id == "connection-test"

    def _known(self, customer_id: str) -> Person:
        if self._is_unknown(customer_id):
            raise Refused(404, {"detail": f"Customer {customer_id} not found"}, "an unknown customer")
        return self.people.get(customer_id) or person(customer_id)

    def _customer_id(self, body: Any) -> str:
        found: str = self._string(body, "customer_id")
        return found

    def _history(self, value: Any) -> None:
        if not isinstance(value, list):
            raise self._invalid("conversation_history", "Input should be a valid list")
        for one in value:
            if not isinstance(one, dict) or type(one.get("from_customer")) is not bool:
                raise self._invalid("conversation_history", "from_customer: Input should be a valid boolean")
            if not isinstance(one.get("text"), str):
                raise self._invalid("conversation_history", "text: Input should be a valid string")

    def _string(self, body: Any, name: str) -> Any:
        value = body.get(name) if isinstance(body, dict) else None
        if not isinstance(value, str) or not value:
            raise self._invalid(name, "Input should be a valid string")
        return value

    def _object(self, body: Any, name: str, *, required: bool = True) -> None:
        value = body.get(name) if isinstance(body, dict) else None
        if not isinstance(value, dict) and (required or value is not None):
            raise self._invalid(name, "Input should be a valid dictionary")

    def _invalid(self, name: str, message: str) -> Refused:
        detail = [{"type": "value_error", "loc": ["body", name], "msg": message}]
        return Refused(422, {"detail": detail}, f"{name}: {message}")


def reply(context: dict[str, Any], channel: str) -> tuple[str, list[str]]:
    """A short polite text that names only what the context holds, and what of it was used."""
    used = []
    lines = ["Thank you for your message."]
    state = _STATES.get(str(context.get("order_status", "")))
    if state:
        lines.append(f"We looked at your order, and it {state}.")
        used.append("order_status")
    number = context.get("tracking_number")
    if isinstance(number, str) and number and channel not in ("phone", "sms"):
        lines.append(f"The tracking number is {number}.")
        used.append("tracking_number")
    lines.append("Please tell us if there is anything else that we should know.")
    text = " ".join(lines)
    return (f"Hello,\n\n{text}\n\nKind regards,\nCustomer Care" if channel == "email" else text), used


def _steps(issue: str) -> list[dict[str, Any]]:
    impact = {"retention_probability": 0.85, "revenue_at_risk": 780.0}
    about = issue.replace("_", " ")
    return [
        {
            "action": f"Look at the order's record and answer the question about {about}",
            "reasoning": "A full first answer saves a second question",
            "estimated_impact": impact,
        },
        {
            "action": "Offer a goodwill gesture",
            "reasoning": "The customer may have been disappointed",
            "estimated_impact": {"retention_probability": 0.75, "cost": 45.0},
        },
        {"action": "Follow up once it is settled", "reasoning": "It shows that somebody cares", "estimated_impact": {}},
    ]


def _cut(score: float, cuts: tuple[float, ...], names: tuple[str, ...]) -> str:
    return names[sum(score >= cut for cut in cuts)]
