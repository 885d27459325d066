"""The launcher restarts Valkey with growing delays, and gives up after too many failed restarts in a row."""

from types import SimpleNamespace
from typing import Any

import pytest

from quimbi_crm.runtime.children import Child, Revival
from quimbi_crm.runtime.supervision import check
from quimbi_crm.runtime.talk import RefusedError


def process(ended: bool) -> Any:
    return SimpleNamespace(poll=lambda: -9 if ended else None, returncode=-9 if ended else None, pid=-1)


class Server:
    """A child that has ended, on a fake clock; each start fails or returns a process that has ended too."""

    def __init__(self, *, fails: bool = False, lasts: bool = False) -> None:
        self.now, self.starts, self.fails, self.lasts = 0.0, list[float](), fails, lasts
        self.child = Child("Valkey", process(True), 15, 10)  # type: ignore[arg-type]
        self.child.revival = Revival(self._start, clock=lambda: self.now)

    def _start(self) -> Child:
        self.starts.append(self.now)
        if self.fails:
            raise RefusedError("no room")
        return Child("Valkey", process(not self.lasts), 15, 10)  # type: ignore[arg-type]

    def watch(self, seconds: int) -> None:
        for _ in range(seconds * 2):
            check([self.child])
            self.now += 0.5


def test_ended_server_is_restarted_at_once() -> None:
    server = Server(lasts=True)
    server.watch(10)
    assert server.starts == [0.0]
    assert not server.child.ended()


@pytest.mark.parametrize("fails", [False, True])
def test_restart_delays_grow_until_launcher_gives_up_and_program_goes_on(
    fails: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Server(fails=fails)
    server.watch(2000)
    waits = [round(after - before) for before, after in zip(server.starts, server.starts[1:], strict=False)]
    assert len(server.starts) == Revival.MOST
    assert waits[:4] == [2, 4, 8, 16] and max(waits) <= Revival.LONGEST_WAIT + 1
    assert "goes on without it" in capsys.readouterr().err


def test_server_that_ran_long_is_restarted_without_delay() -> None:
    server = Server(lasts=True)
    server.watch(100)
    server.child.process = process(True)
    server.watch(1)
    assert server.starts == [0.0, 100.0]


def test_child_without_revival_ends_the_program() -> None:
    server = Server()
    server.child.revival = None
    with pytest.raises(RefusedError, match="Valkey ended unasked"):
        server.watch(1)
