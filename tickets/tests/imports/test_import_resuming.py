"""Imports interrupted by an error, Ctrl-C or kill -9, and how the next run resumes them."""

import csv
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone
from psycopg import errors

from agents.tests.waiting import eventually
from tickets.imports.file_records import Record
from tickets.imports.formats.files import content_digest
from tickets.imports.orders import Orders
from tickets.imports.runs.import_locks import key_of
from tickets.imports.runs.rejects import Rejects
from tickets.models import Customer, ImportRun, Order
from tickets.services.bulk_insert import FEW, insert
from tickets.tests.importing import rejects, run

HEADER = "customer_external_id,placed_at,total\n"
ARGUMENTS = ("--number-from", "customer_external_id,placed_at", "--batch", "10")


def rows(count: int) -> str:
    """Returns orders of seven customers, several on a day; every ninth line is invalid."""
    lines = [f"{1 + n % 7},2024-01-0{1 + n % 3},{n}\n" for n in range(count)]
    lines[8::9] = ['1,2024-01-01,"bad\nnews"\n'] * len(lines[8::9])
    return HEADER + "".join(lines)


def orders() -> list[Any]:
    return list(Order.objects.order_by("number").values_list("number", "total", "customer__external_id"))


def failing(monkeypatch: pytest.MonkeyPatch, batch: int, error: BaseException) -> Callable[[], None]:
    """Makes the given batch fail after it is saved and before it is committed."""
    save, calls = Orders.save, []

    def once(self: Orders, items: list[Any]) -> Any:
        result = save(self, items)
        calls.append(1)
        if len(calls) == batch:
            raise error
        return result

    monkeypatch.setattr(Orders, "save", once)
    return monkeypatch.undo


