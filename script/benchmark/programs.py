"""Everything that the benchmark starts: the servers, the program on each database, the baseline. All of it ends with us."""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from quimbi_crm.runtime import lock, server_urls, servers
from quimbi_crm.runtime.children import Child, spawn
from quimbi_crm.runtime.place import Place
from quimbi_crm.runtime.supervision import check, stopping, watch
from quimbi_crm.runtime.talk import RefusedError, say
from script.benchmark.figures import size_name

FORMAT = 1  # format of the loaded databases; raise it when the generated data changes
BASELINE = server_urls.ROOT.parent / "shared" / "bench" / "baseline.py"
BASELINE_NEEDS = ("fastapi==0.115.0", "uvicorn[standard]", "sqlalchemy==2.0.36", "asyncpg", "greenlet")
STARTING = 60  # seconds within which a program must start to answer


@dataclass
class Running:
    """A program that answers on a port of this machine."""

    port: int
    pid: int
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return str(self.facts.get("token", ""))


@dataclass
class Bench:
    """The folder of one run, with its running servers."""

    folder: Path
    children: list[Child]

    def url(self, database: str) -> str:
        return server_urls.database_url(self.folder).replace("/postgres?", f"/{database}?")

    def environment(self, database: str) -> dict[str, str]:
        """The environment of the program on that database, without the person's own settings and .env."""
        path = (str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))
        return {
            "PATH": os.pathsep.join(path),
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(server_urls.ROOT),
            "QUIMBI_VAR": str(self.folder),
            "DATABASE_URL": self.url(database),
            "REDIS_URL": server_urls.redis_url(self.folder),
            "QUIMBI_CACHE_PREFIX": database,
            "ENVIRONMENT": "test",
            "AGENT_RATE_PER_MINUTE": "1000000",
            "PAGE_RATE_PER_MINUTE": "1000000",  # the benchmark is a single agent
            "DJANGO_SETTINGS_MODULE": "script.benchmark.settings",
        }

    def inside(self, database: str, *command: str) -> Any:
        """Run a command of `inside.py` on that database, and return its result."""
        result = self.folder / "result.json"
        argv = [sys.executable, "-m", "script.benchmark.inside", command[0], str(result), *command[1:]]
        name = f"bench {command[0]}"
        child = spawn(name, argv, signal.SIGTERM, env=self.environment(database), cwd=server_urls.ROOT)
        self.children.append(child)
        if code := watch(self.children, child):
            raise RefusedError(f"{name} failed (exit code {code}), see above.")
        self.children.remove(child)
        return json.loads(result.read_text())

    def admin(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def has(self, database: str) -> bool:
        with self.admin() as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        return row is not None

    def make(self, database: str, template: str = "template1") -> None:
        """Create the database again as a copy of the template."""
        new, old = sql.Identifier(database), sql.Identifier(template)
        with self.admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(new))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(new, old))

    def rename(self, database: str, name: str) -> None:
        with self.admin() as connection:
            words = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            connection.execute(words.format(sql.Identifier(database), sql.Identifier(name)))

    def start(self, name: str, argv: list[str | Path], env: dict[str, str], port: int, path: str) -> Running:
        """Start a program with its output in a file, and wait until it answers."""
        with (self.folder / f"{name}.log").open("wb") as log:
            child = spawn(name, argv, signal.SIGTERM, env=env, cwd=server_urls.ROOT, output=log)
        self.children.append(child)
        deadline = time.monotonic() + STARTING
        while not _answers(port, path):
            check(self.children)
            if time.monotonic() > deadline:
                raise RefusedError(f"{name} does not answer, see {self.folder / name}.log")
            time.sleep(0.1)
        return Running(port, child.process.pid)


@contextlib.contextmanager
def bench(folder: Path, *, keep: bool) -> Iterator[Bench]:
    """The servers with the settings of `script/server`; at the end all are stopped, and removed unless kept."""
    try:
        with lock.owned(folder, "script/bench"), stopping() as children:
            servers.start(Place(folder), children, with_postgres=True, with_valkey=True)
            yield Bench(folder, children)
    except lock.TakenError as taken:
        raise RefusedError(f"Another benchmark works in {folder}: process {taken}.") from None
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


def start_program(bench: Bench, size: int) -> Running:
    """Start the program as the Procfile does, on a copy of the loaded database of that size."""
    loaded, work = f"loaded{FORMAT}_{size_name(size)}", f"bench_{size_name(size)}"
    if not bench.has(loaded):
        say(f"Loading {size:,} open tickets …")
        bench.make("half_made")
        bench.inside("half_made", "load", str(size))
        bench.rename("half_made", loaded)
    else:
        bench.inside(loaded, "refresh")
    say(f"Copying the database of {size:,} open tickets …")
    bench.make(work, loaded)
    port = free_port()
    env = bench.environment(work) | {"PORT": str(port), "HOST": "127.0.0.1", "WEB_CONCURRENCY": "2"}
    module = "quimbi_crm.runtime.processes"
    argv: list[str | Path] = [sys.executable, "-m", module, server_urls.ROOT / "Procfile", "web", "worker"]
    running = bench.start(f"program-{size_name(size)}", argv, env, port, "/health/live")
    running.facts = bench.inside(work, "facts")
    return running


def start_baseline(bench: Bench, script: Path, size: int) -> Running:
    """Start the baseline on its own database in the same PostgreSQL, over the same socket."""
    python = _baseline_python(bench)
    database = f"baseline_{size_name(size)}"
    dsn = f"postgresql://postgres@/{database}?host={server_urls.sockets(bench.folder)}"
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": os.environ.get("HOME", "/")}
    if not bench.has(database):
        say(f"Loading {size:,} open tickets for the baseline …")
        bench.make("half_made")
        half = dsn.replace(f"/{database}?", "/half_made?")
        child = spawn("baseline load", [python, script, "load", half, str(size)], signal.SIGTERM, env=env)
        bench.children.append(child)
        if code := watch(bench.children, child):
            raise RefusedError(f"The baseline could not load its data (exit code {code}), see above.")
        bench.children.remove(child)
        bench.rename("half_made", database)
    port = free_port()
    argv: list[str | Path] = [python, script, "serve", dsn, str(port)]
    return bench.start(f"baseline-{size_name(size)}", argv, env, port, "/openapi.json")


def _baseline_python(bench: Bench) -> Path:
    """The interpreter of a virtual environment with the baseline's requirements, created if missing."""
    digest = hashlib.sha256("\n".join(BASELINE_NEEDS).encode()).hexdigest()[:8]
    folder = bench.folder / f"baseline-{digest}"
    marker = folder / "installed"
    python = folder / "bin" / "python"
    if not marker.exists():
        say("Installing what the baseline needs …")
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *BASELINE_NEEDS]
        pip = subprocess.run(command, check=False, capture_output=True, text=True)
        if pip.returncode:
            say(pip.stderr)
            raise RefusedError(
                "Installing what the baseline needs failed, see above; --no-baseline goes on without it."
            )
        marker.touch()
    return python


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _answers(port: int, path: str) -> bool:
    from script.benchmark.client import Call, Connection

    try:
        with Connection(port) as connection:
            connection.send(Call(path))
    except (OSError, RefusedError):
        return False
    return True
