"""HTTP to the program on this machine: one kept connection, and every way in which an answer can fail to come."""

import http.client
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

PATIENCE = 20  # seconds for an answer


@dataclass(frozen=True)
class Answer:
    """Status 0 means no answer; `body` is the answer's JSON object."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    location: str = ""
    why: str = ""


class Client:
    """An HTTP client that keeps its connection, as a browser does."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.port = port
        self.headers = {"Host": f"localhost:{port}", **headers}
        self._connection: http.client.HTTPConnection | None = None

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        form: bool = False,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send once; returns the answer, or why there is none."""
        more = {**self.headers, **(headers or {})}
        data = None
        if body is not None:
            data = urlencode(body, doseq=True) if form else json.dumps(body)
            more["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
            self._connection.request(method, path, data, more)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, why=f"{type(error).__name__}: {error}"[:200])
        return Answer(response.status, _parse(text), response.headers.get("Location", ""))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _parse(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
