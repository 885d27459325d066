"""Defer jobs by the name of their task, so that services need not import the tasks that call them."""

from typing import Any

from procrastinate.contrib.django import app
from procrastinate.jobs import JobDeferrer


def job(task: str, **options: Any) -> JobDeferrer:
    """The job of a task such as `tickets.tasks.release_reply`; `.defer(**arguments)` enqueues it in the current transaction.

    Options are procrastinate's, such as `lock`, `queueing_lock` and `schedule_at`. Raises `TaskNotFound` for an unknown name.
    """
    return app.configure_task(task, allow_unknown=False, **options)
