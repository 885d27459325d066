"""Fixtures for browser tests: the browser, its contexts and the demo program."""

import fcntl
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Browser, BrowserContext

from agents.models import Agent
from agents.tests.browsing import browser as signed_in
from agents.tests.waiting import HANGS, eventually
from quimbi_crm.tests.browsers import chromium, close, cookies
from quimbi_crm.tests.programs import Program, program_folder
from tickets.live import log


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a program after its first start, migrated and with the demo shop; created once per test run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    made = shared / "demo-data"
    with (shared / "demo-data.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            with program_folder() as program:
                process = program.serve(real=True)
                process.terminate()
                assert process.wait(HANGS) == 128 + signal.SIGTERM
                eventually(program.gone)
                _copy(program.var, shared / "demo-data.part")
            (shared / "demo-data.part").rename(made)
    return made


@pytest.fixture(scope="module")
def demo_program(demo_data: Path) -> Iterator[Program]:
    """A program that is not started yet, with the demo shop in its data."""
    with program_folder() as program:
        _copy(demo_data, program.var)
        yield program


def _copy(source: Path, target: Path) -> None:
    """Copy with owners, because root's servers run as another user."""
    subprocess.run([str(shutil.which("cp")), "-a", str(source), str(target)], check=True)  # noqa: S603


@pytest.fixture(autouse=True)
def windows_are_closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close all pages before the database is emptied, so that no page sends a request meanwhile."""
    if "browser" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("_django_db_helper")
    browser = request.getfixturevalue("browser")
    yield
    close(browser)
    if request.node.get_closest_marker("django_db"):
        eventually(_nobody_is_at_work)


def _nobody_is_at_work() -> bool:
    """Whether no other connection is in a statement or transaction of the test database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle'"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid())"
        )
        return bool(cursor.fetchone()[0])


@pytest.fixture(autouse=True)
def events_have_positions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give events their positions before each poll, because no worker runs beside the test server."""
    if "live_server" not in request.fixturenames:
        return
    catch_up = log.catch_up

    def place_and_catch_up(*args: Any) -> Any:
        log.place()
        return catch_up(*args)

    monkeypatch.setattr(log, "catch_up", place_and_catch_up)


@pytest.fixture
def context(browser: Browser) -> BrowserContext:
    one = browser.new_context(viewport={"width": 1280, "height": 900})
    one.set_default_timeout(HANGS * 1000)
    return one


@pytest.fixture
def signed_in_as_lead(context: BrowserContext, live_server: Any, lead: Agent) -> None:
    cookies(context, live_server, signed_in(lead))
