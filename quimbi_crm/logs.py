"""Structured logs without personal data and of bounded length: every line passes `mask` before it is written."""

import logging
from collections.abc import MutableMapping
from typing import Any

import structlog

from agents.common.patterns import END, WORD, compile_pattern

# Clients can send long paths and headers without signing in, so texts are cut before patterns are matched.
MAX_TEXT = 1_000  # characters of one value
MAX_TRACEBACK = 12_000  # characters of a traceback; its end is kept, because it says most
MAX_LINE = 24_000  # characters of all values of a line
MAX_PARTS = 40  # items of a list or dictionary, or fields of a line
MAX_DEPTH = 4
_TRACEBACKS = {"exception", "stack"}
_EMAIL = compile_pattern(r"[^\s\p{Z}@<>\"'=]+@[^\s\p{Z}@<>\"']+")
# Matches card and telephone numbers, but not UUIDs or times.
_LONG_NUMBER = compile_pattern(r"\p{Nd}(?:[ ().-]?\p{Nd}){8,18}", behind=rf"^|[^{WORD}.-]", ahead=rf"{END[:-1]}-]")
_PLUS = "+[number]"
# The token in these links allows setting a password.
_LINK = compile_pattern(r"(/accounts/(?:invitation|new-password)/[^/\s]+/)[^/\s\"']+")
_KEPT = {"timestamp", "level", "logger", "request_id", "user_id", "ip", "code"}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def cut(text: str, limit: int = MAX_TEXT) -> str:
    """The beginning of the text, and the length of the rest."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit:,} characters more)"


def cut_traceback(text: str) -> str:
    """The end of a traceback, which names the error, with each line cut."""
    left_out = max(0, len(text) - 4 * MAX_TRACEBACK)
    lines = "\n".join(cut(line) for line in text[left_out:].split("\n"))
    if left_out or len(lines) > MAX_TRACEBACK:
        return f"… (the beginning is left out)\n{lines[-MAX_TRACEBACK:]}"
    return lines


def mask_text(text: str) -> str:
    """The text with addresses, card and telephone numbers and the tokens of links replaced."""
    text = _EMAIL.sub("[email]", _LINK.sub(r"\1[token]", text))
    return _LONG_NUMBER.sub("[number]", text).replace(_PLUS, "[number]")


def mask(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor that cuts all texts, also in lists and dictionaries, and masks those not known to be harmless."""
    left = MAX_LINE
    for place, key in enumerate(list(event)):
        if key.startswith("_"):  # internal keys of structlog
            continue
        if place >= MAX_PARTS or left <= 0:
            del event[key]
            continue
        value = _bounded(event.pop(key), traceback=key in _TRACEBACKS, masked=key not in _KEPT)
        left -= len(value) if isinstance(value, str) else len(repr(value)) if isinstance(value, list | dict) else 0
        event[mask_text(cut(key, 100))] = value
    return event


def _bounded(value: Any, *, traceback: bool = False, masked: bool = True, depth: int = 0) -> Any:
    """The value with its texts cut and masked; other types than numbers and texts are converted to text."""
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() < 256):
        return value
    if isinstance(value, dict | list | tuple | set | frozenset) and depth < MAX_DEPTH:
        parts = list(value.items() if isinstance(value, dict) else value)[:MAX_PARTS]
        if isinstance(value, dict):
            return {_short(name, depth): _bounded(one, masked=masked, depth=depth + 1) for name, one in parts}
        return [_bounded(one, masked=masked, depth=depth + 1) for one in parts]
    if isinstance(value, dict | list | tuple | set | frozenset):
        return "…"
    text = _text(value)
    text = cut_traceback(text) if traceback else cut(text)
    return mask_text(text) if masked else text


def _short(name: Any, depth: int) -> str:
    return mask_text(cut(_text(name), 100))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return "a large number"
    try:
        return str(value)
    except Exception:  # noqa: BLE001  logging must never raise
        return f"<{type(value).__name__}>"


def configure(*, json: bool, level: str) -> dict[str, Any]:
    """Configure logging for Django and structlog: JSON lines in production, readable ones elsewhere."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        mask,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    logging.captureWarnings(True)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                "foreign_pre_chain": before,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level if level in LEVELS else "INFO"},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "django.request": {"level": "CRITICAL"},  # its messages repeat the request's own line
            "axes": {"level": "ERROR"},  # its messages name accounts; the audit log has failed sign-ins
            "procrastinate": {"level": "WARNING"},
            "urllib3": {"level": "ERROR"},  # its messages contain the services' URLs; failures are logged by kind
        },
    }
