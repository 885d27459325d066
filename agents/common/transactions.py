"""Transactions that raise where they cannot commit, and signals whose receivers cannot hide that.

Django's own `atomic` returns normally where a nested block has marked the transaction for rollback, or where the
connection was closed within it: it rolls back, and the caller takes the write for stored. PostgreSQL answers COMMIT in a
failed transaction with a rollback and no error. Every write of the program therefore uses the `atomic` of this module;
the linter refuses Django's (pyproject.toml).
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, overload

from django.db import Error, InterfaceError, OperationalError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic, get_connection
from django.dispatch import Signal
from psycopg import errors
from psycopg.pq import TransactionStatus

Function = TypeVar("Function", bound=Callable[..., Any])
# After one of these errors the whole transaction can be retried.
RETRIABLE = (errors.UniqueViolation, errors.DeadlockDetected, errors.SerializationFailure)


class TransactionLost(OperationalError):
    """The transaction cannot commit: nothing was stored, and the write may be repeated."""


class CheckedAtomic(Atomic):
    """Django's atomic block; raises `TransactionLost` at its end if the writes cannot be committed."""

    def __exit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        connection = get_connection(self.using)
        lost: TransactionLost | None = None
        if exc_type is None:
            if reason := why_lost(connection):
                lost = TransactionLost(reason)
                lost.__cause__ = getattr(connection, "rollback_exc", None)
        elif not isinstance(exc_value, OperationalError) and is_broken(connection) and came_from(exc_value, Error):
            # Django and procrastinate report a lost connection with different exceptions.
            lost = TransactionLost("The connection to the database was lost.")
            lost.__cause__ = exc_value
        if lost is None:
            super().__exit__(exc_type, exc_value, traceback)
            return
        super().__exit__(TransactionLost, lost, traceback)
        raise lost


@overload
def atomic(using: Function) -> Function: ...
@overload
def atomic(using: str | None = None, savepoint: bool = True, durable: bool = False) -> CheckedAtomic: ...
def atomic(using: Any = None, savepoint: bool = True, durable: bool = False) -> Any:
    """Like Django's `atomic`, as a decorator or a context manager. Raises `TransactionLost`."""
    if callable(using):
        return CheckedAtomic(None, savepoint, durable)(using)
    return CheckedAtomic(using, savepoint, durable)


def after_commit(hook: Callable[[], object]) -> None:
    """Call `hook` after the commit. A hook that fails is logged; it stops no other hook and undoes nothing."""
    transaction.on_commit(hook, robust=True)  # noqa: TID251  the one place that calls it


def why_lost(connection: BaseDatabaseWrapper) -> str:
    """The reason why the transaction cannot commit, as a sentence; empty if it can."""
    if not connection.in_atomic_block and not connection.savepoint_ids and not connection.atomic_blocks:
        return "The connection to the database was opened anew within the transaction."
    if is_broken(connection):
        return "The connection to the database was lost."
    if connection.needs_rollback:
        return "A failed query marked the transaction for rollback."
    if connection.connection.info.transaction_status == TransactionStatus.INERROR:
        return "A query failed in the transaction."
    return ""


def is_broken(connection: BaseDatabaseWrapper) -> bool:
    """Whether the connection was closed, as far as is known without asking the database."""
    return connection.closed_in_transaction or connection.connection is None or connection.connection.closed


def send_signal(signal: Signal, sender: Any, **facts: Any) -> None:
    """Call every receiver within the transaction. A receiver's own failure is logged and ignored.

    Raises a receiver's error if the transaction cannot continue, if a retry may succeed (a deadlock), or if the receiver's rows
    are part of the write (`essential`), for example when the disk is full.
    """
    for receiver, answer in signal.send_robust(sender, **facts):
        if isinstance(answer, Exception) and _ends_the_write(receiver, answer):
            raise answer
    connection = get_connection()
    if connection.in_atomic_block and (reason := why_lost(connection)):
        raise TransactionLost(reason)


def _ends_the_write(receiver: Any, error: Exception) -> bool:
    if came_from(error, (TransactionLost, errors.DeadlockDetected, errors.SerializationFailure)):
        return True
    return bool(getattr(receiver, "essential", False)) and is_unavailable(error)


def is_unavailable(error: BaseException | None) -> bool:
    """Whether the error means that the database is unavailable (no connection, disk full, lock timeout) and a retry may
    succeed.
    """
    return came_from(error, (OperationalError, InterfaceError))


def came_from(error: BaseException | None, kinds: Any) -> bool:
    """Whether the error, or a cause of it, is of these types."""
    for _ in range(20):
        if error is None or isinstance(error, kinds):
            break
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return error is not None
