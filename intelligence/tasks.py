"""The worker's tasks of intelligence: read messages, make drafts, keep profiles and the fitted shop up to date."""

from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from agents.common.retries import BRIEF, PATIENT
from intelligence.contract.deadline import Deadline
from intelligence.services import (
    advice,
    analyses,
    drafts,
    enqueueing,
    feedback,
    lost_jobs,
    old_conversations,
    profiles,
    wanted,
)
from intelligence.services.message_reading import read_ticket


@app.task(lock="refresh_profiles", retry=BRIEF)
def refresh_profiles() -> None:
    """Profile the customers whose facts changed."""
    profiles.refresh_stale()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep_profiles", lock="refresh_profiles", pass_context=False)
def sweep_profiles(timestamp: int) -> None:
    """Profile customers whose mark was left: a crash after a commit loses the wake-up call, not the mark."""
    profiles.refresh_stale()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="fit_when_grown", lock="fit_shop", pass_context=False)
def fit_when_grown(timestamp: int) -> None:
    """Fit again if enough orders came since the last fit; else finish an interrupted run over all customers."""
    if profiles.has_grown():
        profiles.fit_shop()
    profiles.profile_customers()


@app.periodic(cron="40 2 * * *")
@app.task(queueing_lock="fit_nightly", lock="fit_shop", pass_context=False)
def fit_nightly(timestamp: int) -> None:
    """Fit the shop and profile all customers, whose silence is a day longer."""
    if profiles.count_orders():
        profiles.fit_shop()
    profiles.profile_customers()


@app.task(retry=PATIENT)
def read_conversation(ticket_id: str) -> None:
    """Read the conversation as it is now. Idempotent, and harmless if late."""
    read_ticket(UUID(ticket_id))


@app.task(retry=BRIEF)
def make_draft(ticket_id: str) -> None:
    """Prepare the reply and services' advice, unless they are up to date. Idempotent."""
    drafts.prepare(UUID(ticket_id))
    advice.prepare(UUID(ticket_id))


@app.task(retry=PATIENT)
def analyze_customer(customer_id: str) -> None:
    """Ask the service about a customer whom an agent is viewing."""
    analyses.refresh(UUID(customer_id), Deadline())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="mend_drafts", lock="mend_drafts", pass_context=False)
def mend_drafts(timestamp: int) -> None:
    """Replace fallback drafts when the service answers again."""
    for ticket_id in drafts.to_mend():
        enqueueing.enqueue_draft(ticket_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="enqueue_wanted", pass_context=False)
def enqueue_wanted(timestamp: int) -> None:
    """Fallback for procrastinate's own worker command; `quimbi_crm/job_worker.py` does this each second."""
    wanted.enqueue_wanted()


@app.task(retry=PATIENT)
def record_feedback(draft_id: str) -> None:
    """Compare the sent reply with the draft, once."""
    feedback.record_feedback(UUID(draft_id))


@app.periodic(cron="*/2 * * * *")
@app.task(queueing_lock="catch_up", lock="catch_up", pass_context=False)
def catch_up_messages(timestamp: int) -> None:
    """Enqueue the work that lost jobs have left undone."""
    lost_jobs.catch_up()


@app.periodic(cron="33 3 * * *")
@app.task(queueing_lock="prune_catch_ups", pass_context=False)
def prune_catch_ups(timestamp: int) -> None:
    """Delete attempt counters of earlier days."""
    lost_jobs.prune(timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="read_old_conversations", lock="read_old_conversations", pass_context=False)
def read_imported(timestamp: int) -> None:
    """Read imported conversations; one query if there are none."""
    old_conversations.read_old_conversations()
