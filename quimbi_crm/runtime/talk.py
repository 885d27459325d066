"""What the runtime says to the person who started it."""

import sys


class RefusedError(Exception):
    """The runtime cannot continue; the text is one sentence on what is wrong and what to do."""


def say(text: str) -> None:
    """Write one line to standard error, so that `script/run CMD > file` stays clean.

    A closed terminal must not keep the runtime from stopping its children, so a failing write is ignored.
    """
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass
