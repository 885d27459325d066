"""`script/run CMD…`: a command with the servers, started only where nobody runs them yet."""

import os
import shlex
import signal
import sys
import time
from collections.abc import Mapping
from typing import NoReturn

from quimbi_crm.runtime import lock, server_urls, servers
from quimbi_crm.runtime.children import Child, spawn, stop_all
from quimbi_crm.runtime.place import Place
from quimbi_crm.runtime.serve import environment
from quimbi_crm.runtime.supervision import stopping, watch
from quimbi_crm.runtime.talk import RefusedError, say

PATIENCE = 40  # seconds for another owner to start or stop its servers


def run(command: list[str], *, production: bool) -> int:
    """Run `command` and return its exit code. If others run the servers, this process becomes the command."""
    missing = servers.missing(production)
    if not any(missing.values()):
        _become(command, environment())
    place = Place(server_urls.var_folder())
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with lock.owned(place.folder, f"script/run {shlex.join(command)}"), stopping() as children:
                servers.start(place, children, **missing)
                return _run(command, place, children, _with_urls(missing))
        except lock.TakenError:
            users = lock.use(place.folder)  # blocks while an owner is stopping
            if servers.answer(place, **missing):
                os.set_inheritable(users.fileno(), True)
                _become(command, _with_urls(missing))
            users.close()
            if time.monotonic() > deadline:
                raise RefusedError(
                    "Quimbi CRM already runs from this checkout, but without a server that this command needs: "
                    "set the same DATABASE_URL and REDIS_URL as it was started with."
                ) from None
            time.sleep(0.1)


def _run(command: list[str], place: Place, children: list[Child], env: Mapping[str, str]) -> int:
    """Run it in the current session: it may ask questions, and receives Ctrl-C itself."""
    if sys.stdin.isatty():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = spawn(command[0], command, signal.SIGTERM, env=env, session=False)
    except FileNotFoundError:
        say(f"{command[0]}: no such command.")
        return 127
    children.append(child)
    code = watch(children, child)
    with lock.last_user(place.folder):
        stop_all(children)
    return code


def _with_urls(missing: servers.Missing) -> dict[str, str]:
    env = environment()
    if missing["with_postgres"]:
        env["DATABASE_URL"] = server_urls.database_url()
    if missing["with_valkey"]:
        env["REDIS_URL"] = server_urls.redis_url()
    return env


def _become(command: list[str], env: Mapping[str, str]) -> NoReturn:
    try:
        os.execvpe(command[0], command, env)
    except FileNotFoundError:
        raise RefusedError(f"{command[0]}: no such command.") from None
