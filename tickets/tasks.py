"""The worker's tasks of records: end snoozes, send scheduled replies, re-rank after a change of weights, compact counts, and
delete old events and composer drafts.
"""

from uuid import UUID

import structlog
from django.utils import timezone
from procrastinate.contrib.django import app

from agents.common.retries import BRIEF, PATIENT
from tickets.live import log as events
from tickets.ranking import counts, weights
from tickets.services import snoozing
from tickets.services.messages import composer_drafts, scheduled_replies
from tickets.services.weights import rerank_all

log = structlog.get_logger(__name__)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="compact_counts", pass_context=False)
def compact_counts(timestamp: int) -> None:
    """Compact the deltas of the ticket counts."""
    counts.compact()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="place_events", pass_context=False)
def place_events(timestamp: int) -> None:
    """Give events their positions, for workers of procrastinate's own command line (ours do it each second)."""
    events.place()


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="prune_events", pass_context=False)
def prune_events(timestamp: int) -> None:
    """Delete events that are too old for any client to catch up with."""
    events.prune()


@app.task(lock="rerank", retry=BRIEF)
def rerank_tickets(version: int) -> None:
    """Rank all open tickets by new weights. A killed run is recovered (quimbi_crm/job_recovery.py) and resumes."""
    rerank_all(version)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="finish_ranking", lock="rerank", pass_context=False)
def finish_ranking(timestamp: int) -> None:
    """Each minute: finish a re-rank that no job is working on, for example after its job was lost. `timestamp` is the
    scheduler's.
    """
    state = weights.in_force()
    if state is not None and state.ranked_at is None:
        rerank_all(state.pk)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="end_snoozes", pass_context=False)
def end_snoozes(timestamp: int) -> None:
    """End all snoozes whose time has passed."""
    while snoozing.wake_due(timezone.now()) == snoozing.AT_ONCE:
        pass


@app.task(retry=PATIENT)
def release_reply(message_id: str) -> None:
    """Send a scheduled reply unless its author undid it. Idempotent; the sweep below sends those whose job was lost."""
    scheduled_replies.send_scheduled_reply(UUID(message_id))


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="release_replies", pass_context=False)
def release_replies(timestamp: int) -> None:
    """Send due replies whose jobs were lost."""
    for message_id in scheduled_replies.overdue(timezone.now()):
        try:
            scheduled_replies.send_scheduled_reply(message_id)
        except Exception:
            log.exception("reply_not_released", message=str(message_id))


@app.periodic(cron="47 3 * * *")
@app.task(queueing_lock="prune_composer_drafts", pass_context=False, aliases=["tickets.tasks.prune_unsent"])
def prune_composer_drafts(timestamp: int) -> None:
    """Delete the composer drafts of tickets that were closed long ago."""
    composer_drafts.prune_composer_drafts(timezone.now())
