"""What pages answer to a form: the sentence of a refusal, the input to show again, and what *Undo* needs."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from agents.common.errors import Conflict
from agents.sign_in.sessions import safe_next
from tickets import services

# Session key of the input of a rejected inbox form, until the page has shown it again.
KEPT = "refused"
FIELDS = ("tag", "priority", "assigned_to", "at")  # fields kept besides the selected tickets
LONGEST_KEPT, LONGEST_PAGE = 200, 2000  # characters of a field and of a URL; valid ones are shorter


def sentence_of(refusal: Exception) -> str:
    """What the page says of a change that a service has refused."""
    if isinstance(refusal, Conflict):
        return refusal.sentence
    return str(refusal.messages[0] if isinstance(refusal, ValidationError) else refusal)


def refuse_form(
    request: HttpRequest, sentence: str, chosen: Iterable[UUID] = (), fields: tuple[str, ...] = FIELDS
) -> None:
    """Show the sentence, and keep what was selected and typed."""
    messages.error(request, sentence)
    keep_input(request, chosen, fields)


def keep_input(request: HttpRequest, chosen: Iterable[UUID], fields: tuple[str, ...] = FIELDS) -> None:
    """Keep the ticked tickets and typed fields of a refused form for the page without JavaScript."""
    if not getattr(request, "htmx", None):
        typed = {name: text[:LONGEST_KEPT] for name in fields if (text := request.POST.get(name, ""))}
        ticked = [str(pk) for pk in chosen][: services.MOST_AT_ONCE]
        request.session[KEPT] = {**typed, "tickets": ticked, "page": safe_next(request)[:LONGEST_PAGE]}


def tell_with_undo(request: HttpRequest, sentence: str, undo: Any = None) -> None:
    """A success message, with what its *Undo* button (templates/news.html) sends back."""
    messages.success(request, sentence, extra_tags=json.dumps(undo) if undo else "")
