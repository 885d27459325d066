"""The one owner of the running program: `server` runs all of it, `run CMD…` a command with its servers.

A server whose URL is set (DATABASE_URL, REDIS_URL) is somebody else's, and is neither started nor stopped.
"""

import argparse
import errno
import sys
from pathlib import Path

from quimbi_crm.config import read_environment
from quimbi_crm.runtime import server_urls
from quimbi_crm.runtime.children import adopt_orphans
from quimbi_crm.runtime.command import run
from quimbi_crm.runtime.serve import serve
from quimbi_crm.runtime.supervision import handle_signals
from quimbi_crm.runtime.talk import RefusedError, say


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code. Errors are printed in one sentence."""
    options = _arguments(argv)
    handle_signals()
    adopt_orphans()
    try:
        environment = read_environment()
        if options.mode == "run":
            return run(options.command, production=environment.production)
        return serve(options.procfile, production=environment.production, prepare=not options.bare)
    except RefusedError as refused:
        say(str(refused))
    except OSError as error:
        say(_sentence(error))
    return 1


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launcher", description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True)
    server = modes.add_parser("server", help="run the whole program")
    server.add_argument("--procfile", type=Path, default=server_urls.ROOT / "Procfile")
    server.add_argument("--bare", action="store_true", help="neither migrate nor load demo data")
    command = modes.add_parser("run", help="run a command with the servers")
    command.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD")
    options = parser.parse_args(argv)
    if options.mode == "run" and not options.command:
        parser.error("run needs a command")
    return options


def _sentence(error: OSError) -> str:
    where = error.filename or server_urls.var_folder()
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"You may not write to {where}: set QUIMBI_VAR to a folder that is yours."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk of {where} is full: make room, or set QUIMBI_VAR to a folder on another disk."
    return f"{where}: {error.strerror or error}."


if __name__ == "__main__":
    sys.exit(main())
