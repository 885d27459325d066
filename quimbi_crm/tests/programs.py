"""The whole program in its own `var`, for tests that start, watch and kill it."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from agents.tests.waiting import HANGS, eventually

LAUNCHER = [sys.executable, "-m", "quimbi_crm.runtime.launcher"]
PROCFILE = """\
web: exec python -m quimbi_crm.runtime.bound python -m http.server $PORT --bind 127.0.0.1
worker: exec python -m quimbi_crm.runtime.bound sleep 1000
"""


@dataclass
class Program:
    """One `var` and the launchers started on it."""

    folder: Path
    var: Path
    port: int
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        foreign = ("DATABASE_URL", "REDIS_URL", "HOST")
        ours = {key: value for key, value in os.environ.items() if key not in foreign}
        # Empty, not missing: a developer's .env must not fill them.
        return ours | {
            "QUIMBI_VAR": str(self.var),
            "PORT": str(self.port),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "ENVIRONMENT": "test",
        }

    def launch(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a launcher; its output goes to a file, so that a full pipe blocks no process."""
        with (self.folder / f"out{len(self.started)}").open("w") as output:
            process = subprocess.Popen(  # noqa: S603
                [*LAUNCHER, *arguments],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def said(self, process: subprocess.Popen[str]) -> str:
        return (self.folder / f"out{self.started.index(process)}").read_text()

    def serve(self, *, real: bool = False) -> subprocess.Popen[str]:
        """Start all servers and wait for the greeting; `real` starts the migrated program with its demo shop."""
        small = ("--bare", "--procfile", str(self.folder / "Procfile"))
        process = self.launch("server", *(() if real else small))
        eventually(lambda: "runs at" in self.said(process) or process.poll() is not None)
        assert process.poll() is None, self.said(process)
        return process

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command with the servers, and return its exit code and output."""
        process = self.launch("run", *command)
        return process.wait(HANGS), self.said(process)

    def refused(self, *arguments: str) -> str:
        """Return the one-line message of a start that must fail."""
        process = self.launch(*arguments)
        assert process.wait(HANGS) == 1, self.said(process)
        said = self.said(process).strip()
        assert "\n" not in said, said
        return said

    def processes(self) -> list[psutil.Process]:
        """Return all live processes that were started from this `var` or work in it."""
        return [one for one in psutil.process_iter() if self._ours(one)]

    def _ours(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error, OSError):
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                return False
            words = [*process.cmdline(), process.environ().get("QUIMBI_VAR", ""), process.cwd()]
            return str(self.var) in " ".join(words)
        return False

    def find(self, words: str) -> psutil.Process:
        """Return the topmost process with `words` in its command line."""
        found = [one for one in self.processes() if words in " ".join(one.cmdline())]
        assert found, words
        return min(found, key=lambda one: (one.create_time(), one.pid))

    def gone(self) -> bool:
        return not self.processes()


@contextlib.contextmanager
def program_folder(parent: str | None = None) -> Iterator[Program]:
    """Yield a program in a public folder: root's servers cannot enter pytest's private temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="quimbi-runtime-", dir=parent))
    folder.chmod(0o755)
    (folder / "Procfile").write_text(PROCFILE)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Program(folder, folder / "var", port)
    try:
        yield program
    finally:
        for process in program.started:
            process.kill()
            process.wait()
        for left in program.processes():
            with contextlib.suppress(psutil.Error):
                left.kill()
        eventually(program.gone)
        shutil.rmtree(folder, ignore_errors=True)