@pytest.mark.django_db(transaction=True)
def test_interrupted_import_resumes_with_the_same_result(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(rows(60))
    run("orders", file, *ARGUMENTS)
    whole, refused = orders(), rejects(file)
    Order.objects.all().delete()
    ImportRun.objects.all().delete()

    undo = failing(monkeypatch, 4, RuntimeError("power cut"))
    with pytest.raises(RuntimeError):
        run("orders", file, *ARGUMENTS)
    undo()
    assert Order.objects.count() == 27
    assert ImportRun.objects.get().finished_at is None

    said = run("orders", file, *ARGUMENTS)
    assert "Resuming after line" in said
    assert orders() == whole
    assert rejects(file) == refused
    resumed = ImportRun.objects.get()
    assert (resumed.created, resumed.rejected) == (54, 6)
    assert resumed.finished_at is not None
    assert sum(c.lifetime_value for c in Customer.objects.all()) == sum(total for _, total, _ in whole)


@pytest.mark.django_db(transaction=True)
def test_import_with_other_options_or_restart_begins_at_the_first_line(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(rows(30))
    undo = failing(monkeypatch, 2, RuntimeError("power cut"))
    with pytest.raises(RuntimeError):
        run("orders", file, *ARGUMENTS)
    undo()
    assert "Resuming" not in run("orders", file, *ARGUMENTS, "--set", "currency=EUR")
    assert "Resuming" not in run("orders", file, *ARGUMENTS, "--restart")
    # The latest run is finished; the interrupted one is past.
    assert "Resuming" not in run("orders", file, *ARGUMENTS)


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_stops_import_after_the_batch_and_explains_how_to_resume(
    write: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(rows(40))
    save = Orders.save

    def interrupted(self: Orders, items: list[Any]) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return save(self, items)

    monkeypatch.setattr(Orders, "save", interrupted)
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_orders", str(file), *ARGUMENTS, stdout=out, stderr=out)
    monkeypatch.undo()
    assert ended.value.code == 130
    assert "The same command goes on from there." in out.getvalue()
    assert Order.objects.count() == 9
    assert "Resuming" in run("orders", file, *ARGUMENTS)
    assert Order.objects.count() == 36


@pytest.mark.django_db(transaction=True)
def test_database_error_rejects_only_the_failing_row(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    save = Orders.save

    def picky(self: Orders, items: list[Any]) -> Any:
        if any(item.total == 3 for item in items):
            raise DataError("value out of range")
        return save(self, items)

    monkeypatch.setattr(Orders, "save", picky)
    file = write(rows(8))
    assert "7 created, 0 updated, 0 unchanged, 1 lines rejected" in run("orders", file, *ARGUMENTS)
    assert rejects(file)[1][:2] == ["5", "The database refuses it: value out of range"]


@pytest.mark.django_db(transaction=True)
def test_second_concurrent_import_of_the_same_file_is_rejected(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.imports.runs.import_locks.PATIENCE", 0)
    file = write(rows(5))
    connection.ensure_connection()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [key_of("orders", content_digest(str(file)))])
        with pytest.raises(CommandError, match="being imported already"):
            run("orders", file, *ARGUMENTS)
    finally:
        with other.cursor() as cursor:  # The connection goes back to its pool, and would keep the lock.
            cursor.execute("SELECT pg_advisory_unlock_all()")
        other.close()
    assert "5 created" in run("orders", file, *ARGUMENTS)


@pytest.mark.django_db(transaction=True)
def test_import_resumed_after_kill_9_neither_loses_nor_duplicates_orders(write: Any) -> None:
    """Kills a real import process at an arbitrary point; it uses the test database."""
    file = write(rows(600))
    command = [sys.executable, "manage.py", "import_orders", str(file), *ARGUMENTS]
    environment = {**os.environ, "DATABASE_URL": _url_of_test_database()}
    log = file.with_name("log.txt")
    with log.open("w") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)  # noqa: S603
    try:
        eventually(lambda: Order.objects.count() > 20 or process.poll() is not None)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL, log.read_text()
    stopped = ImportRun.objects.get()
    assert stopped.finished_at is None
    assert stopped.created == Order.objects.count() < 534
    said = run("orders", file, *ARGUMENTS)
    assert "Resuming after line" in said
    assert Order.objects.count() == 534
    assert len(rejects(file)) == 1 + 66
    assert len({row[0] for row in rejects(file)}) == 1 + 66
    assert "534 unchanged, 66 lines rejected" in run("orders", file, *ARGUMENTS)


def _url_of_test_database() -> str:
    settings = connection.settings_dict
    return f"postgresql://{settings['USER']}@:{settings['PORT'] or 5432}/{settings['NAME']}?host={settings['HOST']}"


def test_reject_file_is_truncated_to_committed_rejects(tmp_path: Path) -> None:
    def record(line: int) -> Record:
        return Record(line, line, ["a", "b\nc"], ["a", "b\nc"])

    path = tmp_path / "r.csv"
    first = Rejects(path, ["x", "y"])
    first.begin(0)
    first.write([(record(1), "one")])
    first.committed()
    first.write([(record(2), "lost")])
    first.write([(record(2), "again")])  # The batch was tried twice,
    first.close()  # and killed before its commit.
    second = Rejects(path, ["x", "y"])
    second.begin(1)
    second.write([(record(3), "three")])
    second.close()
    with path.open(newline="") as file:
        assert [row[:2] for row in csv.reader(file)] == [["line", "reason"], ["1", "one"], ["3", "three"]]


@pytest.mark.django_db
def test_bulk_insert_raises_the_same_errors_as_create(customer: Customer) -> None:
    """`retrying` decides by the cause of the error."""

    def some(numbers: range) -> list[Order]:
        return [Order(number=str(n), customer=customer, placed_at=timezone.now(), total=1) for n in numbers]

    made = some(range(FEW + 1))
    insert(Order, made)
    assert not made[0]._state.adding
    assert {o.pk: o.tracking_urls for o in made} == dict(Order.objects.values_list("pk", "tracking_urls"))
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        insert(Order, some(range(5, FEW + 30)))
    assert isinstance(error.value.__cause__, errors.UniqueViolation)
    assert Order.objects.count() == FEW + 1
