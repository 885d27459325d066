"""The worker's housekeeping tasks: retry jobs of dead workers, delete what is no longer needed."""

from datetime import timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from procrastinate.contrib.django import app

from agents.models import EndedToken
from quimbi_crm.job_recovery import recover_stalled_jobs
from tickets.idempotency import KEPT_HOURS
from tickets.models import IdempotencyKey, QueueUse

FINISHED_JOBS_KEPT_HOURS = 72


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="retry_stalled_jobs", pass_context=False)
def retry_stalled_jobs(timestamp: int) -> None:
    """Fallback for procrastinate's own worker command; `quimbi_crm/job_worker.py` does this itself."""
    recover_stalled_jobs()


@app.periodic(cron="17 3 * * *")
@app.task(queueing_lock="prune", pass_context=False)
async def prune(timestamp: int) -> None:
    """Delete finished jobs, ended sessions and tokens, answers stored for repeated requests, and expired uses of the queue."""
    await app.job_manager.delete_old_jobs(
        nb_hours=FINISHED_JOBS_KEPT_HOURS, include_failed=False, include_cancelled=True, include_aborted=True
    )
    await SessionStore.aclear_expired()
    await IdempotencyKey.objects.filter(created_at__lt=timezone.now() - timedelta(hours=KEPT_HOURS)).adelete()
    await QueueUse.objects.filter(at__lt=timezone.now() - timedelta(hours=1)).adelete()
    await EndedToken.objects.filter(expires_at__lt=timezone.now()).adelete()
