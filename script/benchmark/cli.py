"""The command: what is measured, in which order, of how many tickets."""

import argparse
import sys
from pathlib import Path

from quimbi_crm.runtime import server_urls
from quimbi_crm.runtime.children import adopt_orphans
from quimbi_crm.runtime.supervision import handle_signals
from quimbi_crm.runtime.talk import RefusedError, say
from script.benchmark import experiments, markdown_report
from script.benchmark.client import Crowd, crowd
from script.benchmark.figures import parse_size, size_name
from script.benchmark.lanes import Lane, interleave
from script.benchmark.measured_requests import LIST, baseline_operations, operations, same
from script.benchmark.memory import Peak
from script.benchmark.programs import BASELINE, Bench, Running, bench, start_baseline, start_program
from script.benchmark.run_results import Results
from script.benchmark.together import together

SIZES = range(2000, 3_000_001)
BASELINE_MOST = 100_000  # tickets; with a million, one request of the baseline takes a minute and all memory
CLIENTS = 8
QUICK = 40  # requests of each kind


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    options = arguments(argv)
    handle_signals()
    adopt_orphans()
    try:
        with bench(options.var, keep=options.keep) as place:
            results = run(place, options)
            text = markdown_report.document(results)
    except (RefusedError, OSError) as error:
        say(str(error))
        return 1
    sys.stdout.write(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
        say(f"Written to {options.write}.")
    return 0


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The checked options."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--sizes", type=_sizes, default=[10_000, 100_000, 1_000_000], help="open tickets: 10k,100k,1M")
    parser.add_argument(
        "--requests", type=int, default=200, help="requests of each kind (200); the baseline gets fewer"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"10k tickets unless --sizes is given, {QUICK} requests of each kind"
    )
    parser.add_argument("--baseline", type=Path, default=BASELINE, help="the script of the architecture to beat")
    parser.add_argument("--no-baseline", action="store_true", help="do not measure the baseline")
    parser.add_argument(
        "--no-experiments", action="store_true", help="no re-rank, and no closing of the highest-ranked tickets"
    )
    parser.add_argument(
        "--var",
        type=Path,
        default=server_urls.ROOT / "var" / "bench",
        help="folder for servers and databases during the run",
    )
    parser.add_argument("--keep", action="store_true", help="keep the loaded databases for the next run")
    parser.add_argument(
        "--write", type=Path, help="file for the report (default: docs/performance.md; with --quick none)"
    )
    given = sys.argv[1:] if argv is None else argv
    options = parser.parse_args(given)
    if options.quick:
        options.requests = min(options.requests, QUICK)
        if not any(word.startswith("--sizes") for word in given):
            options.sizes = [10_000]
    elif options.write is None:
        options.write = server_urls.ROOT / "docs" / "performance.md"
    if not 10 <= options.requests <= 10_000:
        parser.error("--requests is from 10 to 10,000.")
    options.var = options.var.resolve()
    return options


def _sizes(text: str) -> list[int]:
    try:
        sizes = sorted({parse_size(part) for part in text.split(",")})
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    for size in sizes:
        if size not in SIZES:
            raise argparse.ArgumentTypeError(f"{size_name(size)} is not from 2k to 3M.")
    return sizes


def run(place: Bench, options: argparse.Namespace) -> Results:
    """Load, start and measure everything."""
    results = Results(options)
    programs = {size: start_program(place, size) for size in options.sizes}
    baselines: dict[int, Running] = {}
    if not options.no_baseline and not options.baseline.is_file():
        say(f"There is no {options.baseline}: measuring without the baseline.")
    elif not options.no_baseline:
        few = [size for size in options.sizes if size <= BASELINE_MOST]
        baselines = {size: start_baseline(place, options.baseline, size) for size in few}
    _one_client(results, programs, baselines)
    for size in options.sizes:
        _crowds(results, size, programs[size], baselines.get(size))
    results.tried = max((one for one in options.sizes if one <= BASELINE_MOST), default=options.sizes[0])
    results.parts = place.inside(f"bench_{size_name(results.tried)}", "take_apart", LIST)
    if not options.no_experiments:
        _experiments(place, results, programs[results.tried])
    for size in options.sizes:
        results.verified[size] = place.inside(f"bench_{size_name(size)}", "verify")
    return results


def _one_client(results: Results, programs: dict[int, Running], baselines: dict[int, Running]) -> None:
    lanes: list[Lane] = []
    wanted = results.options.requests
    for size, running in programs.items():
        for one in operations(running, size):
            lane = Lane(one.key, running.port, running.token, one.call, wanted)
            results.lanes["ours", size, one.key] = lane
            results.titles[size, one.key] = one.title
            lanes.append(lane)
    for size, running in baselines.items():
        for one in baseline_operations(size):
            # A request takes a second for 20,000 tickets, or for 4,000 with alerts: measure few, within a limit.
            few = (60_000 if one.key.startswith("alerts") else 300_000) // size
            lane = Lane(one.key, running.port, "", one.call, max(1, min(few, 20)), warm=False, limit=60)
            results.lanes["baseline", size, one.key] = lane
            lanes.append(lane)
    interleave(lanes, rounds=min(20, max(4, wanted // 10)), say="One client")


def _crowds(results: Results, size: int, ours: Running, baseline: Running | None) -> None:
    """Eight concurrent clients on the first page, and the memory meanwhile: A B A B."""
    say(f"{CLIENTS} clients at {size_name(size)} …")
    seconds = 2 if results.options.quick else 6
    peak = Peak()
    for _ in range(2):
        for name, running in (("ours", ours), ("baseline", baseline)):
            if running is None:
                continue
            with peak.watch(name, running.pid):
                # Each client makes at least one request, however long the baseline takes.
                found = crowd(running.port, running.token, same(LIST), clients=CLIENTS, seconds=seconds)
            before = results.crowds.get((name, size), Crowd([], 0))
            results.crowds[name, size] = Crowd(before.times + found.times, before.seconds + found.seconds)
    for name, used in peak.bytes.items():
        results.memory[name, size] = used


def _experiments(place: Bench, results: Results, running: Running) -> None:
    """Experiments on the largest database of 100,000 tickets or fewer."""
    size = results.tried
    database = f"bench_{size_name(size)}"
    say(f"Re-ranking {size:,} tickets, alone and beside {experiments.WRITERS} writers …")
    results.rerank = experiments.rerank(place, database, running, 2 if results.options.quick else 6)
    results.customers = place.inside(database, "change_customers", str(results.options.requests))
    say("Eight clients that write and eight that read …")
    results.together = together(place, database, running, 3 if results.options.quick else 60)
    results.closing = experiments.closing(place, database, running, size, requests=20)
