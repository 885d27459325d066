"""`python -m quimbi_crm.runtime.bound CMD…`: become CMD, and get SIGTERM when who started us dies.

The Procfile's commands start with it, so that a kill -9 above them leaves no web process and no worker.
Where nobody says who started us (QUIMBI_PARENT), as under a supervisor in production, it only becomes CMD.
"""

import os
import signal
import sys

from quimbi_crm.runtime.children import die_with


def main() -> None:
    if parent := os.environ.pop("QUIMBI_PARENT", ""):
        die_with(int(parent), signal.SIGTERM)
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
