"""`script/server`: servers, migrations, demo data, then the processes of the Procfile."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from quimbi_crm.runtime import lock, server_urls, servers, web
from quimbi_crm.runtime.children import Child, spawn
from quimbi_crm.runtime.place import Place
from quimbi_crm.runtime.supervision import check, stopping, watch
from quimbi_crm.runtime.talk import RefusedError, say
from quimbi_crm.runtime.waiting import wait_until

MANAGE = (sys.executable, server_urls.ROOT / "manage.py")
DEMO = ("admin", "manager", "lead", "senior", "agent")
PROCESSES = ("web", "worker")  # the Procfile's `release` is for hosting platforms; here `_prepare` does its work


def serve(procfile: Path, *, production: bool, prepare: bool) -> int:
    """Run until a signal or the end of any child, which raises RefusedError."""
    place = Place(server_urls.var_folder())
    try:
        with lock.owned(place.folder, web.shown()) as unclean, stopping() as children:
            _check_port(unclean)
            servers.start(place, children, **servers.missing(production))
            if prepare:
                _prepare(children, production)
            children.append(_processes(procfile))
            _await_web(children)
            _greet(production)
            return watch(children)
    except lock.TakenError as taken:
        pid, _, words = str(taken).partition(" ")
        raise RefusedError(
            f"Quimbi CRM already runs from this checkout (process {pid}, {words}): "
            f"stop that one first, with Ctrl-C there or with: kill {pid}"
        ) from None


def _check_port(unclean: bool) -> None:
    """Check the port before anything starts; the web process of a killed run gets time to release it."""
    _, port = web.address()
    if unclean and not web.free():
        with contextlib.suppress(RefusedError):
            wait_until(web.free, "the web process of an earlier run to stop", seconds=10)
    if not web.free():
        raise RefusedError(f"Port {port} is in use: choose another with PORT, as in: PORT={port + 1} script/server")


def _prepare(children: list[Child], production: bool) -> None:
    _step(children, "migrate", "--noinput")
    if not production:
        _step(children, "demo", "--if-empty")


def _step(children: list[Child], *command: str) -> None:
    child = spawn(f"manage.py {command[0]}", (*MANAGE, *command), signal.SIGTERM, cwd=server_urls.ROOT)
    children.append(child)
    if code := watch(children, child):
        raise RefusedError(f"{child.name} failed (exit code {code}), see above.")
    children.remove(child)


def _processes(procfile: Path) -> Child:
    argv: list[str | Path] = [sys.executable, "-m", "quimbi_crm.runtime.processes", procfile, *PROCESSES]
    return spawn("The Procfile's processes (honcho)", argv, signal.SIGTERM, cwd=server_urls.ROOT, env=environment())


def environment() -> dict[str, str]:
    """The current environment, with the virtual environment's programs first in PATH."""
    path = (str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath))
    return {**os.environ, "PATH": os.pathsep.join(path)}


def _await_web(children: list[Child]) -> None:
    while not web.alive():
        check(children)
        time.sleep(0.1)


def _greet(production: bool) -> None:
    say(f"\nQuimbi CRM runs at {web.shown()}; Ctrl-C stops it.")
    if not production:
        say(
            f"Demo accounts: {', '.join(f'{name}@quimbi.example' for name in DEMO)}; password: quimbi-demo; API key: spa-key\n"
        )
