"""The command: which shapes, for how long, by which seed; the run, the table and the exit code."""

import argparse
import contextlib
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quimbi_crm.runtime import server_urls
from quimbi_crm.runtime.children import Child, adopt_orphans, spawn
from quimbi_crm.runtime.supervision import SIGNALS, handle_signals
from quimbi_crm.runtime.talk import RefusedError, say
from script.fault_injection.faults import KINDS, Injected, inject, kinds_of, plan
from script.fault_injection.ledger import Write, read_ledger
from script.fault_injection.program import STARTING, Program, program
from script.fault_injection.supervisor import SHAPES
from script.fault_injection.table import Row, format_table, tally
from script.fault_injection.verify import Finding, Problem

RECOVERY = 150  # seconds within which the program must serve again after a fault
MARGIN = 20  # seconds reserved after the last fault
SHOWN = 25  # findings that are listed
SHARES = {"server": 0.62, "production": 0.38}  # shares of the time; most faults of `server` restart everything
# shares of a shape's time after which faults end, and after which faults that are still missing end
ATTACK, LATEST = 0.7, 0.88


@dataclass
class Run:
    """The result of one deployment shape."""

    shape: str
    seed: int
    kinds: tuple[str, ...]
    mounted: bool
    injected: list[Injected] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    drained: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        return bool(self.findings) or any(one.recovered_at is None for one in self.injected)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns 1 if a write was lost, doubled or incomplete, or the program did not recover."""
    options = arguments(argv)
    handle_signals()
    adopt_orphans()
    failed = False
    folder = Path(options.folder or tempfile.mkdtemp(prefix="quimbi-chaos-", dir="/tmp"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # servers started by root run as another user, who needs access
    try:
        end = time.time() + 60 * options.minutes - MARGIN
        for place, shape in enumerate(options.shapes):
            # Share of the remaining time: a shape that takes longer shortens the next one.
            share = SHARES[shape] / sum(SHARES[one] for one in options.shapes[place:])
            done = run(shape, options.seed, (end - time.time()) * share, folder, options.only)
            sys.stdout.write(report(done))
            sys.stdout.flush()
            failed = failed or done.failed
    except (RefusedError, OSError) as error:
        say(str(error))
        failed = True
    except BaseException:  # also on Ctrl-C, so that nothing stays behind
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    if failed or options.folder:
        say(f"Ledgers, findings and logs are in {folder}.")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The checked options."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15, help="maximum duration of the whole run (15)")
    parser.add_argument("--seed", type=int, default=1, help="random seed of faults and writes (1)")
    parser.add_argument("--shape", choices=[*SHAPES, "both"], default="both", help="how the program runs (both)")
    parser.add_argument(
        "--folder", type=Path, help="folder for ledgers and logs (default: deleted unless something failed)"
    )
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="only faults whose name contains this text, such as frozen"
    )
    options = parser.parse_args(argv)
    if not 1 <= options.minutes <= 60:
        parser.error("--minutes is from 1 to 60.")
    options.shapes = list(SHAPES) if options.shape == "both" else [options.shape]
    return options


def run(shape: str, seed: int, seconds: float, folder: Path, only: str = "") -> Run:
    """Start the program, run writers and faults against it, and verify its data."""
    start = time.time()
    handle_signals()
    place = folder / f"{shape}-{seed}"
    with _program(shape, place) as made:
        kinds = tuple(kind for kind in kinds_of(shape, made.mounted) if only.lower() in kind.lower())
        done = Run(shape, seed, kinds, made.mounted)
        if not done.kinds:
            raise RefusedError(f"No fault of the shape {shape} has {only!r} in its name.")
        say(f"Shape {shape}, seed {seed}: starting in {place} …")
        facts = _start(made)
        with writing(made, facts, seed):
            _attack(made, done, start, seconds)
        if made.await_ready(time.time() + RECOVERY) is None:
            say("The program does not serve at the end.")
        done.drained = made.inside("drain")
        done.findings = [Finding(Problem(one["problem"]), one["what"], one["marker"]) for one in made.inside("verify")]
    done.writes = read_ledger(sorted(place.glob("ledger-*.jsonl")))
    done.seconds = time.time() - start
    (place / "faults.json").write_text(json.dumps([vars(one) for one in done.injected], indent=1))
    return done


@contextlib.contextmanager
def _program(shape: str, place: Path) -> Iterator[Program]:
    """As `program`, but no signal interrupts the end."""
    with program(shape, place) as made:
        try:
            yield made
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)


def _start(made: Program) -> dict[str, Any]:
    """Start the program: migrated, with its agents, and serving."""
    if made.shape == "production":
        made.start("postgres", "valkey")
    facts: dict[str, Any] = made.inside("prepare")
    if made.shape == "production":
        made.start("web", "worker")
    else:
        made.start()
    if made.await_ready(time.time() + STARTING) is None:
        raise RefusedError(f"The program did not serve within {STARTING} s; see the logs in {made.folder}.")
    return facts


@contextlib.contextmanager
def writing(made: Program, facts: dict[str, Any], seed: int) -> Iterator[None]:
    """Six writer processes, each with its own ledger; at the end each completes its current write."""
    writers: list[Child] = []
    agents = [one["agent"] for one in facts["writers"]]
    try:
        for number, one in enumerate(facts["writers"]):
            known = {**facts, **one, "agents": agents, "writer": number, "seed": seed, "port": made.port}
            path = made.folder / f"writer-{number}.json"
            path.write_text(json.dumps(known))
            ledger = made.folder / f"ledger-{number}.jsonl"
            argv = [sys.executable, "-m", "script.fault_injection.writer", str(path), str(ledger)]
            with (made.folder / "writers.log").open("ab") as log:
                writers.append(
                    spawn(f"writer {number}", argv, signal.SIGTERM, cwd=server_urls.ROOT, output=log, patience=45)
                )
        yield
        ended = [child.name for child in writers if child.ended()]
        if ended:
            raise RefusedError(f"{', '.join(ended)} ended by itself; see {made.folder / 'writers.log'}.")
    finally:
        for child in writers:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        for child in writers:
            child.stop()


def _attack(made: Program, done: Run, start: float, seconds: float) -> None:
    """Inject faults until the time is over and each kind has occurred; none starts late in the run."""
    until, latest = start + ATTACK * seconds, start + LATEST * seconds
    chance = random.Random(f"{done.seed} {done.shape} faults")
    had: set[str] = set()
    for planned in plan(done.seed, done.shape, done.kinds):
        if time.time() > latest or (time.time() > until and had == set(done.kinds)):
            return
        if time.time() > until and planned.kind in had:
            continue
        time.sleep(planned.gap)
        fault = inject(made, planned, chance)
        if not fault.done:
            say(f"{fault.kind}: nothing to hit at this moment.")
            continue
        had.add(fault.kind)
        fault.recovered_at = made.await_ready(fault.lifted_at + RECOVERY)
        done.injected.append(fault)
        after = "NOT RECOVERED" if fault.recovered_at is None else f"{fault.recovered_at - fault.lifted_at:.1f} s"
        minutes = f"{(time.time() - start) / 60:4.1f} of {seconds / 60:.1f} min"
        say(f"{minutes}  {fault.kind} ({fault.done}): {after}")


def report(done: Run) -> str:
    """The table, and each finding."""
    rows = tally(done.kinds, done.injected, done.writes, done.findings)
    missing = {kind: "left out" for kind in KINDS if kind not in done.kinds}
    if "launcher killed" in missing and done.shape == "production":
        missing["launcher killed"] = "not in this shape"
    if not done.mounted:
        missing["disk full"] = "skipped: no small disk may be mounted here"
    rows[-1:-1] = [Row(kind, note=note) for kind, note in missing.items()]
    left = {name: number for name, number in done.drained.get("left", {}).items() if number}
    lines = [
        f"\nShape {done.shape}, seed {done.seed}: {done.seconds / 60:.1f} minutes, {len(done.writes):,} writes, "
        f"background work done {done.drained.get('seconds', '?')} s after the last one{f', left: {left}' if left else ''}.\n\n",
        format_table(rows),
        "\n",
    ]
    never = [kind for kind in done.kinds if kind not in {one.kind for one in done.injected}]
    if never:
        lines.append(f"The time did not suffice for: {', '.join(never)}. Give more --minutes, or one --shape.\n")
    by_marker = {write.marker: write for write in done.writes}
    for finding in done.findings[:SHOWN]:
        lines.append(f"{finding.problem}: {finding.what} {_told(by_marker.get(finding.marker))}\n")
    if len(done.findings) > SHOWN:
        lines.append(f"… and {len(done.findings) - SHOWN} more (verify.json).\n")
    return "".join(lines)


def _told(write: Write | None) -> str:
    if write is None:
        return ""
    attempts = ", ".join(f"{one.status or 'no answer'} at {one.asked_at:.1f}" for one in write.attempts)
    return f"[{write.marker}: {attempts}]"
