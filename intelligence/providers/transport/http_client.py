"""HTTP calls to a service: within a deadline, with retries where they can help, and a name for every failure.

Bodies, keys and addresses appear in no message and no log.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Self

import orjson
import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util.retry import Retry

from intelligence.contract.deadline import Deadline
from intelligence.contract.failures import Failure, ProviderError
from intelligence.providers.transport.connections import Adapter, Call, begin

CONNECT = 3.0  # seconds
MOST_BYTES = 1_000_000
MOST_AT_ONCE = 16  # concurrent calls of one process: a hanging service must not block all threads
LONGEST_WAIT = 86_400.0  # longest Retry-After that is obeyed, in seconds
RETRIED = frozenset({500, 502, 503, 504})
USER_AGENT = "quimbi-crm"


class Attempts(Retry):
    """Retries with jitter: connection errors, 502, 503 and 504 twice, 500 once; none if nobody waits or the service fails."""

    def __init__(
        self, *args: Any, within: Deadline | None = None, timeouts: bool = False, fives: int = 1, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.within, self.timeouts, self.fives = within, timeouts, fives

    @classmethod
    def of_call(cls, within: Deadline | None, timeouts: bool) -> Self:
        return cls(
            total=2,
            backoff_factor=0.15,
            backoff_jitter=0.2,
            status_forcelist=RETRIED,
            allowed_methods=None,
            respect_retry_after_header=False,  # no thread may sleep for as long as a service asks
            raise_on_status=False,
            within=within,
            timeouts=timeouts,
        )

    def new(self, **options: Any) -> Self:
        return super().new(**{"within": self.within, "timeouts": self.timeouts, "fives": self.fives, **options})

    def increment(self, *args: Any, **options: Any) -> Self:
        error, response = options.get("error"), options.get("response")
        if isinstance(error, ReadTimeoutError) and not self.timeouts:
            raise error
        following = super().increment(*args, **options)
        if response is not None and response.status == 500:
            following.fives = self.fives - 1
            if following.fives < 0:
                following.total = -1
        if self.within is not None and not self.within.may_retry():
            following.total = -1
        if following.is_exhausted():
            return super(Attempts, self.new(total=0)).increment(*args, **options)  # raises the library's own exception
        return following


class _Headers(AuthBase):
    """The service's own headers, set as `auth` so that a .netrc file cannot replace them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self.headers)
        return request


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(MOST_AT_ONCE, "service-call")


_places = threading.BoundedSemaphore(MOST_AT_ONCE)


class Transport:
    """A service at an address. Each method returns the answer's parsed JSON, or raises `ProviderError`."""

    def __init__(self, label: str, base_url: str, headers: Mapping[str, str]) -> None:
        self.base_url = base_url.rstrip("/")
        self._label = label[:1].upper() + label[1:]
        self._auth = _Headers({"Accept": "application/json", "User-Agent": USER_AGENT, **headers})
        self._session = requests.Session()
        self._session.mount("https://", Adapter(pool_maxsize=MOST_AT_ONCE))
        self._session.mount("http://", Adapter(pool_maxsize=MOST_AT_ONCE))

    def post(
        self,
        path: str,
        body: Mapping[str, Any],
        *,
        read_timeout: float,
        within: Deadline | None = None,
        retry_timeouts: bool = False,
    ) -> Any:
        return self._call("POST", path, body, read_timeout, within, retry_timeouts)

    def get(self, path: str, *, read_timeout: float, within: Deadline | None = None) -> Any:
        return self._call("GET", path, None, read_timeout, within, True)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        read_timeout: float,
        within: Deadline | None,
        retry_timeouts: bool,
    ) -> Any:
        within = within or Deadline()
        within.demand()
        if not _places.acquire(blocking=False):
            raise ProviderError(f"{self._label} has too many calls to answer already.", Failure.UNAVAILABLE)
        call = Call(Attempts.of_call(within, retry_timeouts))
        timeout = (min(CONNECT, within.left()), min(read_timeout, within.left()))

        def work() -> Any:
            begin(call)
            return self._answer(method, path, body, timeout)

        future = _in_thread(work)
        try:
            return future.result(within.left())
        except FutureTimeout:
            call.give_up()
            raise ProviderError(f"{self._label} did not answer in time.", Failure.TIMEOUT) from None

    def _answer(self, method: str, path: str, body: Mapping[str, Any] | None, timeout: tuple[float, float]) -> Any:
        """Make the call in a thread of its own. Exceptions of libraries are replaced, because they contain addresses."""
        try:
            response = self._session.request(
                method,
                self.base_url + path,
                json=body,
                auth=self._auth,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            if _was_slow(error):
                raise ProviderError(f"{self._label} did not answer in time.", Failure.TIMEOUT) from None
            raise ProviderError(f"{self._label} cannot be reached.", Failure.CONNECTION) from None
        with response:
            if not 200 <= response.status_code < 300:
                raise self._refusal(response)
            return self._parsed(response)

    def _parsed(self, response: requests.Response) -> Any:
        unreadable = ProviderError(f"{self._label} gave an answer that cannot be read.", Failure.BAD_ANSWER, status=200)
        content = bytearray()
        try:
            for part in response.iter_content(64 * 1024):
                content += part
                if len(content) > MOST_BYTES:
                    raise unreadable
            return orjson.loads(content)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            if _was_slow(error):
                raise ProviderError(f"{self._label} did not answer in time.", Failure.TIMEOUT) from None
            raise unreadable from None

    def _refusal(self, response: requests.Response) -> ProviderError:
        status = response.status_code
        if status in (401, 403):
            return ProviderError(
                f"{self._label} does not accept the key ({status}).", Failure.UNAUTHORIZED, status=status
            )
        if status == 429:
            wait = retry_after(response.headers.get("Retry-After"))
            return ProviderError(
                f"{self._label} has had enough requests for now (429).",
                Failure.RATE_LIMITED,
                retry_after=wait,
                status=status,
            )
        if status == 404:
            return ProviderError(f"{self._label} does not know it (404).", Failure.NOT_FOUND, status=status)
        if 400 <= status < 500:
            return ProviderError(f"{self._label} did not take the request ({status}).", Failure.INVALID, status=status)
        if status >= 500:
            return ProviderError(f"{self._label} failed ({status}).", Failure.SERVER, status=status)
        return ProviderError(
            f"{self._label} gave an answer that cannot be read ({status}).", Failure.BAD_ANSWER, status=status
        )


def _was_slow(error: Exception) -> bool:
    """Whether reading timed out; within retries or a body, the library wraps that error in another one."""
    inner = error.args[0] if error.args else None
    reasons = (error, inner, getattr(inner, "reason", None))
    return any(isinstance(one, requests.ReadTimeout | ReadTimeoutError) for one in reasons)


def _in_thread(work: Callable[[], Any]) -> "Future[Any]":
    try:
        future = _threads().submit(work)
    except RuntimeError:  # the process is shutting down
        _places.release()
        raise ProviderError("The program is stopping.", Failure.UNAVAILABLE) from None
    # Release the slot when the thread ends, not when the caller stops waiting.
    future.add_done_callback(lambda done: _places.release())
    return future


def retry_after(header: str | None) -> float | None:
    """Seconds to wait, from a header in seconds or with a date; `None` if the header cannot be parsed."""
    if header is None:
        return None
    text = header.strip()
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else _until(text)
    except (ValueError, OverflowError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _until(text: str) -> float:
    moment = parsedate_to_datetime(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()
