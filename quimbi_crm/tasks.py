"""Housekeeping in the background: jobs whose worker died are tried again, what is no longer needed is removed."""

from datetime import timedelta

import structlog
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from procrastinate.contrib.django import app

from agents.models import EndedToken
from tickets.idempotency import KEPT_HOURS
from tickets.models import IdempotencyKey

log = structlog.get_logger(__name__)
FINISHED_JOBS_KEPT_HOURS = 72


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=False)
async def retry_stalled_jobs(timestamp: int) -> None:
    """A job whose worker no longer reports is put back: a killed worker loses no work. Tasks are idempotent."""
    for job in await app.job_manager.get_stalled_jobs():
        await app.job_manager.retry_job(job)
        log.warning("job_retried", job=job.id, task=job.task_name)


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="prune", pass_context=False)
async def prune(timestamp: int) -> None:
    """Removes finished jobs, ended sessions and tokens, and answers kept for requests that nobody repeats any more."""
    await app.job_manager.delete_old_jobs(
        nb_hours=FINISHED_JOBS_KEPT_HOURS, include_failed=False, include_cancelled=True
    )
    await SessionStore.aclear_expired()
    await IdempotencyKey.objects.filter(created_at__lt=timezone.now() - timedelta(hours=KEPT_HOURS)).adelete()
    await EndedToken.objects.filter(expires_at__lt=timezone.now()).adelete()
