"""Jobs of dead workers are requeued, each independently of the others."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, connection
from procrastinate.contrib.django import app
from rest_framework.test import APIClient

from quimbi_crm import job_recovery
from quimbi_crm.job_recovery import MOST_ATTEMPTS, Recovery, recover_stalled_jobs
from quimbi_crm.job_worker import RecoveringWorker

pytestmark = pytest.mark.django_db


def run(sql: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()[0]


def make_worker(silent: int = 0) -> int:
    """Create a worker whose last heartbeat was `silent` seconds ago."""
    sql = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id"
    return int(run(sql, silent))


def make_job(status: str = "doing", worker: int | None = None, **more: Any) -> int:
    values = {"queueing_lock": None, "lock": None, "attempts": 0, **more}
    sql = (
        "INSERT INTO procrastinate_jobs (task_name, queue_name, status, worker_id, queueing_lock, lock, attempts) "
        "VALUES ('tickets.tasks.compact_counts', 'default', %s, %s, %s, %s, %s) RETURNING id"
    )
    return int(run(sql, status, worker, values["queueing_lock"], values["lock"], values["attempts"]))


def status_of(job: int) -> str:
    return str(run("SELECT status FROM procrastinate_jobs WHERE id = %s", job))


@pytest.mark.parametrize("silent", [None, 31, 3600])
def test_job_of_a_dead_worker_is_requeued(silent: int | None) -> None:
    job = make_job(worker=None if silent is None else make_worker(silent))
    assert recover_stalled_jobs() == Recovery(retried=1)
    assert status_of(job) == "todo"


def test_job_of_a_live_worker_is_not_requeued() -> None:
    job = make_job(worker=make_worker(silent=10))
    assert recover_stalled_jobs() == Recovery()
    assert status_of(job) == "doing"


def test_stalled_job_is_aborted_if_a_job_with_its_queueing_lock_waits() -> None:
    dead = make_worker(silent=60)
    first, stalled, last = make_job(worker=dead), make_job(worker=dead, queueing_lock="prune"), make_job(worker=dead)
    twin = make_job("todo", queueing_lock="prune")
    assert recover_stalled_jobs() == Recovery(retried=2, ended=1)
    assert [status_of(one) for one in (first, stalled, last, twin)] == ["todo", "aborted", "todo", "todo"]


def test_one_of_two_stalled_jobs_with_the_same_queueing_lock_is_requeued() -> None:
    dead = make_worker(silent=60)
    first, second = make_job(worker=dead, queueing_lock="q"), make_job(worker=dead, queueing_lock="q")
    assert recover_stalled_jobs() == Recovery(retried=1, ended=1)
    assert [status_of(first), status_of(second)] == ["todo", "aborted"]


def test_other_stalled_jobs_are_requeued_when_one_cannot_be(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = make_job(), make_job()
    put_back = job_recovery._put_back

    def fail(job: int) -> None:
        if job == broken:
            raise DatabaseError("this one cannot be written")
        put_back(job)

    monkeypatch.setattr(job_recovery, "_put_back", fail)
    assert recover_stalled_jobs() == Recovery(retried=1, failed=1)
    assert [status_of(broken), status_of(other)] == ["doing", "todo"]
    assert "job_not_recovered" in caplog.text


def test_job_is_aborted_after_the_maximum_number_of_attempts() -> None:
    job = make_job(attempts=MOST_ATTEMPTS)
    assert recover_stalled_jobs() == Recovery(ended=1)
    assert status_of(job) == "aborted"


def test_requeueing_a_stalled_job_frees_its_lock() -> None:
    first = make_job(worker=make_worker(silent=60), lock="rerank")
    behind = make_job("todo", lock="rerank")
    worker = make_worker()
    assert run("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", worker) is None
    recover_stalled_jobs()
    assert run("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", worker) == first
    run("SELECT procrastinate_finish_job_v1(%s, 'succeeded', false)", first)
    assert run("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", worker) == behind


def test_worker_keeps_its_running_jobs_and_requeues_its_lost_jobs() -> None:
    own = make_worker(silent=60)  # it was frozen, and has not reported yet
    running, fetched, lost = (make_job(worker=own) for _ in range(3))
    assert recover_stalled_jobs(own, [running], [lost]) == Recovery(retried=1)
    assert [status_of(one) for one in (running, fetched, lost)] == ["doing", "doing", "todo"]


def test_health_reports_jobs_of_dead_workers(client: APIClient) -> None:
    assert client.get("/health/ready").json()["jobs"] == "ok"
    make_job(worker=make_worker(silent=300))
    body = client.get("/health/ready").json()
    assert body["status"] == "degraded" and body["jobs"].startswith("1 of workers that died")
    recover_stalled_jobs()
    assert client.get("/health/ready").json()["status"] == "ok"


def test_program_uses_recovering_worker() -> None:
    assert isinstance(app._worker(), RecoveringWorker)


@pytest.mark.django_db(transaction=True)
def test_worker_requeues_its_own_job_that_it_does_not_run() -> None:
    worker = RecoveringWorker(app=app)
    worker.worker_id = make_worker()
    job = make_job(worker=worker.worker_id)
    rounds = [async_to_sync(worker.recover_once)() for _ in range(2)]
    assert rounds == [Recovery(), Recovery(retried=1)]
    assert status_of(job) == "todo"


def test_failed_job_is_not_retried_if_a_job_with_its_queueing_lock_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    from procrastinate.exceptions import UniqueViolation
    from procrastinate.job_context import JobContext
    from procrastinate.jobs import Job, Status
    from procrastinate.retry import RetryDecision
    from procrastinate.worker import Worker

    decided: list[Any] = []

    async def persist(self: Worker, job: Any, status: Any, retry_decision: Any, *rest: Any) -> None:
        decided.append(retry_decision)
        if retry_decision:
            raise UniqueViolation(constraint_name="procrastinate_jobs_queueing_lock_idx_v1", queueing_lock="q")

    monkeypatch.setattr(Worker, "_persist_job_status", persist)
    job = Job(id=1, queue="q", lock=None, queueing_lock="q", task_name="t", task_kwargs={}, priority=0)
    context = JobContext(app=app, job=job, start_timestamp=0.0, abort_reason=lambda: None)
    persist_status = async_to_sync(RecoveringWorker(app=app)._persist_job_status)
    persist_status(job, Status.FAILED, RetryDecision(), context, None)
    assert [bool(one) for one in decided] == [True, False]
