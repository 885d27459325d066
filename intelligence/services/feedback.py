"""Compare sent replies with their drafts, and report per tone, channel, language and tag."""

from datetime import timedelta
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, Q
from django.utils import timezone

from agents.models import Agent
from agents.permissions import Capability, demand
from intelligence.models import Draft, DraftFeedback

# Share of words changed: up to a tenth counts as accepted, up to six tenths as edited, more as discarded.
ACCEPTED, EDITED = 0.1, 0.6
COMPARED_WORDS = 1000
ENOUGH = 20  # replies needed before a group's figures mean something
GROUPS = ("tone", "channel", "language", "tag")


def distance(draft: str, sent: str) -> float:
    """0 if the draft was sent unchanged, 1 if no word stayed: one minus the share of common words in their order."""
    before, after = draft.casefold().split()[:COMPARED_WORDS], sent.casefold().split()[:COMPARED_WORDS]
    return round(1 - SequenceMatcher(None, before, after, autojunk=False).ratio(), 4)


def outcome(far: float) -> str:
    if far <= ACCEPTED:
        return DraftFeedback.Outcome.ACCEPTED
    return DraftFeedback.Outcome.EDITED if far <= EDITED else DraftFeedback.Outcome.DISCARDED


def record_feedback(draft_id: UUID) -> DraftFeedback | None:
    """Compare the draft with the message that answered. Idempotent; `None` if there is nothing to compare.

    A follow-up draft made after the agent's own message was not offered for this answer.
    """
    draft = Draft.objects.select_related("answered_by").filter(pk=draft_id).first()
    if draft is None or draft.answered_by is None or draft.topic == "check_in":
        return None
    far = distance(draft.content, draft.answered_by.content)
    feedback, _ = DraftFeedback.objects.get_or_create(
        draft=draft,
        defaults={
            "tone": draft.tone,
            "channel": draft.channel,
            "language": draft.language,
            "tag": draft.about,
            "source": draft.provenance.get("source", ""),
            "outcome": outcome(far),
            "distance": far,
        },
    )
    return feedback


def report(actor: Agent, days: int) -> dict[str, Any]:
    """Draft figures of the last days. Raises `PermissionDenied` below team lead."""
    demand(actor, Capability.REPORTS)
    since = timezone.now() - timedelta(days=days)
    rows = DraftFeedback.objects.filter(created_at__gte=since)
    figures = {
        "sample_size": Count("pk"),
        "mean_distance": Avg("distance"),
        **{name: Count("pk", filter=Q(outcome=name)) for name in DraftFeedback.Outcome.values},
    }
    answer: dict[str, Any] = {"days": days, "since": since, "overall": _row("all", rows.aggregate(**figures))}
    for group in GROUPS:
        found = rows.values(group).annotate(**figures).order_by("-sample_size", group)
        answer[f"by_{group}"] = [_row(one.pop(group), one) for one in found]
    answer["thresholds"] = {"accepted": ACCEPTED, "edited": EDITED, "enough": ENOUGH}
    return answer


def _row(name: str, found: dict[str, Any]) -> dict[str, Any]:
    """Counts and shares; shares of an empty group are null."""
    size = found["sample_size"]
    shares = {f"{one}_share": round(found[one] / size, 4) if size else None for one in DraftFeedback.Outcome.values}
    mean = found["mean_distance"]
    counts = {one: found[one] for one in DraftFeedback.Outcome.values}
    return {
        "name": name,
        "sample_size": size,
        "enough": size >= ENOUGH,
        **counts,
        **shares,
        "mean_distance": None if mean is None else round(mean, 4),
    }
