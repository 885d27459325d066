"""Puts back the jobs of workers that died. Each job is handled on its own, so that one that cannot be put back holds up none.

The worker runs this by itself, at its start and every few seconds (quimbi_crm/job_worker.py), and not as a job: a job queue that
is stuck could not mend itself.
"""

from collections.abc import Collection
from dataclasses import dataclass

import structlog
from django.db import DatabaseError, connection
from psycopg import errors

from agents.common.transactions import atomic

log = structlog.get_logger(__name__)
WORKER_SILENT = 30  # seconds without a heartbeat after which a worker counts as dead
OVERDUE = 120  # seconds after which a job of a dead worker should have been put back
MOST_ATTEMPTS = 10  # a job whose workers died so often probably kills them

# A job that nobody works on: its worker is missing, silent, or this one, which knows that it does not run the job.
_STALLED = """
SELECT job.id, job.task_name, job.attempts, job.queueing_lock IS NOT NULL AND EXISTS (
           SELECT FROM procrastinate_jobs twin WHERE twin.queueing_lock = job.queueing_lock AND twin.status = 'todo')
  FROM procrastinate_jobs job
  LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
 WHERE job.status = 'doing' AND NOT job.id = ANY(%(running)s)
   AND (worker.id IS NULL OR job.id = ANY(%(lost)s) OR worker.id IS DISTINCT FROM %(own)s
        AND worker.last_heartbeat < now() - make_interval(secs => %(silent)s))
 ORDER BY job.id
"""
_OVERDUE = """
SELECT count(*) FROM procrastinate_jobs job
  LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
 WHERE job.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %(overdue)s))
   AND NOT EXISTS (SELECT FROM procrastinate_events event WHERE event.job_id = job.id AND event.type = 'started'
                      AND event.at > now() - make_interval(secs => %(overdue)s))
"""


@dataclass
class Recovery:
    """Number of jobs that were requeued, ended because another one does the same, and could not be handled."""

    retried: int = 0
    ended: int = 0
    failed: int = 0


def recover_stalled_jobs(own: int | None = None, running: Collection[int] = (), lost: Collection[int] = ()) -> Recovery:
    """Requeue every stalled job; tasks are idempotent. A worker passes its id, its running jobs, and those it has lost."""
    given = {"own": own, "running": list(running), "lost": list(lost), "silent": WORKER_SILENT}
    with connection.cursor() as cursor:
        cursor.execute(_STALLED, given)
        stalled = cursor.fetchall()
    done = Recovery()
    for job, task, attempts, has_twin in stalled:
        try:
            _recover(done, job, task, attempts, has_twin)
        except DatabaseError:
            done.failed += 1
            log.exception("job_not_recovered", job=job, task=task)
    return done


def _recover(done: Recovery, job: int, task: str, attempts: int, has_twin: bool) -> None:
    reason = "another job of the kind waits" if has_twin else ""
    if attempts >= MOST_ATTEMPTS:
        reason = f"its worker has died {attempts} times"
    if not reason:
        try:
            _put_back(job)
        except DatabaseError as error:
            if not isinstance(error.__cause__, errors.UniqueViolation):
                raise
            reason = "another job of the kind waits"  # queued a moment ago
    if not reason:
        done.retried += 1
        log.warning("job_retried", job=job, task=task, reason="its worker is gone")
        return
    _end(job)
    done.ended += 1
    log.warning("job_aborted", job=job, task=task, reason=reason)


def _put_back(job: int) -> None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", [job])


def _end(job: int) -> None:
    with atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_finish_job_v1(%s, 'aborted', false)", [job])


def overdue_jobs() -> int:
    """Number of jobs held by a worker that died more than two minutes ago."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, {"overdue": OVERDUE})
        return int(cursor.fetchone()[0])
