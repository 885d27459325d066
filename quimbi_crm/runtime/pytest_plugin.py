"""Gives a test run a PostgreSQL and a Valkey of its own, before Django reads its settings.

Loaded by `pytest.ini`. The developer's DATABASE_URL is never used: tests drop databases. Who has servers to
test with names them in TEST_DATABASE_URL and TEST_REDIS_URL.
"""

import atexit
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from quimbi_crm.runtime import server_urls, servers
from quimbi_crm.runtime.binaries import enterable
from quimbi_crm.runtime.children import Child, stop_all
from quimbi_crm.runtime.lock import TakenError, owned
from quimbi_crm.runtime.place import Place, server_user
from quimbi_crm.runtime.talk import RefusedError

# Enough connections for tests with a hundred threads in two test processes.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=128MB", "max_connections=250")
SERVICES = (
    "QUIMBI_AI_URL",
    "QUIMBI_BASE_URL",
    "QUIMBI_AI_API_KEY",
    "QUIMBI_API_KEY",
    "LLM_BASE_URL",
    "LLM_API_KEY",
    "LLM_MODEL",
)
STATE = contextlib.ExitStack()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """Runs around pytest-django's hook of this name, which loads the settings."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ["QUIMBI_CACHE_PREFIX"] = worker
    else:
        try:
            _start()
        except (RefusedError, OSError) as error:
            STATE.close()
            raise pytest.UsageError(f"No database for the tests: {error}") from None
    return (yield)


def pytest_unconfigure() -> None:
    STATE.close()


def _start() -> None:
    atexit.register(STATE.close)
    # End in order on SIGTERM and SIGHUP, too: pytest only handles Ctrl-C.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    given = {key: os.environ.get(f"TEST_{key}") for key in ("DATABASE_URL", "REDIS_URL")}
    os.environ["ENVIRONMENT"] = "test"
    for name in SERVICES:  # a developer's .env must not make tests call AI services
        os.environ[name] = ""
    os.environ["QUIMBI_CACHE_PREFIX"] = "main"
    if not all(given.values()):
        folder = _folder()
        children: list[Child] = []
        STATE.callback(stop_all, children)
        servers.start(
            Place(folder, settings=FAST, disposable=True),
            children,
            with_postgres=not given["DATABASE_URL"],
            with_valkey=not given["REDIS_URL"],
        )
        os.environ["DATABASE_URL"] = server_urls.database_url(folder)
        os.environ["REDIS_URL"] = server_urls.redis_url(folder)
    os.environ.update({key: value for key, value in given.items() if value})


def _folder() -> Path:
    """`var/postgres-test`, or a temporary folder if another run uses that or root's servers cannot enter it."""
    folder = server_urls.var_folder() / "postgres-test"
    try:
        STATE.enter_context(owned(folder, "pytest"))
        if enterable(folder, server_user(folder)):
            return folder
    except TakenError:
        pass
    folder = Path(tempfile.mkdtemp(prefix="quimbi-test-"))
    folder.chmod(0o755)  # servers started by root run as another user; their data folders are private
    STATE.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder
