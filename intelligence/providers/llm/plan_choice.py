"""Make a plan from a language model's choice: the model's order and reasons, our sentences.

The embedded plan is made first and given as candidates. The model can select and sort them and add actions of the catalogue; it
can neither word an action nor drop an urgent one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from intelligence.contract.facts import Conversation
from intelligence.contract.results import Plan, PlannedAction
from intelligence.planning.catalogue import MOST, PLACE, RETAINING, Key
from intelligence.planning.generic import GENERIC
from intelligence.providers.llm.chat import Schema
from intelligence.providers.safety.short_lines import clean_line

LINES = 3  # warnings or talking points used from the model's answer
_LINE = 200  # characters
URGENT = frozenset(key for key in Key if PLACE[key] < PLACE[Key.ASK_ORDER])  # urgent actions
# Models may not suggest actions in free text.
CHOICES = tuple(str(key) for key in Key if key is not Key.SUGGESTED)


def schema(conversation: Conversation) -> Schema:
    """JSON schema of an answer: keys of the catalogue and order numbers of the customer."""
    line = {"type": "string"}
    numbers = sorted({order.number for order in conversation.customer.orders if order.number})
    action = {
        "type": "object",
        "properties": {
            "key": {"type": "string", "enum": list(CHOICES)},
            "about": {"type": "string", "enum": ["", *numbers]},
            "reasoning": line,
        },
        "required": ["key", "about", "reasoning"],
        "additionalProperties": False,
    }
    body = {
        "type": "object",
        "properties": {
            "actions": {"type": "array", "items": action, "minItems": 1, "maxItems": 12},
            "warnings": {"type": "array", "items": line, "maxItems": 20},
            "talking_points": {"type": "array", "items": line, "maxItems": 20},
        },
        "required": ["actions", "warnings", "talking_points"],
        "additionalProperties": False,
    }
    return Schema("plan", body)


def chosen(answer: Mapping[str, Any], embedded: Plan, conversation: Conversation) -> Plan:
    """The plan with the model's choice; its provenance is still that of the embedded plan."""
    actions = list(_urgent_first(embedded, _wished(answer["actions"], embedded, conversation)))[:MOST]
    weighed = tuple(_weighed(action, place, embedded) for place, action in enumerate(actions, 1))
    warnings = _lines(embedded.warnings, answer["warnings"], conversation)
    points = embedded.talking_points
    if points or not conversation.ticket.messages or not conversation.ticket.messages[-1].from_agent:
        points = _lines(points, answer["talking_points"], conversation)
    return replace(embedded, actions=weighed, warnings=warnings, talking_points=points)


def _wished(wishes: Iterable[Mapping[str, str]], embedded: Plan, conversation: Conversation) -> Iterator[PlannedAction]:
    left = list(embedded.actions)
    for wish in wishes:
        key, about = Key(wish["key"]), wish["about"]
        why = clean_line(wish["reasoning"], conversation, _LINE, strict=True)
        same = [one for one in left if one.key == key]
        candidate = next((one for one in same if one.about == about), same[0] if same else None)
        if candidate is not None:
            left.remove(candidate)
            told = f"{candidate.reasoning} {why}" if why and why != candidate.reasoning else candidate.reasoning
            yield replace(candidate, reasoning=told)
        elif key in GENERIC and all(one.key != key for one in embedded.actions):
            yield PlannedAction(key, GENERIC[key], 0, why or "The language model suggests it.", about=about)


def _urgent_first(embedded: Plan, wished: Iterable[PlannedAction]) -> Iterator[PlannedAction]:
    """Urgent actions in the catalogue's order, then the model's choice in its own order, each once."""
    chosen_ones = {(action.key, action.about): action for action in reversed(list(wished))}
    ordered = list(reversed(chosen_ones.values()))
    kept = {(action.key, action.about) for action in ordered}
    urgent = [action for action in ordered if Key(action.key) in URGENT]
    urgent += [one for one in embedded.actions if Key(one.key) in URGENT and (one.key, one.about) not in kept]
    yield from sorted(urgent, key=lambda action: PLACE[Key(action.key)])
    yield from (action for action in ordered if Key(action.key) not in URGENT)


def _weighed(action: PlannedAction, place: int, embedded: Plan) -> PlannedAction:
    risk = embedded.revenue_at_risk if Key(action.key) in RETAINING else None
    return replace(action, priority=place, revenue_at_risk=risk, retention_probability=None)


def _lines(own: tuple[str, ...], theirs: Iterable[object], conversation: Conversation) -> tuple[str, ...]:
    """The embedded lines, which are facts, followed by the model's."""
    added: list[str] = []
    for text in theirs:
        line = clean_line(text, conversation, _LINE, strict=True)
        if line is not None and line not in (*own, *added) and len(added) < LINES:
            added.append(line)
    return (*own, *added)
