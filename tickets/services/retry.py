"""What to do when two writers meet on the same new row or lock each other: once more, with fresh eyes."""

from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection

from agents.transactions import RETRIABLE, atomic

Result = TypeVar("Result")
ATTEMPTS = 4


def retrying(work: Callable[[], Result]) -> Result:
    """Runs `work` in a transaction; again where it lost a race for a unique value or was chosen to end a deadlock.

    Inside an outer transaction there is no second try: the outer one's snapshot of locks would be the same.
    """
    if connection.in_atomic_block:
        return work()
    for _ in range(ATTEMPTS - 1):
        try:
            with atomic():
                return work()
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error.__cause__, RETRIABLE):
                raise
    with atomic():
        return work()
