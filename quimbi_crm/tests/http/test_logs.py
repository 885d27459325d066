"""External texts in log lines are masked, and cut before any pattern runs on them."""

import logging
from typing import Any

import pytest
from django.test import Client
from structlog import get_logger

from quimbi_crm import logs

LONG = "a" * 200_000
SIZE = 2 * logs.MAX_LINE


def masked(**fields: Any) -> dict[str, Any]:
    return dict(logs.mask(None, "info", fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"event": LONG},
        {"event": "short", "request_id": LONG, "ip": LONG, "logger": LONG},
        {"event": "job", "args": {"text": LONG, "deep": [{"text": LONG}, [LONG]]}},
        {"event": "keys", "data": {LONG: 1}},
        {"event": "many", "data": [LONG] * 1000},
        {"event": "nested", "data": [[[[[[[[LONG]]]]]]]]},
        {"event": "fields", **{f"field{place}": LONG for place in range(1000)}},
        {"event": "bytes", "body": LONG.encode()},
        {"event": "number", "number": 10**5000},
        {"event": "object", "error": ValueError(LONG)},
        {"event": "failed", "exception": "\n".join(["Traceback", *[LONG] * 50, "ValueError: " + LONG])},
        {"event": "failed", "exception": "frame\n" * 100_000 + "ValueError: the end"},
        {LONG: "key"},
    ],
    ids=lambda fields: str(fields.get("event", "key"))[:10],
)
def test_log_line_has_a_bounded_length(fields: dict[str, Any]) -> None:
    assert len(repr(masked(**fields))) < SIZE


def test_end_of_a_long_traceback_is_logged() -> None:
    line = masked(event="failed", exception="frame\n" * 100_000 + "ValueError: wrong")
    assert line["exception"].endswith("ValueError: wrong")


def test_personal_data_in_nested_values_is_masked() -> None:
    line = masked(event="job", args={"ann@example.com": ["+1 415 555 0123", {"to": ("bob@example.com",)}]})
    assert line["args"] == {"[email]": ["[number]", {"to": ["[email]"]}]}


def test_numbers_and_flags_are_logged_unchanged() -> None:
    assert masked(event="x", code=200, took=1.5, done=True, who=None) == {
        "event": "x",
        "code": 200,
        "took": 1.5,
        "done": True,
        "who": None,
    }


@pytest.mark.parametrize(
    "path", ["/" + "a" * 30_000, "/api/" + "1-" * 10_000, "/" + "a" * 400_000, "/" + "a@" * 10_000]
)
def test_logged_request_line_of_a_long_path_is_truncated(path: str, caplog: pytest.LogCaptureFixture, db: None) -> None:
    with caplog.at_level(logging.INFO):
        assert Client().get(path).status_code in (404, 414)
    assert caplog.records
    for record in caplog.records:
        assert len(str(record.msg)) < 4 * logs.MAX_TEXT


@pytest.mark.parametrize("host", ["a" * 8000, "a." * 4000, "[" + "a:" * 4000, "evil.example", "", "a b"])
@pytest.mark.parametrize("path", ["/", "/api/tickets", "/health/live"])
def test_unknown_host_is_refused_with_400_and_a_short_log_line(
    host: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The refusal does not query the database, which this test may not access."""
    with caplog.at_level(logging.INFO):
        assert Client(HTTP_HOST=host).get(path).status_code == 400
    assert sum(len(record.getMessage()) for record in caplog.records) < 3000
    assert not any(record.exc_info for record in caplog.records)


def test_logged_exception_with_a_long_text_is_truncated(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        try:
            raise ValueError(LONG)
        except ValueError:
            get_logger("test").exception("failed", text=LONG)
    assert len(str(caplog.records[-1].msg)) < SIZE
