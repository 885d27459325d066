"""`python -m script.fault_injection.supervisor PART`: runs one part of the program, and starts it again whenever it ends.

What systemd or a platform does. The parts are `server` (the launcher of `script/server`, which owns everything), or apart
`postgres`, `valkey`, and the Procfile's `web` and `worker`. SIGTERM ends the part and the supervisor.
"""

import contextlib
import signal
import sys
import time
from collections.abc import Callable

from honcho.environ import parse_procfile

from quimbi_crm.runtime import postgres, server_urls, valkey
from quimbi_crm.runtime.children import Child, adopt_orphans, reap_strays, spawn, stop_all
from quimbi_crm.runtime.place import Place, prepare
from quimbi_crm.runtime.serve import environment
from quimbi_crm.runtime.supervision import handle_signals, stopping
from quimbi_crm.runtime.talk import RefusedError, say

PAUSE = 1.0  # seconds between a process's end and its restart
SHAPES = {"server": ("server",), "production": ("postgres", "valkey", "web", "worker")}


def start_server() -> Child:
    argv = [sys.executable, "-m", "quimbi_crm.runtime.launcher", "server"]
    return spawn("server", argv, signal.SIGTERM, cwd=server_urls.ROOT, patience=60)


def start_database() -> Child:
    place = Place(server_urls.var_folder())
    return postgres.start(place, prepare(place))


def start_cache() -> Child:
    place = Place(server_urls.var_folder())
    return valkey.start(place, prepare(place))


def start_process(name: str) -> Child:
    """Start a command of the Procfile as a platform does: by a shell that is replaced by it."""
    command = parse_procfile((server_urls.ROOT / "Procfile").read_text()).processes[name]
    return spawn(name, ["/bin/sh", "-c", command], signal.SIGTERM, cwd=server_urls.ROOT, env=environment(), patience=20)


STARTS: dict[str, Callable[[], Child]] = {
    "server": start_server,
    "postgres": start_database,
    "valkey": start_cache,
    "web": lambda: start_process("web"),
    "worker": lambda: start_process("worker"),
}


def supervise(part: str) -> None:
    """Run until a signal ends it."""
    with stopping() as children:
        while True:
            try:
                children.append(STARTS[part]())
                while not children[0].ended():
                    reap_strays(children)
                    time.sleep(0.1)
                say(f"supervisor: {part} ended ({children[0].end()}), starting it again.")
            except (RefusedError, OSError) as error:
                say(f"supervisor: {part} did not start: {error}")
            stop_all(children)
            time.sleep(PAUSE)


if __name__ == "__main__":
    handle_signals()
    adopt_orphans()
    with contextlib.suppress(KeyboardInterrupt):
        supervise(sys.argv[1])
