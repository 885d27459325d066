"""The faults: what each does to the program, and the seeded plan of them."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from quimbi_crm.runtime import server_urls
from script.fault_injection.program import GUNICORN, WORKER, Program

KINDS = (
    "web process killed",
    "gunicorn master killed",
    "worker killed",
    "Valkey killed",
    "PostgreSQL backends terminated",
    "postmaster killed",
    "launcher killed",
    "graceful stop",
    "PostgreSQL frozen",
    "Valkey frozen",
    "disk full",
)
BACKENDS = """
SELECT pid FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, random() LIMIT 1
"""
TRIES = 10  # attempts to find a target, two seconds apart
TERMINATED = 25  # database sessions, terminated one after the other


@dataclass(frozen=True)
class Planned:
    """A planned fault: its delay after the program has recovered from the previous one, and its duration, in seconds."""

    kind: str
    gap: float
    lasts: float


@dataclass
class Injected:
    """An injected fault. Times are of the machine's clock; `recovered_at` is None if the program did not recover."""

    kind: str
    at: float
    lifted_at: float = 0.0
    recovered_at: float | None = None
    done: str = field(default="")


def kinds_of(shape: str, mounted: bool) -> tuple[str, ...]:
    """The faults that are possible for this shape on this machine."""
    left_out = set() if mounted else {"disk full"}
    if shape == "production":
        left_out.add("launcher killed")  # this shape has no launcher
    return tuple(kind for kind in KINDS if kind not in left_out)


def plan(seed: int, shape: str, kinds: tuple[str, ...], rounds: int = 20) -> list[Planned]:
    """The sequence of faults: each kind once per round, every round shuffled. The same seed gives the same plan."""
    chance = random.Random(f"{seed} {shape}")
    planned = []
    for _ in range(rounds):
        for kind in chance.sample(kinds, len(kinds)):
            planned.append(Planned(kind, chance.uniform(2, 6), chance.uniform(4, 12)))
    return planned


def inject(program: Program, fault: Planned, chance: random.Random) -> Injected:
    """Inject the fault and end it. If there is nothing to hit for a while, `done` is empty and nothing is counted."""
    for _ in range(TRIES):
        injected = Injected(fault.kind, time.time())
        injected.done = DEEDS[fault.kind](program, fault, chance)
        if injected.done:
            break
        time.sleep(2)
    injected.lifted_at = time.time()
    return injected


def _kill(found: list[psutil.Process], sign: signal.Signals = signal.SIGKILL) -> str:
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.send_signal(sign)
            return f"{sign.name} to process {process.pid}"
    return ""


def _web_process(program: Program, fault: Planned, chance: random.Random) -> str:
    found = program.find(GUNICORN)
    workers = found[1:]
    chance.shuffle(workers)
    return _kill(workers)


def _master(program: Program, fault: Planned, chance: random.Random) -> str:
    return _kill(program.find(GUNICORN))


def _worker(program: Program, fault: Planned, chance: random.Random) -> str:
    return _kill(program.find(WORKER))


def _valkey(program: Program, fault: Planned, chance: random.Random) -> str:
    return _kill(_valkey_processes(program))


def _valkey_processes(program: Program) -> list[psutil.Process]:
    return program.find(str(server_urls.redis_socket(program.var))) or program.find("valkey-server")


def _postgres_processes(program: Program) -> list[psutil.Process]:
    """The postmaster, then all processes that it has started."""
    for postmaster in program.find(f"-D {program.var / 'postgres'}"):
        with contextlib.suppress(psutil.Error):
            return [postmaster, *postmaster.children(recursive=True)]
    return []


def _backends(program: Program, fault: Planned, chance: random.Random) -> str:
    """Random backends, one after the other; those in a statement or transaction first."""
    ended = 0
    url = server_urls.database_url(program.var)
    with (
        contextlib.suppress(psycopg.Error),
        psycopg.connect(url, autocommit=True, connect_timeout=5) as connection,
    ):
        for _ in range(TERMINATED):
            for (pid,) in connection.execute(BACKENDS).fetchall():
                connection.execute("SELECT pg_terminate_backend(%s)", [pid])
                ended += 1
            time.sleep(chance.uniform(0.02, 0.25))
    return f"{ended} backends" if ended else ""


def _postmaster(program: Program, fault: Planned, chance: random.Random) -> str:
    return _kill(_postgres_processes(program))


def _launcher(program: Program, fault: Planned, chance: random.Random) -> str:
    return _kill(program.find("runtime.launcher server"))


def _graceful(program: Program, fault: Planned, chance: random.Random) -> str:
    if program.shape == "server":
        return _kill(program.find("runtime.launcher server"), signal.SIGTERM)
    both = [_kill(program.find(words), signal.SIGTERM) for words in chance.sample((GUNICORN, WORKER), 2)]
    return ", ".join(part for part in both if part)


def _freeze(found: list[psutil.Process], seconds: float) -> str:
    frozen = []
    try:
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.suspend()
                frozen.append(process)
        time.sleep(seconds)
    finally:
        for process in frozen:
            with contextlib.suppress(psutil.Error):
                process.resume()
    return f"{len(frozen)} processes for {seconds:.0f} s" if frozen else ""


def _freeze_postgres(program: Program, fault: Planned, chance: random.Random) -> str:
    return _freeze(_postgres_processes(program), fault.lasts)


def _freeze_valkey(program: Program, fault: Planned, chance: random.Random) -> str:
    return _freeze(_valkey_processes(program), fault.lasts)


def _fill(program: Program, fault: Planned, chance: random.Random) -> str:
    """Fill the program's disk to the last byte, repeatedly, because the program frees some."""
    filler = program.folder / "disk" / "filler"
    try:
        until, filled = time.time() + fault.lasts, 0
        while time.time() < until:
            filled += _fill_up(filler)
            time.sleep(0.2)
    finally:
        filler.unlink(missing_ok=True)
    return f"{filled / 1e6:.0f} MB for {fault.lasts:.0f} s"


def _fill_up(filler: Path) -> int:
    written = 0
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    free = os.statvfs(filler)
                    if size > 1 and free.f_bavail * free.f_frsize > 64 * size:
                        most = free.f_bavail * free.f_frsize // 2
                        os.posix_fallocate(file.fileno(), file.seek(0, 2), most)
                        file.seek(0, 2)
                        written += most
                        continue
                    written += file.write(b"\0" * size)
    return written


DEEDS: dict[str, Callable[[Program, Planned, random.Random], str]] = {
    "web process killed": _web_process,
    "gunicorn master killed": _master,
    "worker killed": _worker,
    "Valkey killed": _valkey,
    "PostgreSQL backends terminated": _backends,
    "postmaster killed": _postmaster,
    "launcher killed": _launcher,
    "graceful stop": _graceful,
    "PostgreSQL frozen": _freeze_postgres,
    "Valkey frozen": _freeze_valkey,
    "disk full": _fill,
}
