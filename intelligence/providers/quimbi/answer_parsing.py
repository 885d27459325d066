"""A tolerant reader of the service's answers: of the shapes that are known the first path that is there counts.

What is passed on is strict: checked, within bounds, and `None` where nobody knows.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from agents.common.patterns import compile_unicode
from intelligence.contract.facts import Conversation, CustomerFacts
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.results import Archetype, CustomerAnalysis, PlannedAction, Provenance
from intelligence.drafting.check_words import WORDS
from intelligence.profiles.analysis import history_of
from intelligence.profiles.segments import risk_level
from intelligence.providers.quimbi.answer_values import at, has, number, parse_name, present, texts
from intelligence.providers.safety.forbidden_words import any_words
from intelligence.providers.safety.plain_text import folded
from intelligence.providers.safety.sentence_rules import commitments
from intelligence.providers.safety.short_lines import clean_line

SOURCE = "quimbi"
MOST_MONEY = 1e9
GUIDANCE, AXES = 8, 12
_SCORE = (
    ("predictions", "churn_risk", "score"),
    ("predictions", "churn_risk", "churn_risk_score"),
    ("predictions", "churn_risk"),
    ("predictions", "churn_risk_score"),
    ("predictions", "churn_probability"),
    ("churn_risk", "score"),
    ("churn_risk", "churn_risk_score"),
    ("churn_risk", "churn_probability"),
    ("churn_risk",),
    ("churn_risk_score",),
    ("churn_probability",),
)
_LEVEL = (
    ("predictions", "churn_risk_level"),
    ("predictions", "churn_risk", "risk_level"),
    ("churn_risk", "risk_level"),
    ("churn_risk_level",),
    ("risk_level",),
)
_ARCHETYPE = (("archetype", "id"), ("archetype", "archetype_id"), ("archetype_id",), ("archetype",))
_SEGMENTS = (("archetype", "segments"), ("archetype", "dominant_segments"), ("dominant_segments",), ("segments",))
_GUIDANCE = (("communication_guidance",), ("communication_style",), ("communication_preferences",))
_VERSION = (("model_version",), ("metadata", "model_version"), ("version",))
# A twelve-month forecast by its name, then forecasts that state their horizon.
_TWELVE = (
    ("predictions", "predicted_ltv_12mo"),
    ("predictions", "ltv_12mo"),
    ("lifetime_value", "predicted_12m"),
    ("predicted_ltv_12mo",),
    ("ltv_12mo",),
)
_FORECASTS = ("predicted_ltv", "forecasted_ltv")
_HORIZONS = ("time_horizon_months", "horizon_months")
_INCLINED = compile_unicode(
    r"(?:(?<!ord)(?<!off)(?<!vouch)(?<!custom)er|prone|sensitive|driven|averse|only|heavy|oriented|rare|frequent)$"
)
_LEVELS = frozenset(
    {"very low", "minimal", "low", "moderate", "medium", "elevated", "high", "very high", "severe", "critical"}
)
_PRIORITIES = {"critical": 1, "urgent": 1, "high": 1, "medium": 2, "normal": 2, "low": 3}
_TEXT = (("message",), ("draft",), ("content",), ("data", "message"))
_APPLIED = (("personalization_applied",), ("personalizations",))
_ACTIONS = (("actions",), ("recommended_actions",))


def analysis(data: Any, customer: CustomerFacts, conversation: Conversation) -> CustomerAnalysis:
    """Parse an analysis. Without orders all predictions are dropped. Raises `ProviderError`."""
    found = _object(data)
    provenance = Provenance(SOURCE, version(found))
    if not any(has(found, path[:1]) for path in (*_SCORE, *_ARCHETYPE, *_SEGMENTS, *_TWELVE, *_GUIDANCE)):
        raise ProviderError("The Quimbi AI service gave an answer that cannot be read.", Failure.BAD_ANSWER)
    parse_lines = [
        clean_line(one, conversation, 200, strict=True) for one in texts(present(found, _GUIDANCE))[:GUIDANCE]
    ]
    guidance = tuple(line for line in parse_lines if line)
    if customer.total_orders == 0:
        unknown = replace(provenance, reasons=("There is no order to learn from, so nothing is predicted.",))
        return CustomerAnalysis(customer.id, unknown, communication_guidance=guidance)
    score, known = number(present(found, _SCORE), 0, 1), history_of(customer)
    raw = _level(present(found, _LEVEL))
    level = risk_level(score, purchases=known.purchases if known else 1) if score is not None else None
    archetype, worth = _archetype(found), _twelve_months(found)
    if score is None and archetype is None and worth is None:
        # Returning an empty analysis would hide the embedded provider's.
        raise ProviderError("The Quimbi AI service said nothing of the customer that can be used.", Failure.BAD_ANSWER)
    reasons: tuple[str, ...] = ("Asked of the Quimbi AI service.",)
    if raw and level and raw != level:
        reasons += (f"It calls this churn risk {raw}; by the shop's cuts it is {level}.",)
    return CustomerAnalysis(
        customer_id=customer.id,
        provenance=replace(provenance, reasons=reasons),
        archetype=archetype,
        churn_risk=score,
        churn_level=level,
        predicted_ltv_12mo=worth,
        communication_guidance=guidance,
    )


def _archetype(found: dict[str, Any]) -> Archetype | None:
    """The archetype without its share of customers, which the service does not give."""
    given = present(found, _SEGMENTS)
    segments = {}
    if isinstance(given, dict):
        pairs = [(_name(axis), _name(segment)) for axis, segment in given.items()]
        segments = dict([(axis, segment) for axis, segment in pairs if axis and segment][:AXES])
    tier = segments.get("purchase_value") or _name(at(found, ("lifetime_value", "tier")))
    known = _name(present(found, _ARCHETYPE)) or tier
    return Archetype(known, None, None, segments) if known else None


def _twelve_months(found: dict[str, Any]) -> float | None:
    """Value of the next twelve months; if the past value stands beside it, the figure included it, and it is subtracted."""
    for path in _TWELVE:
        if has(found, path):
            return _without_past(number(at(found, path), 0, MOST_MONEY), found, path)
    for parent in ((), ("predictions",), ("lifetime_value",)):
        inner = at(found, parent) if parent else found
        for key in _FORECASTS:
            if isinstance(inner, dict) and key in inner:
                horizon = number(next((inner[one] for one in _HORIZONS if one in inner), None), 1, 1200)
                value = number(inner[key], 0, MOST_MONEY)
                return _without_past(value, found, (*parent, key)) if horizon == 12 else None
    return None


def _without_past(value: float | None, found: dict[str, Any], path: tuple[str, ...]) -> float | None:
    current = (*path[:-1], "current")
    if value is None or not has(found, current):
        return value
    past = number(at(found, current), 0, MOST_MONEY)
    return None if past is None else round(max(value - past, 0.0), 4)


@dataclass(frozen=True)
class Message:
    text: str
    applied: tuple[str, ...]
    version: str


def message(data: Any, conversation: Conversation) -> Message:
    """The draft as the service wrote it; it must be cleaned before it is shown. Raises `ProviderError`."""
    found = _object(data)
    text = present(found, _TEXT)
    if not isinstance(text, str):
        raise ProviderError("The Quimbi AI service gave an answer that cannot be read.", Failure.BAD_ANSWER)
    given = present(found, _APPLIED)
    if isinstance(given, dict):
        given = [_readable(str(key)) for key, applied in given.items() if applied is True]
    parse_lines = [clean_line(one, conversation, 120, strict=True) for one in texts(given)[:10]]
    return Message(text, tuple(line for line in parse_lines if line), version(found))


def actions(data: Any, conversation: Conversation, most: int) -> tuple[list[tuple[str, int, str]], int]:
    """(action, priority, reasoning) of each, most urgent first, and the number of unusable ones. Raises `ProviderError`."""
    given = present(_object(data), _ACTIONS)
    if not isinstance(given, list):
        raise ProviderError("The Quimbi AI service gave an answer that cannot be read.", Failure.BAD_ANSWER)
    found = []
    for one in given[: 4 * most]:
        item = one if isinstance(one, dict) else {"action": one}
        text = _action(item.get("action"), conversation)
        if text is None:
            continue
        reasoning = clean_line(present(item, (("reasoning",), ("reason",))), conversation, strict=True) or ""
        found.append((text, _priority(item.get("priority")), reasoning))
    found.sort(key=lambda one: one[1])
    return found[:most], len(given) - len(found)


def _action(given: Any, conversation: Conversation) -> str | None:
    """The action's text; what would commit the shop to something is worded as the agent's decision."""
    text = clean_line(given, conversation, strict=True, allowed=frozenset({"promise"}))
    if text is None or clean_line(text, conversation, strict=True) is not None:
        return text
    return f"For you to decide: {text}"


def parse_lines(data: Any, key: str, conversation: Conversation, most: int = 5) -> tuple[str, ...]:
    """The usable warnings or talking points."""
    given = texts(at(data, (key,)))[: 4 * most]
    found = (clean_line(one, conversation, strict=True) for one in given)
    return tuple(dict.fromkeys(line for line in found if line))[:most]


def planned(found: list[tuple[str, int, str]], key: str) -> list[PlannedAction]:
    """The planned actions, each identified by its words, so that it can be ticked off; duplicates are dropped."""
    actions = {
        hashlib.sha256(text.encode()).hexdigest()[:12]: (text, reasoning or "The service gave no reason.")
        for text, _, reasoning in reversed(found)
    }
    return [PlannedAction(key, text, 0, why, about=about) for about, (text, why) in reversed(actions.items())]


def version(found: Any) -> str:
    given = parse_name(present(found, _VERSION))
    # A model's name may contain digits, unlike a customer's segment: gpt-4o-mini-2024-07-18.
    return given if given and " " not in given and _is_name(given, most=8, model=True) else "quimbi"


def _level(value: Any) -> str | None:
    """The level if it is one of the known words, else `None`."""
    word = " ".join(value.replace("_", " ").lower().split()) if isinstance(value, str) else None
    return word if word in _LEVELS else None


def _name(value: Any) -> str | None:
    found = parse_name(value)
    return found if found and _is_name(found, most=4) else None


def _is_name(found: str, most: int, *, model: bool = False) -> bool:
    """Whether the text is the name of a kind or version and not a sentence: agents see it as the customer's archetype."""
    text = folded(found.replace("_", " ").replace("-", " "))
    words, common = text.split(), any_words()
    patterns = (common.insults, common.secrets, common.beyond, *(() if model else (common.machine, common.web)))
    if len(words) > most or set(words) & WORDS["en"].common or any(one.search(text) for one in patterns):
        return False
    # "Likes discounts" describes a customer and promises nothing.
    return _INCLINED.search(text) is not None or not any(commitments(text, "en"))


def _priority(value: Any) -> int:
    if isinstance(value, str) and value.strip().lower() in _PRIORITIES:
        return _PRIORITIES[value.strip().lower()]
    found = number(value, 1, 1000)
    return int(found) if found is not None else 3


def _readable(key: str) -> str:
    words = key.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _object(data: Any) -> dict[str, Any]:
    """The answer itself, or the object inside its wrapper."""
    if isinstance(data, dict) and isinstance(data.get("data"), dict) and len(data) <= 3:
        data = {**data["data"], **{key: value for key, value in data.items() if key != "data"}}
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise ProviderError("The Quimbi AI service gave an answer that cannot be read.", Failure.BAD_ANSWER)
    return data
