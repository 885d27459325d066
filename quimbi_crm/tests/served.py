"""A real web server on the test database and Redis, for sockets and restarts, which the test server does not support."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from agents.tests.waiting import HANGS, eventually


class Served:
    """The program's web process, started as in the Procfile."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["-m", "gunicorn", "-c", "python:quimbi_crm.web_server", "quimbi_crm.asgi:application"]
        options = ["-k", "quimbi_crm.runtime.gunicorn_worker.Worker", "--bind", f"127.0.0.1:{self.port}"]
        options += ["--limit-request-line", "0", "--no-control-socket"]
        self._process = subprocess.Popen([sys.executable, *command, *options], env=self._env)  # noqa: S603
        eventually(self._answers)

    def stop(self) -> None:
        """Stop gracefully, as a restart does: live sockets are closed with a code."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(HANGS)
            self._process = None

    @property
    def _env(self) -> dict[str, str]:
        database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
        secrets = {"SECRET_KEY": settings.SECRET_KEY, "JWT_SECRET_KEY": settings.JWT_SECRET_KEY}
        return os.environ | secrets | {"DATABASE_URL": database.geturl(), "ALLOWED_HOSTS": "localhost"}

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, "The server has ended."
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def served() -> Iterator[Served]:
    one = Served()
    one.start()
    try:
        yield one
    finally:
        one.stop()
