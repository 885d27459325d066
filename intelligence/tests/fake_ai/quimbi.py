"""A fake Quimbi AI service in two dialects: as documented and as the real server answers."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from intelligence.tests.fake_ai.texts import HOSTILE, REPLIES, language_of
from intelligence.tests.fake_ai.wire import Answer

Dialect = Literal["documented", "server"]
Body = Mapping[str, Any]
ANALYZE = "/api/intelligence/analyze"
MESSAGE = "/api/generation/message"
ACTIONS = "/api/generation/actions"
PATHS = (ANALYZE, MESSAGE, ACTIONS)
UNKNOWN = "connection-test"  # nobody's id, ever
_TEXTS = ("goal", "channel", "tone", "length")
_ACTIONS = (
    ("Read the customer's last message and answer it", "The customer waits for an answer."),
    ("Check where the order stands", "The customer writes about an order."),
    ("Note what was found for the team", "Colleagues may take the ticket over."),
)


@dataclass
class QuimbiService:
    dialect: Dialect = "documented"
    business_metrics: bool = False  # the name that some documents have for `behavioral_metrics`
    unknown: set[str] = field(default_factory=set)
    unscored: set[str] = field(default_factory=set)  # customers whose churn risk nobody can tell

    def answer(self, path: str, body: Any, key: bool | None) -> Answer:
        """`key` is whether the key is right; `None` without one."""
        if key is not True:
            return self.error(403 if self.dialect == "server" and key is False else 401)
        if not isinstance(body, Mapping):
            return self._invalid("body")
        wrong = _wrong(path, body) if self.dialect == "server" else None
        if wrong is not None:
            return self._invalid(wrong)
        customer = _customer(body)
        known = customer not in self.unknown | {UNKNOWN}
        if not known and not (path == MESSAGE and self.dialect == "server"):
            return self.error(404)
        if path == ANALYZE:
            return Answer(200, self._analysis(customer, body))
        return Answer(200, self._message(body, known) if path == MESSAGE else self._actions())

    def error(self, status: int) -> Answer:
        said = _SAID.get(status, "Something went wrong.")
        if self.dialect == "server":
            return Answer(status, {"error": said}, {"Retry-After": "60"}) if status == 429 else _detail(status, said)
        return Answer(status, {"error": {"code": status, "message": said}})

    def hostile(self, name: str, path: str, body: Any, answer: Answer) -> Answer:
        """The answer with the named hostile text in every place that people would read."""
        if answer.status != 200:
            return answer
        text = HOSTILE[name](body, language_of(json.dumps(body)))
        data = dict(answer.data)
        if path == MESSAGE:
            data["message"] = text
        elif path == ANALYZE and self.dialect == "server":
            data["communication_style"] = text
        elif path == ANALYZE:
            data["communication_guidance"] = [text]
        else:
            name = "recommended_actions" if self.dialect == "server" else "actions"
            first, *others = data[name]
            data[name] = [{**first, "action": text, "reasoning": text}, *others]
            data |= {"warnings": [text], "talking_points": [text]} if self.dialect == "documented" else {}
        return Answer(answer.status, data, answer.headers)

    def _invalid(self, name: str) -> Answer:
        if self.dialect == "server":
            problem = {"type": "value_error", "loc": ["body", name], "msg": "Field missing or of the wrong type"}
            return _detail(422, [problem])
        return self.error(400)

    def _analysis(self, customer: str, body: Body) -> dict[str, Any]:
        made = _Made(customer)
        score = None if customer in self.unscored else made.risk
        segments = {"purchase_value": "high_value", "purchase_frequency": "regular"}
        if self.dialect == "server":
            risk = score or 0.0  # the server's mistake: nobody knows becomes no risk
            return {
                "customer_id": customer,
                "dominant_segments": segments,
                "churn_risk": {"score": risk, "risk_level": _level(risk, (0.4, "medium"), (0.7, "high"))},
                "lifetime_value": {"current": made.spent, "predicted_12m": made.spent + made.next, "tier": "gold"},
                "customer_tenure": made.tenure,
                "communication_style": "Direct and factual",
                "context": body.get("context"),
            }
        cuts = ((0.25, "medium"), (0.5, "high"), (0.75, "critical"))
        return {
            "customer_id": customer,
            "archetype": {"id": "arch_001", "level": "L2", "segments": segments},
            "business_metrics" if self.business_metrics else "behavioral_metrics": {
                "lifetime_value": made.spent,
                "total_orders": made.orders,
                "avg_order_value": round(made.spent / made.orders, 2),
                "days_since_last_purchase": made.since,
                "customer_tenure_days": made.tenure,
            },
            "predictions": {
                "churn_risk": score,
                "churn_risk_level": None if score is None else _level(score, *cuts),
                "ltv_12mo": made.next,
            },
            "communication_guidance": ["Be direct and factual."],
        }

    def _message(self, body: Body, known: bool) -> dict[str, Any]:
        text = REPLIES[language_of(json.dumps(body))]
        if self.dialect == "documented":
            return {"message": text, "personalization_applied": ["tone"]}
        if not known:
            text += " As our customer of 0 days with 0 orders worth $0.00, you matter to us."
        return {"message": text, "personalizations": {"tone": True, "order_history": False}, "confidence": 0.85}

    def _actions(self) -> dict[str, Any]:
        if self.dialect == "server":
            named = zip(("high", "medium", "low"), _ACTIONS, strict=True)
            similar = [{"case_id": "case_001", "resolution": "Refunded in full", "satisfaction": 4.8}]
            told = [{"action": action, "priority": name, "reasoning": why} for name, (action, why) in named]
            return {"recommended_actions": told, "similar_cases": similar}
        actions = [
            {"action": action, "priority": place, "reasoning": why, "estimated_impact": "The customer is informed"}
            for place, (action, why) in enumerate(_ACTIONS, 1)
        ]
        return {"actions": actions, "warnings": [], "talking_points": ["The customer has bought here before."]}


_SAID = {
    400: "The request is not valid.",
    401: "The API key is missing or not valid.",
    403: "The API key is not valid.",
    404: "Customer not found.",
    429: "Rate limit exceeded.",
}


class _Made:
    """Invented customer figures, always the same for the same id."""

    def __init__(self, customer: str) -> None:
        seed = zlib.crc32(customer.encode())
        self.risk = round(seed % 97 / 100, 2)
        self.orders = 1 + seed % 11
        self.spent = round(self.orders * (20 + seed % 4_001 / 100), 2)
        self.next = round(self.spent * 0.4, 2)
        self.since = 1 + seed % 200
        self.tenure = self.since + 30 * self.orders


def _level(score: float, *cuts: tuple[float, str]) -> str:
    return next((name for least, name in reversed(cuts) if score >= least), "low")


def _detail(status: int, detail: Any) -> Answer:
    return Answer(status, {"detail": detail})


def _customer(body: Body) -> str:
    profile = body.get("customer_profile")
    inner = profile.get("customer_id", "") if isinstance(profile, Mapping) else ""
    return str(body.get("customer_id", inner))


def _wrong(path: str, body: Body) -> str | None:
    """The name of the first field that the server would reject."""
    if not isinstance(body.get("customer_id"), str):
        return "customer_id"
    context = body.get("context", {})
    if context is not None and not isinstance(context, Mapping):
        return "context"
    if path == ACTIONS:
        return None if isinstance(body.get("issue_type"), str) else "issue_type"
    if path == ANALYZE:
        return None
    history = body.get("conversation_history")
    if not isinstance(history, list) or not all(_turn(turn) for turn in history):
        return "conversation_history"
    told = [(name, (context or {}).get(name)) for name in ("order_status", "tracking_number", "issue_type")]
    if any(value is not None and not isinstance(value, str) for _, value in told):
        return "context"
    return next((name for name in _TEXTS if not isinstance(body.get(name), str)), None)


def _turn(turn: object) -> bool:
    if not isinstance(turn, Mapping):
        return False
    return isinstance(turn.get("from_customer"), bool) and isinstance(turn.get("text"), str)
