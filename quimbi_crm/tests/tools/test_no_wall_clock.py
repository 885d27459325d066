"""No test depends on the speed of the machine: the benchmark measures durations."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

# Reading a clock to compare durations, or waiting for a time instead of a condition.
CLOCKS = {"sleep", "wait_for_timeout", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time"}
ALLOWED = {
    "agents/tests/waiting.py": "waits for conditions, and ends tests that hang",
    "quimbi_crm/tests/browsers.py": "waits for conditions in pages",
    "tickets/tests/concurrency.py": "waits for a lock in PostgreSQL",
    "quimbi_crm/tests/runtime/test_runtime.py": "the program that it starts waits for a file",
    "intelligence/tests/fake_ai/server.py": "a service to try the program with, which logs how long it took",
    "intelligence/tests/storm.py": "a command that measures, not a test",
}


def clock_uses(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(source)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in CLOCKS:
            yield getattr(node, "lineno", 0), name


def test_no_test_reads_a_clock_or_sleeps() -> None:
    root = Path(settings.BASE_DIR)
    found = [
        f"{path.relative_to(root)}:{line} {name}"
        for app in ("agents", "tickets", "intelligence", "quimbi_crm")
        for path in sorted((root / app).rglob("tests/**/*.py"))
        if str(path.relative_to(root)) not in ALLOWED and path.name != Path(__file__).name
        for line, name in clock_uses(path.read_text())
    ]
    assert found == []


@pytest.mark.parametrize("source", ["import time\ntime.sleep(1)", "page.wait_for_timeout(5)", "start = monotonic()"])
def test_clock_use_in_source_is_detected(source: str) -> None:
    assert list(clock_uses(source))
