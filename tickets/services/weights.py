"""Change the weights, and re-rank all open tickets in the background."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from agents import audit
from agents.common.transactions import atomic, send_signal
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import Ticket, WeightSet
from tickets.ranking import scoring, weights
from tickets.ranking.weights import Weights
from tickets.services.events import announce_order
from tickets.signals import weights_changed

# A batch locks its tickets for about 150 ms, which is how long writers may wait.
BATCH = 4000
Progress = Callable[[int], object]


@atomic
def save_weights(actor: Agent | None, wanted: Weights, reason: str = "") -> WeightSet | None:
    """Activate the weights for the next writes; all open tickets are re-ranked in the background.

    Returns the active row; without a change nothing is written. Raises `PermissionDenied` below manager.
    """
    demand(actor, Capability.WEIGHTS)
    weights.hold_still()
    before = weights.in_force()
    current = weights.parse_weights(before.weights) if before else weights.DEFAULT_WEIGHTS
    if wanted == current:
        return before
    made = WeightSet.objects.create(
        weights=wanted.as_json(),
        formula=scoring.VERSION,
        author=actor,
        reason=reason.strip()[:500],
        to_rank=Ticket.objects.ranked().count(),
    )
    audit.record("weights.saved", made, actor=actor, changes=_differences(current, wanted), reason=reason)
    send_signal(weights_changed, WeightSet, version=made.pk)
    return made


def _differences(before: Weights, after: Weights) -> dict[str, tuple[Any, Any]]:
    old, new = _flat(before), _flat(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def _flat(values: Weights) -> dict[str, float]:
    plain = values.as_json()
    priority = plain.pop("priority")
    return {**{f"priority.{name}": value for name, value in priority.items()}, **plain}


def rerank_all(version: int, progress: Progress | None = None) -> int:
    """Rank every open and pending ticket by the active weights, in batches, continuing an interrupted run.

    Ends early if `version` is no longer active: the newer one has its own run. Returns the number of ranked tickets. Running it
    twice, or twice at once, is harmless.
    """
    ranked = 0
    while (done := _rank_batch(version)) > 0:
        ranked += done
        if progress:
            progress(done)
    return ranked


@atomic
def _rank_batch(version: int) -> int:
    state = WeightSet.objects.select_for_update(no_key=True).get(pk=version)
    if state.ranked_at is not None or WeightSet.objects.filter(pk__gt=version).exists():
        return 0
    tickets = Ticket.objects.ranked()
    if state.ranked_up_to is not None:
        tickets = tickets.filter(pk__gt=state.ranked_up_to)
    held = tickets.order_by("id").select_for_update(no_key=True).values_list("pk", flat=True)
    ids: list[UUID] = list(held[:BATCH])
    with connection.cursor() as cursor:
        # Ranks and progress share a transaction: a crash costs one batch, a flush to disk would slow each batch.
        cursor.execute("SET LOCAL synchronous_commit = off")
    if ids:
        scoring.rerank(Ticket.objects.filter(pk__in=scoring.these(ids)))
        state.ranked_up_to, state.ranked = ids[-1], state.ranked + len(ids)
    else:
        state.ranked_at = timezone.now()
        announce_order("weights")
    state.save(update_fields=["ranked_up_to", "ranked", "ranked_at"])
    return len(ids)


def restart_ranking() -> WeightSet:
    """Start a re-rank of all tickets by the current weights and this version's formula."""
    with atomic():
        weights.hold_still()
        state = weights.in_force()
        if state is None:
            state = WeightSet(weights=weights.DEFAULT_WEIGHTS.as_json(), reason="The defaults.")
        state.formula, state.ranked, state.ranked_up_to, state.ranked_at = scoring.VERSION, 0, None, None
        state.to_rank = Ticket.objects.ranked().count()
        state.save()
        return state


def ranking_state() -> str:
    """ "ok", or how far the stored ranks are behind the formula, in words."""
    state = weights.in_force()
    if state is None:
        return "ok"
    if state.formula != scoring.VERSION:
        return "older than the formula; run manage.py rescore"
    if state.ranked_at is None:
        return f"ranking again: {state.ranked} of {state.to_rank}"
    return "ok"
