"""Retry a write once after a deadlock or a conflict on a unique row."""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection

from agents.common.retries import wait_before
from agents.common.transactions import RETRIABLE, atomic

Result = TypeVar("Result")
ATTEMPTS = 5
FIRST_WAIT, LONGEST_WAIT = 0.01, 0.1  # seconds between attempts, without an open transaction


def retrying(work: Callable[[], Result]) -> Result:
    """Run `work` in a transaction; run it again after a lost race for a unique value or a deadlock.

    Inside an outer transaction there is no second attempt, because the outer one keeps its locks.
    """
    if connection.in_atomic_block:
        return work()
    for attempt in range(1, ATTEMPTS):
        try:
            with atomic():
                return work()
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error.__cause__, RETRIABLE):
                raise
        time.sleep(wait_before(attempt, first=FIRST_WAIT, longest=LONGEST_WAIT))
    with atomic():
        return work()
