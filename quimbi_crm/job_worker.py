"""The background worker: procrastinate's worker, with two side tasks.

It puts back the jobs of workers that died, at its start and every few seconds, and it writes what GET requests must not write.
"""

import asyncio
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import connections
from procrastinate import App
from procrastinate.exceptions import UniqueViolation
from procrastinate.job_context import JobContext, JobResult
from procrastinate.jobs import Job, Status
from procrastinate.retry import RetryDecision
from procrastinate.worker import Worker

from quimbi_crm.job_recovery import Recovery, recover_stalled_jobs

log = structlog.get_logger(__name__)
EVERY = 10.0  # seconds
READERS_EVERY = 1.0  # seconds


class RecoveringWorker(Worker):
    """A worker that also runs recovery and readers' wishes beside its jobs, so that no state of the queue can block them."""

    _suspects: frozenset[int] = frozenset()

    def _start_side_tasks(self) -> list["asyncio.Task[Any]"]:
        own = [
            asyncio.create_task(self._recover(), name="recovery"),
            asyncio.create_task(self._serve_readers(), name="readers"),
        ]
        return [*super()._start_side_tasks(), *own]

    async def _serve_readers(self) -> None:
        while True:
            try:
                await sync_to_async(serve_readers, thread_sensitive=False)()
            except Exception:  # the database may be down for a while; the next round retries
                log.exception("readers_not_served")
                await asyncio.sleep(EVERY)
            await asyncio.sleep(READERS_EVERY)

    async def _recover(self) -> None:
        while True:
            try:
                await self.recover_once()
            except Exception:  # the database may be down for a while; the next round retries
                log.exception("recovery_failed")
            await asyncio.sleep(EVERY)

    async def recover_once(self) -> Recovery:
        """One round. A job that this worker owns but did not run in two consecutive rounds is lost."""
        if self.worker_id is None:
            return Recovery()
        # Heartbeat first, so that this worker never counts as dead after the database was down.
        await self.app.job_manager.update_heartbeat(self.worker_id)
        before, running = self._suspects, self._running_ids()
        self._suspects = frozenset(await sync_to_async(_held_by, thread_sensitive=False)(self.worker_id)) - running
        lost = (self._suspects & before) - self._running_ids()
        return await sync_to_async(_recover_in_thread, thread_sensitive=False)(self.worker_id, running, lost)

    def _running_ids(self) -> frozenset[int]:
        return frozenset(one.job.id for one in self._running_jobs.values() if one.job.id is not None)

    async def _persist_job_status(
        self,
        job: Job,
        status: Status,
        retry_decision: RetryDecision | None,
        context: JobContext,
        job_result: JobResult | None,
    ) -> None:
        """End a failed job that would be retried while another of its kind waits: the other one does its work."""
        try:
            await super()._persist_job_status(job, status, retry_decision, context, job_result)
        except UniqueViolation:
            log.warning("job_not_retried", job=job.id, task=job.task_name, reason="another job of the kind waits")
            await super()._persist_job_status(job, status, None, context, job_result)


def serve_readers() -> None:
    """Do what GET requests leave to the worker: give events their positions, and enqueue the work that readers want."""
    from intelligence.services.wanted import enqueue_wanted
    from tickets.live import log as events

    try:
        events.place()
        enqueue_wanted()
    finally:
        connections.close_all()


def _held_by(worker_id: int) -> list[int]:
    from django.db import connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = %s", [worker_id])
            return [row[0] for row in cursor.fetchall()]
    finally:
        connections.close_all()


def _recover_in_thread(own: int, running: frozenset[int], lost: frozenset[int]) -> Recovery:
    try:
        return recover_stalled_jobs(own, running, lost)
    finally:
        connections.close_all()


def use_recovering_worker(app: App) -> None:
    """Called by procrastinate when its app is ready (settings.PROCRASTINATE_ON_APP_READY)."""

    def make(**options: Any) -> Worker:
        return RecoveringWorker(app=app, **{**app.worker_defaults, **options})

    setattr(app, "_worker", make)  # noqa: B010  procrastinate has no setting for the worker class
