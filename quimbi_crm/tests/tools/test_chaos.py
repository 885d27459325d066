"""`script/chaos` finds each kind of planted damage; its plan and its report."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from honcho.environ import parse_procfile
from procrastinate.contrib.django.models import ProcrastinateJob

from agents import audit
from agents.models import Agent, AuditEntry
from quimbi_crm.runtime import server_urls
from script.fault_injection.cli import Run, report
from script.fault_injection.faults import KINDS, Injected, kinds_of, plan
from script.fault_injection.ledger import Attempt, Ledger, Outcome, Write, find_marker, make_marker, read_ledger
from script.fault_injection.operations import Facts, Operations
from script.fault_injection.program import GUNICORN, WORKER
from script.fault_injection.row_loading import load_records
from script.fault_injection.table import format_table, tally
from script.fault_injection.verify import Finding, Problem, verify
from tickets import services
from tickets.models import Event, Message, Note, Order, SearchText, Ticket

CREATED, NOTED, CHANGED, ORDERED = (make_marker(0, number) for number in range(1, 5))


@pytest.fixture
def lead(db: None) -> Agent:
    return Agent.objects.create_user("lead@example.com", None, name="Lea Lead", role=Agent.Role.TEAM_LEAD)


@pytest.fixture
def writes(lead: Agent) -> list[Write]:
    """Four complete writes: a ticket, a note on it, a change of it, and an order."""
    with audit.origin(None, f"{CREATED}.0"):
        data = services.TicketData(
            "Matter", "email", author_email="ada@example.com", initial_message=f"Where is my parcel? {CREATED}"
        )
        ticket = services.create_ticket(lead, data)
    with audit.origin(None, f"{NOTED}.0"):
        note = services.add_note(lead, ticket.pk, f"A note {NOTED}")
    with audit.origin(None, f"{CHANGED}.0"):
        services.update_ticket(lead, ticket.pk, {"priority": "high"}, reason=f"Because of {CHANGED}")
    with audit.origin(None, f"{ORDERED}.0"):
        lines = [services.LineData("Mug")]
        order = services.OrderData(
            f"order-{ORDERED}", ticket.created_at, Decimal("12.50"), ticket.customer_id, lines=lines
        )
        services.put_order(lead, order)
    key = str(ticket.pk)
    return [
        _write(CREATED, "create", {"from_agent": False}, {"id": key}),
        _write(NOTED, "note", {"ticket": key}, {"id": str(note.pk)}),
        _write(CHANGED, "change", {"ticket": key, "values": {"priority": "high"}}, {"id": key}),
        _write(ORDERED, "order", {"number": f"order-{ORDERED}", "total": 12.5, "lines": 1}),
    ]


def _write(marker: str, kind: str, expect: dict[str, object], result: dict[str, str] | None = None) -> Write:
    return Write(marker, kind, expect, [Attempt(10, 11, 200, result or {})])


def test_verification_of_complete_writes_finds_nothing(writes: list[Write]) -> None:
    assert verify(writes, load_records()) == []


def _delete_jobs() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_events")
        cursor.execute("DELETE FROM procrastinate_jobs")


def _repeat_message() -> None:
    services.post_message(None, Ticket.objects.get().pk, f"Again {CREATED}", from_agent=False)


def _lose_change() -> None:
    AuditEntry.objects.filter(action="ticket.updated").delete()
    Ticket.objects.update(priority="normal")


def _fail_job() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name LIKE '%read_conversation'")


def _shift_rank() -> None:
    ticket = Ticket.objects.get()
    Ticket.objects.update(rank_at=ticket.rank_at - timedelta(days=1))


PLANTED: dict[str, tuple[Callable[[], object], Problem, str]] = {
    "lost note": (lambda: Note.objects.all().delete(), Problem.LOST, NOTED),
    "lost message": (lambda: Message.objects.all().delete(), Problem.LOST, CREATED),
    "lost change": (_lose_change, Problem.LOST, CHANGED),
    "lost order": (lambda: Order.objects.all().delete(), Problem.LOST, ORDERED),
    "overwritten value": (lambda: Ticket.objects.update(priority="low"), Problem.LOST, CHANGED),
    "double": (_repeat_message, Problem.TWICE, CREATED),
    "missing jobs": (_delete_jobs, Problem.INCOMPLETE, CREATED),
    "failed job": (_fail_job, Problem.INCOMPLETE, CREATED),
    "missing search text": (
        lambda: SearchText.objects.exclude(message=None).delete(),
        Problem.INCOMPLETE,
        CREATED,
    ),
    "missing event": (lambda: Event.objects.filter(kind="updated").delete(), Problem.INCOMPLETE, CHANGED),
    "missing audit entry": (
        lambda: AuditEntry.objects.filter(action="ticket.created").delete(),
        Problem.INCOMPLETE,
        CHANGED,  # the last write to that ticket
    ),
    "wrong rank": (_shift_rank, Problem.INCOMPLETE, ""),
}


@pytest.mark.parametrize("name", PLANTED)
def test_verification_finds_planted_damage(writes: list[Write], name: str) -> None:
    plant, problem, marker = PLANTED[name]
    plant()
    found = verify(writes, load_records())
    assert (problem, marker) in {(one.problem, one.marker) for one in found}, found


@pytest.mark.parametrize(
    ("status", "wrong"),
    [(0, None), (503, None), (422, Problem.INCOMPLETE)],
    ids=["no answer", "server error", "refused"],
)
def test_stored_write_is_a_finding_only_if_its_request_was_refused(
    writes: list[Write], status: int, wrong: Problem | None
) -> None:
    writes[1].attempts = [Attempt(10, 11, status)]
    assert [one.problem for one in verify(writes, load_records())] == ([wrong] if wrong else [])


def test_missing_unacknowledged_write_is_not_reported_as_lost(writes: list[Write]) -> None:
    unknown = Write(make_marker(0, 9), "note", {"ticket": writes[1].expect["ticket"]}, [Attempt(12)])
    assert verify([*writes, unknown], load_records()) == []


def test_verification_finds_job_of_a_dead_worker(writes: list[Write]) -> None:
    job = ProcrastinateJob.objects.filter(task_name__endswith="make_draft").first()
    assert job is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 min') RETURNING id"
        )
        row = cursor.fetchone()
        assert row is not None
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [row[0], job.pk])
    assert any("dead worker" in one.what for one in verify(writes, load_records()))


def test_ledger_skips_a_truncated_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger-0.jsonl"
    ledger = Ledger(path)
    write = Write(make_marker(0, 1), "note", {"ticket": "t"})
    ledger.ask(write, 0, 1.0)
    ledger.answer(write.marker, 0, 2.0, 503, {})
    ledger.ask(write, 1, 3.0)
    ledger.answer(write.marker, 1, 4.0, 201, {"id": "n"})
    path.write_bytes(path.read_bytes() + json.dumps({"marker": write.marker})[:9].encode())
    (read,) = read_ledger([path])
    assert (read.kind, read.outcome, read.result, read.ended_at) == ("note", Outcome.ACKNOWLEDGED, {"id": "n"}, 4.0)


def test_find_marker_extracts_marker_from_text() -> None:
    marker = make_marker(5, 123)
    assert find_marker(f"Handed back: Not mine {marker}.") == marker
    assert find_marker("Nothing in here, zq neither") == ""


@pytest.mark.parametrize("shape", ["server", "production"])
def test_fault_plan_is_deterministic_and_starts_with_each_kind_once(shape: str) -> None:
    kinds = kinds_of(shape, mounted=True)
    first = plan(7, shape, kinds)
    assert first == plan(7, shape, kinds) != plan(8, shape, kinds)
    assert sorted(one.kind for one in first[: len(kinds)]) == sorted(kinds)
    assert set(kinds) == set(KINDS) - ({"launcher killed"} if shape == "production" else set())


def test_drawn_writes_are_deterministic_for_a_seed() -> None:
    def draw() -> list[tuple[str, str, str]]:
        operations = Operations(Facts(0, "a", ["a", "b"], ["s"]), random.Random(3))
        drawn = []
        for number in range(200):
            one = operations.draw(make_marker(0, number))
            drawn.append((one.kind, one.path, str(one.body) if one.kind != "snooze" else ""))
            one.learn({"id": f"id{number}", "customer_id": f"customer{number % 5}"})
        return drawn

    drawn = draw()
    assert drawn == draw()
    assert len({kind for kind, _, _ in drawn}) == 15


def test_table_counts_each_write_under_the_latest_fault_before_its_end() -> None:
    faults = [Injected("worker killed", 10, 10, 14), Injected("disk full", 20, 25, None)]
    writes = [
        Write(make_marker(0, 1), "note", {}, [Attempt(1, 2, 201)]),
        Write(make_marker(0, 2), "note", {}, [Attempt(9, 11, 201)]),
        Write(make_marker(0, 3), "note", {}, [Attempt(12, 13, 0)]),
        Write(make_marker(0, 4), "note", {}, [Attempt(21, 22, 409)]),
    ]
    findings = [Finding(Problem.LOST, "", writes[1].marker), Finding(Problem.INCOMPLETE, "")]
    lines = format_table(tally(["worker killed", "disk full"], faults, writes, findings)).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[2:] == [
        ["no fault yet", "0", "1", "0", "0", "0", "0", "0", "-"],
        ["worker killed", "1", "1", "1", "0", "1", "0", "0", "4 to 4 s"],
        ["disk full", "1", "0", "0", "1", "0", "0", "0", "1 times never"],
        ["no single write", "0", "0", "0", "0", "0", "0", "1", "-"],
        ["All", "2", "2", "1", "1", "1", "0", "1", "4 to 4 s, 1 times never"],
    ]


def test_report_names_impossible_faults_and_findings() -> None:
    done = Run("production", 1, kinds_of("production", mounted=False), mounted=False)
    done.writes = [Write(make_marker(0, 1), "note", {}, [Attempt(1, 2, 201)])]
    done.findings = [Finding(Problem.LOST, "note: acknowledged and not there", make_marker(0, 1))]
    text = report(done)
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("|")}
    assert "not in this shape" in rows["launcher killed"]
    assert "no small disk may be mounted" in rows["disk full"]
    assert "lost: note: acknowledged and not there [zq0000001x: 201 at 1.0]" in text
    assert done.failed


def test_process_names_match_the_procfile() -> None:
    commands = parse_procfile((server_urls.ROOT / "Procfile").read_text()).processes
    assert GUNICORN in commands["web"]
    assert WORKER in commands["worker"]
