"""Structured logs without personal data: every line passes `mask` before it is written."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

_EMAIL = re.compile(r"[^\s@<>\"'=]+@[^\s@<>\"']+")
_LONG_NUMBER = re.compile(
    r"\+?(?<![\w.-])\d(?:[ ().-]?\d){8,18}(?![\w-])"
)  # cards and telephone numbers, not UUIDs or times
_LINK = re.compile(r"(/accounts/(?:invitation|new-password)/[^/\s]+/)[^/\s\"']+")  # whoever has it sets a password
_KEPT = {"timestamp", "level", "logger", "request_id", "user_id", "ip", "code"}
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def mask_text(text: str) -> str:
    """The text with addresses, card and telephone numbers and the tokens of links replaced."""
    return _LONG_NUMBER.sub("[number]", _EMAIL.sub("[email]", _LINK.sub(r"\1[token]", text)))


def mask(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: masks every text in the line but the fields that are known to be harmless."""
    for key, value in event.items():
        if key not in _KEPT and isinstance(value, str):
            event[key] = mask_text(value)
    return event


def configure(*, json: bool, level: str) -> dict[str, Any]:
    """Logging for Django and structlog alike: JSON lines in production, readable ones elsewhere."""
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
            "django.request": {"level": "CRITICAL"},  # what it says is in the request line already
            "axes": {"level": "ERROR"},  # names accounts; failures are in the audit trail
            "procrastinate": {"level": "WARNING"},
            "urllib3": {"level": "ERROR"},  # names the services' addresses; their failures are told by kind
        },
    }
