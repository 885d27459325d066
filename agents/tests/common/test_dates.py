"""Dates and times in the reader's language, with all formats defined in one module."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils.translation import override

from agents.common import dates

AT = datetime(2026, 11, 29, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["29 Nov 2026", "29 Nov", "Sun 29 Nov", "29 Nov 2026, 03:05", "Sun 29 Nov, 03:05"]),
        ("de", ["29. Nov 2026", "29. Nov", "So, 29. Nov", "29. Nov 2026, 03:05", "So, 29. Nov, 03:05"]),
    ],
)
def test_date_formats_follow_the_language(language: str, told: list[str]) -> None:
    names = ("day", "short_day", "weekday", "moment", "weekday_moment")
    with override(language):
        shown = Template("{% load dates %}" + "|".join(f"{{{{ at|{name} }}}}" for name in names))
        assert shown.render(Context({"at": AT})).split("|") == told
        assert dates.day(date(2026, 11, 29)) == told[0] and dates.day(None) == ""


@pytest.mark.parametrize(
    ("language", "seconds", "told"),
    [
        ("en", 5, "just now"),
        ("en", 86400, "1 day ago"),
        ("de", 3 * 86400, "vor 3 Tagen"),
        ("de", 7200, "vor 2 Stunden"),
    ],
)
def test_relative_time_follows_the_language(language: str, seconds: int, told: str) -> None:
    with override(language):
        assert dates.ago(timedelta(seconds=seconds)) == told


def test_pages_and_templates_define_no_date_formats() -> None:
    own = re.compile(r"""date:["'][^"'cUY]|date_format\(|["'][A-Z]?,? ?j\.? [MF]""")
    found = [
        f"{path}: {line.strip()[:80]}"
        for folder in ("templates", "agents/pages", "tickets/pages", "intelligence/pages")
        for path in sorted((settings.BASE_DIR / folder).rglob("*"))
        if path.suffix in (".py", ".html") and "/admin/" not in str(path)
        for line in path.read_text(encoding="utf-8").splitlines()
        if own.search(line)
    ]
    assert not found
