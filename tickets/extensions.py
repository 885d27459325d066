"""Extension points of the core for slices.

A slice is an app inside `tickets` (such as `tickets.topic_alerts`) that the core must not import. It registers what it adds
here, in `AppConfig.ready()`, and the core calls whatever is registered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from agents.models import Agent


@dataclass(frozen=True)
class InboxPart:
    """What a slice adds to an agent's inbox: keywords that move tickets ahead, and a panel above the list.

    The keywords are those that the slice has registered with `register_keywords` for this agent; the part repeats them so that
    the inbox reads them once. `template` is included with the result of `panel()` as `panel`, which is called once the page's
    other data is loaded.
    """

    keywords: list[str]
    template: str
    panel: Callable[[], dict[str, Any]]


Keywords = Callable[[Agent], list[str]]
Undo = Callable[[HttpRequest, dict[str, Any]], None]
_keywords: list[Keywords] = []
_inbox_parts: list[Callable[[Agent], InboxPart]] = []
_undo: dict[str, Undo] = {}


def register_keywords(source: Keywords) -> None:
    """Let tickets that contain one of an agent's keywords rank earlier for that agent."""
    _keywords.append(source)


def register_inbox_part(part: Callable[[Agent], InboxPart]) -> None:
    """Show a panel in every agent's inbox."""
    _inbox_parts.append(part)


def register_undo(key: str, undo: Undo) -> None:
    """Handle *Undo* of a message whose data has the key. Bad data may raise `ValueError`, `TypeError` or `KeyError`."""
    _undo[key] = undo


def ranking_keywords(agent: Agent) -> list[str]:
    """The distinct keywords that move tickets ahead for the agent."""
    return list(dict.fromkeys(word for source in _keywords for word in source(agent)))


def inbox_parts(agent: Agent) -> list[InboxPart]:
    """What slices add to the agent's inbox."""
    return [part(agent) for part in _inbox_parts]


def undo_for(data: dict[str, Any]) -> Undo | None:
    """The slice's *Undo* for the data of a message; `None` if it is the core's own."""
    return next((undo for key, undo in _undo.items() if key in data), None)
