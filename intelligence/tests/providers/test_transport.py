"""The HTTP transport classifies every failure, and no call outlasts its deadline."""

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import time_machine

from agents.tests.waiting import HANGS
from intelligence.contract.deadline import Deadline
from intelligence.contract.failures import Failure, ProviderError
from intelligence.providers.transport.http_client import LONGEST_WAIT, Transport, retry_after

Script = Callable[[socket.socket], None]
ENOUGH = 0.6  # seconds of the deadline in the tests of answers that never end


class Peer:
    """A server that handles the n-th connection with the n-th script."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts, self.requests = scripts, list[bytes]()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def transport(self, **headers: str) -> Transport:
        return Transport("the service", self.url, headers)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self.requests.append(connection.recv(65_536))
            self.scripts[min(len(self.requests), len(self.scripts)) - 1](connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    made: list[Peer] = []

    def make(*scripts: Script) -> Peer:
        made.append(Peer(*scripts))
        return made[-1]

    yield make
    for one in made:
        one.close()


def says(body: bytes = b'{"a": 1}', status: int = 200, headers: bytes = b"", length: int | None = None) -> Script:
    def script(connection: socket.socket) -> None:
        size = len(body) if length is None else length
        head = b"HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n" % (status, size, headers)
        connection.sendall(head + body)

    return script


def hang(connection: socket.socket) -> None:
    while connection.recv(1000):  # until the caller lets go
        pass


def drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: 1\r\n")
        select.select([connection], [], [], 0.02)  # a pause between the pieces


def drip_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        select.select([connection], [], [], 0.02)  # a pause between the pieces


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def call(one: Peer, *, seconds: float = 60, read: float = 60, **options: Any) -> Any:
    return one.transport().post("/x", {"a": "ü"}, read_timeout=read, within=Deadline(seconds), **options)


def failure_of(one: Peer, **options: Any) -> ProviderError:
    with pytest.raises(ProviderError) as found:
        call(one, **options)
    return found.value


def test_answer_is_parsed_and_key_is_sent(peer: Callable[..., Peer]) -> None:
    one = peer(says(b'{"a": [1, null]}'))
    found = one.transport(**{"X-API-Key": "secret"}).post("/x", {"b": "ü"}, read_timeout=60)
    assert found == {"a": [1, None]}
    assert b"POST /x HTTP/1.1" in one.requests[0] and b"X-API-Key: secret" in one.requests[0]


@pytest.mark.parametrize(
    ("status", "failure", "calls"),
    [
        (302, Failure.BAD_ANSWER, 1),
        (400, Failure.INVALID, 1),
        (401, Failure.UNAUTHORIZED, 1),
        (403, Failure.UNAUTHORIZED, 1),
        (404, Failure.NOT_FOUND, 1),
        (422, Failure.INVALID, 1),
        (429, Failure.RATE_LIMITED, 1),
        (500, Failure.SERVER, 2),
        (501, Failure.SERVER, 1),
        (502, Failure.SERVER, 3),
        (503, Failure.SERVER, 3),
        (504, Failure.SERVER, 3),
    ],
)
def test_each_status_code_has_its_failure_and_retry_count(
    peer: Callable[..., Peer], status: int, failure: Failure, calls: int
) -> None:
    one = peer(says(status=status, headers=b"Location: http://127.0.0.1:9/elsewhere\r\n"))
    error = failure_of(one)
    assert (error.failure, error.status, len(one.requests)) == (failure, status, calls)
    assert str(status) in error.sentence and "127.0.0.1" not in error.sentence


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_successful_retry_returns_the_answer(peer: Callable[..., Peer], status: int) -> None:
    assert call(peer(says(status=status), says())) == {"a": 1}


def test_mixed_500_and_503_answers_are_retried_at_most_twice(peer: Callable[..., Peer]) -> None:
    one = peer(says(status=500), says(status=503), says(status=500))
    assert failure_of(one).status == 500 and len(one.requests) == 3
    other = peer(says(status=503), says(status=500), says(status=500))
    assert failure_of(other).status == 500 and len(other.requests) == 3


@pytest.mark.parametrize("script", [drip_headers, drip_body, hang], ids=["headers drip", "body drips", "silence"])
def test_call_that_hangs_or_drips_ends_at_the_deadline(peer: Callable[..., Peer], script: Script) -> None:
    # The peer never ends and the read timeout is out of reach, so nothing but the deadline can end the call.
    assert failure_of(peer(script), seconds=ENOUGH, read=HANGS).failure == Failure.TIMEOUT


def test_abandoned_call_releases_its_connection_slot(peer: Callable[..., Peer]) -> None:
    one = peer(drip_body)
    for _ in range(3):  # more calls than places, in all
        threads = [threading.Thread(target=lambda: failure_of(one, seconds=0.3)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert call(peer(says())) == {"a": 1}


@pytest.mark.parametrize(("retried", "calls"), [(False, 1), (True, 3)])
def test_read_timeout_is_retried_only_if_requested(peer: Callable[..., Peer], retried: bool, calls: int) -> None:
    one = peer(hang)
    assert failure_of(one, read=0.1, retry_timeouts=retried).failure == Failure.TIMEOUT
    assert len(one.requests) == calls


def test_connection_reset_is_retried_twice(peer: Callable[..., Peer]) -> None:
    one = peer(reset)
    assert failure_of(one).failure == Failure.CONNECTION and len(one.requests) == 3
    assert call(peer(reset, reset, says())) == {"a": 1}


def test_refused_connection_is_a_connection_failure(peer: Callable[..., Peer]) -> None:
    one = peer(says())
    one.close()
    assert failure_of(one).failure == Failure.CONNECTION


@pytest.mark.parametrize(
    "script",
    [
        says(b'{"a"', length=100),
        says(b"<html>"),
        says(b""),
        says(b"NaN"),
        says(b"[" * 100_000),
        says(b'"' + b"x" * 1_100_000 + b'"'),
        says(b"\xff\xfe"),
        says(b"junk", headers=b"Content-Encoding: gzip\r\n"),
    ],
    ids=["truncated", "html", "empty", "nan", "deep", "too large", "not text", "not gzip"],
)
def test_unreadable_answer_is_a_bad_answer(peer: Callable[..., Peer], script: Script) -> None:
    one = peer(script)
    assert failure_of(one).failure == Failure.BAD_ANSWER and len(one.requests) == 1


def test_call_is_not_retried_if_retries_are_disallowed(peer: Callable[..., Peer]) -> None:
    one = peer(says(status=503))
    within = Deadline(60, may_retry=lambda: False)
    with pytest.raises(ProviderError):
        one.transport().post("/x", {}, read_timeout=60, within=within)
    assert len(one.requests) == 1


def test_netrc_does_not_override_the_key(
    peer: Callable[..., Peer], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    one = peer(says())
    one.transport(Authorization="Bearer ours").post("/x", {}, read_timeout=60)
    assert b"Authorization: Bearer ours" in one.requests[0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("60", 60), ("0", 0), ("1.5", 1.5), ("999999999999", LONGEST_WAIT), ("-5", None), ("soon", None), ("", None)],
)
def test_retry_after_header_is_parsed_as_seconds(header: str, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_header_is_parsed_as_a_date() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        assert retry_after(format_datetime(now + timedelta(seconds=90), usegmt=True)) == 90
        assert retry_after(format_datetime(now - timedelta(days=1), usegmt=True)) == 0
        assert retry_after("Sun, 01 Mar 2026 12:00:30") == 30
        assert retry_after("Sun, 99 Foo 2026") is None


def test_retry_after_is_passed_on_with_a_rate_limit_failure(peer: Callable[..., Peer]) -> None:
    assert failure_of(peer(says(status=429, headers=b"Retry-After: 7\r\n"))).retry_after == 7
    assert failure_of(peer(says(status=429))).retry_after is None
