"""The program that is attacked, in one of two shapes, in a folder of its own: started, found and stopped."""

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from quimbi_crm.runtime import server_urls
from quimbi_crm.runtime.children import Child, spawn, stop_all
from quimbi_crm.runtime.talk import RefusedError, say
from script.fault_injection.supervisor import SHAPES

DISK_MB = 3000  # MB, the size of the program's own disk; PostgreSQL alone may keep 1 GB of WAL
STARTING = 300  # seconds for the first start
# in the command lines of the gunicorn master (the oldest process) and its web processes
GUNICORN = "quimbi_crm.asgi:application"
WORKER = "procrastinate worker"
GREEN = 3  # consecutive healthy answers


@dataclass
class Program:
    """One run of one deployment shape. `mounted` is whether its data has its own disk, which can be filled."""

    shape: str
    folder: Path
    port: int
    mounted: bool = False
    children: list[Child] = field(default_factory=list)
    secrets: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "JWT_SECRET_KEY")}
    )

    @property
    def var(self) -> Path:
        return self.folder / "disk" / "var"

    @property
    def environment(self) -> dict[str, str]:
        """The environment without the person's own settings and .env."""
        path = (str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))
        common = {
            "PATH": os.pathsep.join(path),
            "HOME": os.environ.get("HOME", "/"),
            "PYTHONPATH": str(server_urls.ROOT),
            "QUIMBI_VAR": str(self.var),
            "PORT": str(self.port),
            "AGENT_RATE_PER_MINUTE": "1000000",
            "PAGE_RATE_PER_MINUTE": "1000000",
            "NEXT_TICKETS_PER_HOUR": "100000",
            "HAND_BACKS_PER_HOUR": "100000",
            "DJANGO_SETTINGS_MODULE": "script.fault_injection.settings",
            "LOG_LEVEL": "WARNING",
        }
        if self.shape == "server":
            return common | {"ENVIRONMENT": "test", "DATABASE_URL": "", "REDIS_URL": ""}
        return common | {
            **self.secrets,
            "ENVIRONMENT": "production",
            "ALLOWED_HOSTS": "localhost",
            "TLS_REDIRECT": "false",  # no TLS proxy in front
            "DATABASE_URL": server_urls.database_url(self.var),
            "REDIS_URL": server_urls.redis_url(self.var),
        }

    # --- Starting and stopping ---
    def start(self, *parts: str) -> None:
        """Start the parts of the shape, each under a supervisor, whose output goes to a file."""
        for part in parts or SHAPES[self.shape]:
            argv = [sys.executable, "-m", "script.fault_injection.supervisor", part]
            with (self.folder / f"{part}.log").open("ab") as log:
                child = spawn(
                    part, argv, signal.SIGTERM, env=self.environment, cwd=server_urls.ROOT, output=log, patience=90
                )
            self.children.append(child)

    def inside(self, command: str) -> Any:
        """Run a command of `inside.py`, and return its result."""
        argv = [sys.executable, "-m", "script.fault_injection.inside", command, str(self.folder)]
        if self.shape == "server" and not self.children:
            argv = [sys.executable, "-m", "quimbi_crm.runtime.launcher", "run", *argv]
        child = spawn(command, argv, signal.SIGTERM, env=self.environment, cwd=server_urls.ROOT)
        self.children.append(child)
        code = child.process.wait()
        self.children.remove(child)
        if code:
            raise RefusedError(f"{command} failed (exit code {code}), see above.")
        return json.loads((self.folder / f"{command}.json").read_text())

    def stop(self) -> None:
        stop_all(self.children)

    # --- Inspecting ---
    def processes(self) -> list[psutil.Process]:
        """All processes under the supervisors, without the supervisors, oldest first."""
        found: list[psutil.Process] = []
        for child in self.children:
            with contextlib.suppress(psutil.Error):
                found += psutil.Process(child.process.pid).children(recursive=True)
        return sorted(found, key=_age)

    def find(self, words: str, *, without: str = "\0") -> list[psutil.Process]:
        """Processes with the words in their command line, oldest first, without shells."""
        found = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if words in line and without not in line and process.name() != "sh":
                    found.append(process)
        return found

    def ready(self) -> bool:
        """Whether `/health/ready` answers 200."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request("GET", "/health/ready", headers={"Host": f"localhost:{self.port}"})
            answer = connection.getresponse()
            body = answer.read()
            # A 429 comes from the rate limit per IP address, so web process and cache work.
            return answer.status == 429 or (answer.status == 200 and json.loads(body)["status"] == "ok")
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return False
        finally:
            connection.close()

    def await_ready(self, deadline: float) -> float | None:
        """The time since which web and worker are ready, checked several times in a row; None after the deadline."""
        green, since = 0, 0.0
        while time.time() < deadline:
            if self.ready() and self.find(WORKER) and len(self.find(GUNICORN)) > 1:
                since = time.time() if green == 0 else since
                green += 1
                if green == GREEN:
                    return since
            else:
                green = 0
            time.sleep(1)
        return None


def _age(process: psutil.Process) -> float:
    try:
        return float(process.create_time())
    except psutil.Error:
        return float("inf")


@contextlib.contextmanager
def program(shape: str, folder: Path) -> Iterator[Program]:
    """A program in a new folder, on a small disk if mounting is allowed. All its processes end with the block."""
    if folder.exists():
        raise RefusedError(f"{folder} has an earlier run: choose another --folder or --seed.")
    folder.mkdir(mode=0o755)
    (folder / "disk").mkdir(mode=0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Program(shape, folder, port, mounted=_mount(folder / "disk"))
    try:
        yield made
    finally:
        made.stop()
        for log in made.var.glob("*.log"):
            shutil.copy(log, folder)
        _unmount(made)


def _mount(disk: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "quimbi-chaos", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unmount(made: Program) -> None:
    disk = made.folder / "disk"
    for _ in range(20 if made.mounted else 0):
        if subprocess.run(["umount", str(disk)], capture_output=True, check=False).returncode == 0:  # noqa: S607  found by PATH
            break
        time.sleep(0.5)
    else:
        if made.mounted:
            say(f"{disk} could not be unmounted; do so by hand: umount {disk}")
            return
    shutil.rmtree(disk, ignore_errors=True)
