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
    feedback,
    jobs,
    lost_jobs,
    old_conversations,
    profiles,
    wanted,
)
from intelligence.services.message_reading import read_ticket


@app.task(lock="refresh_profiles", retry=BRIEF)
def refresh_profiles() -> None:
    """Profiles the customers whose facts changed."""
    profiles.refresh_stale()


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep_profiles", lock="refresh_profiles", pass_context=False)
def sweep_profiles(timestamp: int) -> None:
    """Profiles whatever was left behind: a crash after a change's commit loses the call, not the mark."""
    profiles.refresh_stale()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="fit_when_grown", lock="fit_shop", pass_context=False)
def fit_when_grown(timestamp: int) -> None:
    """A new fit where enough orders came since the last; else finishes a run over all customers that was stopped."""
    if profiles.has_grown():
        profiles.fit_shop()
    profiles.profile_customers()


@app.periodic(cron="40 2 * * *")
@app.task(queueing_lock="fit_nightly", lock="fit_shop", pass_context=False)
def fit_nightly(timestamp: int) -> None:
    """A day of silence has passed for everybody: the shop and all profiles again."""
    if profiles.count_orders():
        profiles.fit_shop()
    profiles.profile_customers()


@app.task(retry=PATIENT)
def read_conversation(ticket_id: str) -> None:
    """Reads what a customer wrote as it is by now; run twice or late it does no harm."""
    read_ticket(UUID(ticket_id))


@app.task(retry=BRIEF)
def make_draft(ticket_id: str) -> None:
    """Makes the reply ready, and what services advise; where that is up to date, nothing. Run twice it does no harm."""
    drafts.prepare(UUID(ticket_id))
    advice.prepare(UUID(ticket_id))


@app.task(retry=PATIENT)
def analyze_customer(customer_id: str) -> None:
    """Asks the service about a customer whom somebody looks at."""
    analyses.refresh(UUID(customer_id), Deadline())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="mend_drafts", lock="mend_drafts", pass_context=False)
def mend_drafts(timestamp: int) -> None:
    """Drafts that stood in for a service are made again once it answers."""
    for ticket_id in drafts.to_mend():
        jobs.enqueue_draft(ticket_id)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="enqueue_wanted", pass_context=False)
def enqueue_wanted(timestamp: int) -> None:
    """For workers of procrastinate's own command line; ours look each second (quimbi_crm/job_worker.py)."""
    wanted.enqueue_wanted()


@app.task(retry=PATIENT)
def record_feedback(draft_id: str) -> None:
    """Compares what was sent with the draft, once."""
    feedback.record_feedback(UUID(draft_id))


@app.periodic(cron="*/2 * * * *")
@app.task(queueing_lock="catch_up", lock="catch_up", pass_context=False)
def catch_up_messages(timestamp: int) -> None:
    """Reads, drafts and compares what a lost job has left behind."""
    lost_jobs.catch_up()


@app.periodic(cron="33 3 * * *")
@app.task(queueing_lock="prune_catch_ups", pass_context=False)
def prune_catch_ups(timestamp: int) -> None:
    """Forgets how often messages of earlier days were tried."""
    lost_jobs.prune(timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="read_old_conversations", lock="read_old_conversations", pass_context=False)
def read_imported(timestamp: int) -> None:
    """Reads conversations that were imported; where there are none, one query."""
    old_conversations.read_old_conversations()
