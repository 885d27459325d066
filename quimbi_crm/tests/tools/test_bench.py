"""Parts of the benchmark: figures, arguments, requests, memory and the report. `script/bench` is the run itself."""

import math
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from quimbi_crm.runtime.talk import RefusedError
from script.benchmark import cli, figures, loading, markdown_report
from script.benchmark.client import Call, Connection, crowd
from script.benchmark.experiments import Closing, Page, Rerank
from script.benchmark.lanes import Lane, interleave
from script.benchmark.measured_requests import baseline_operations, deep_page, operations
from script.benchmark.memory import Peak, used_by
from script.benchmark.programs import Running
from script.benchmark.run_results import Results
from script.benchmark.together import Together
from tickets.models import Message, SearchText, Ticket
from tickets.ranking import counts, scoring


class Echo(BaseHTTPRequestHandler):
    """Answer with the number of requests on this connection; /bad answers 400, /cut closes mid-body."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self) -> None:
        self.asked += 1
        body = b'{"next_cursor": "%d"}' % self.asked
        self.send_response(400 if self.path == "/bad" else 200)
        self.send_header("Content-Length", str(len(body) + (9 if self.path == "/cut" else 0)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = self.path == "/cut"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0, 1))
def test_percentile_is_within_the_values_and_monotonic(values: list[float], share: float) -> None:
    found = figures.percentile(values, share)
    assert min(values) <= found <= max(values) or math.isclose(found, max(values))
    assert found <= figures.percentile(values, 1) and found >= figures.percentile(values, 0)


def test_figures_are_rounded_and_unmeasured_values_are_shown_as_a_dash() -> None:
    assert figures.p50([3, 1, 2]) == 2 and figures.p50([1, 2]) == 1.5 and figures.p95(range(101)) == 95
    assert math.isnan(figures.p50([])) and figures.milliseconds(figures.p50([])) == "–"
    assert [figures.milliseconds(s) for s in (0.00431, 0.0431, 0.431, 4.31)] == ["4.31", "43.1", "431", "4,310"]
    assert figures.times(figures.ratio(3, 2)) == "1.50 ×"
    assert figures.times(figures.ratio(3, 0)) == figures.times(figures.ratio(math.nan, 2)) == "–"
    with pytest.raises(ValueError, match="A share"):
        figures.percentile([1], 1.5)


@pytest.mark.parametrize(("text", "count"), [("10k", 10_000), ("1M", 1_000_000), ("2500", 2500)])
def test_size_name_round_trips_through_parse_size(text: str, count: int) -> None:
    assert figures.parse_size(text) == count and figures.size_name(count) == text


@pytest.mark.parametrize("words", [["--sizes", "many"], ["--sizes", "1k"], ["--sizes", ""], ["--requests", "3"]])
def test_invalid_arguments_are_reported(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.arguments(words)
    assert ended.value.code == 2 and "error:" in capsys.readouterr().err


def test_quick_option_runs_the_small_size_and_writes_no_report() -> None:
    options = cli.arguments(["--quick"])
    assert options.sizes == [10_000] and options.requests == cli.QUICK and options.write is None
    assert cli.arguments(["--quick", "--sizes=2k,10k"]).sizes == [2000, 10_000]
    assert cli.arguments([]).write.name == "performance.md"


def test_lanes_are_interleaved_over_rounds_and_stop_at_their_limit(port: int) -> None:
    order: list[str] = []

    def call(name: str) -> Callable[[int], Call]:
        def build(number: int) -> Call:
            order.append(name)
            return Call("/", {} if name == "few" else None)

        return build

    many, few = Lane("many", port, "", call("many"), 9), Lane("few", port, "t", call("few"), 2, warm=False)
    late = Lane("late", port, "", call("late"), 9, limit=0.0)
    interleave([many, few, late], rounds=3, say="Test")
    assert len(many.times) == 9 and len(few.times) == 2 and not late.times
    assert order.count("many") == 12  # one in each block warms the connection
    assert order.index("few") < len(order) - 1 - order[::-1].index("many")


def test_measurement_stops_when_a_request_fails(port: int) -> None:
    with Connection(port) as connection, pytest.raises(RefusedError, match="GET /bad answered 400"):
        connection.send(Call("/bad"))
    with Connection(port) as connection, pytest.raises(RefusedError, match="closed the connection"):
        connection.send(Call("/cut"))
    with pytest.raises(RefusedError, match="400"):
        crowd(port, "", lambda number: Call("/bad"), clients=2, seconds=5)


def test_crowd_stops_at_the_maximum_number_of_requests(port: int) -> None:
    found = crowd(port, "", lambda number: Call("/"), clients=3, seconds=30, most=10)
    assert len(found.times) == 10 and found.per_second > 0


def test_peak_memory_includes_the_watched_process_and_is_zero_without_process() -> None:
    peak = Peak()
    with peak.watch("us", os.getpid()):
        held = bytearray(30_000_000)
    assert peak.bytes["us"] >= len(held) and used_by(2**22 + 1) == 0


def test_program_and_baseline_get_the_same_requests(port: int) -> None:
    running = Running(port, 0, {"token": "t", "tickets": ["a"], "customers": ["c"]})
    ours = {one.key: one for one in operations(running, 10_000)}
    for one in baseline_operations(10_000):
        assert ours[one.key].call(1) == one.call(1) and ours[one.key].baseline
    assert deep_page(1_000_000) == deep_page(100_000) == 1000 and deep_page(10_000) == 100


def test_report_lists_every_operation_with_ratios_and_wrong_ranks(tmp_path: Path) -> None:
    options = cli.arguments(["--sizes", "10k,1M", "--write", str(tmp_path / "r.md")])
    results = Results(options)
    for size, factor in ((10_000, 1), (1_000_000, 2)):
        for key in ("constant", "list"):
            lane = Lane(key, 1, "", lambda number: Call("/"), 1, times=[0.002 * factor, 0.004 * factor])
            results.lanes["ours", size, key], results.titles[size, key] = lane, f"the {key}"
    results.lanes["baseline", 10_000, "list"] = Lane("list", 1, "", lambda number: Call("/"), 1, times=[3.0])
    results.tried = 10_000
    results.parts = dict.fromkeys(("whole", "constant", "authentication", "listing", "database"), 0.001)
    pages = Page(0.01, 0.005), Page(0.03, 0.01)
    results.rerank, results.closing = Rerank(10, 1, 2, 0.01, 0.02, 5), Closing(9, 1, pages[0], 0.03, {30: pages[1]})
    results.together = Together(60, 500, 700, 0, 3)
    results.verified = {10_000: {"stale": 0, "miscounted": 0}, 1_000_000: {"stale": 2, "miscounted": 0}}
    text = markdown_report.document(results)
    assert "| the list | 3.00 | 3.90 | 1.00 × | 3,000 (1) | 1,000 × |" in text
    assert "| the list | 2.00 × | 1.00 × |" in text and "2.00 ×, 5 writes" in text
    assert "| authentication: token and account row | 1.00 | 0.333 × |" in text
    assert "| 30 | 30.0 | 3.00 × | 1.50 × |" in text and "0 ranks and 3 totals were wrong" in text
    assert "The baseline at 1M" in text and "**Wrong at 1M**: 2 ranks" in text


@pytest.mark.django_db(transaction=True)
def test_loaded_benchmark_data_has_correct_ranks_and_totals(client_of: Any) -> None:
    loading.load(500)
    assert Ticket.objects.filter(status="open").count() == counts.total("open") == 500
    assert not scoring.stale_ranks().exists() and not counts.recount()
    assert Message.objects.count() == 3 * Ticket.objects.count() and SearchText.objects.count() == 4 * 530
    client: APIClient = client_of(Ticket.objects.exclude(assigned_to=None)[0].assigned_to)
    body = client.get("/api/tickets", {"topic_alerts": "chargeback"}).json()
    assert body["total"] == 500 and 0 < body["matches"] <= 50


@pytest.mark.parametrize("module", ["script.benchmark.inside", "script.fault_injection.inside"])
def test_tool_that_runs_inside_the_program_can_be_imported(module: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"import {module}"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
