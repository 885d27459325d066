"""Validate texts, tags, addresses, numbers and times from any source."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.common.unicode_composition import composed, is_visible, seen_alone
from tickets.models.tickets import normal_tag
from tickets.services.customers.identity import exact_number, is_placeholder, is_placeholder_email, is_rounded

SUBJECT_LENGTH = 300
CONTENT_LENGTH = 100_000
NAME_LENGTH = 200
TAG_LENGTH = 50
MAX_TAGS = 30
# Code points of a decomposed character, at most: text beyond limit * TAKEN_APART stays too long when composed.
TAKEN_APART = 4
# Ranks are times, too, and must stay in the range of both PostgreSQL and Python.
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
# Tolerance for clocks and time zones, for times that must be in the past.
CLOCKS_DIFFER = timedelta(days=1)
ID_LENGTH = 100
LONGEST_PHONE = 100  # characters


def fail(field: str, sentence: str) -> ValidationError:
    return ValidationError({field: [sentence]})


def clean_line(field: str, text: str | None, limit: int) -> str:
    """A text on one line: NFC, white space folded, without invisible characters. Raises `ValidationError` if it is blank or too
    long.
    """
    line = " ".join((text or "").split())
    if len(line) <= limit * TAKEN_APART:
        line = " ".join(seen_alone(storable(field, line)).split())
        if not is_visible(line):
            raise fail(field, _("The %(field)s must not be blank.") % {"field": _called(field)})
    if len(line) > limit:
        raise fail(
            field,
            _("The %(field)s can have at most %(limit)s characters; this one has %(line)s.")
            % {"field": _called(field), "limit": limit, "line": len(line)},
        )
    return line


def clean_content(field: str, text: str | None) -> str:
    """Validate the text of a message or note; only blank ends are removed. Raises `ValidationError`."""
    content = (text or "").strip()
    if len(content) <= CONTENT_LENGTH * TAKEN_APART:
        content = storable(field, content)
        if not is_visible(content):
            raise fail(field, _("The %(field)s must not be empty.") % {"field": _called(field)})
    if len(content) > CONTENT_LENGTH:
        raise fail(
            field,
            _("The %(field)s can have at most %(content_length)s characters; this one has %(content)s.")
            % {"field": _called(field), "content_length": f"{CONTENT_LENGTH:,}", "content": f"{len(content):,}"},
        )
    return content


def storable(field: str, text: str) -> str:
    """The text in NFC. Raises `ValidationError` if PostgreSQL or UTF-8 cannot store it."""
    if "\x00" in text:
        raise fail(field, _("The %(field)s must not contain NUL characters.") % {"field": _called(field)})
    try:
        text.encode()
    except UnicodeEncodeError:
        raise fail(
            field, _("The %(field)s contains an invalid character (a lone surrogate).") % {"field": _called(field)}
        ) from None
    return composed(text)


def _called(field: str) -> str:
    return _(field.replace("_", " "))


def clean_tags(names: Iterable[str], field: str = "tags") -> list[str]:
    """Normalize tags: lower case, white space collapsed, distinct, sorted."""
    given = set(names)
    _refuse_many(field, len(given))
    # Clean twice, because lower-casing may lengthen a name.
    tags = sorted({clean_line(field, normal_tag(clean_line(field, name, TAG_LENGTH)), TAG_LENGTH) for name in given})
    if any("," in tag for tag in tags):
        raise fail(field, _("A tag must not contain a comma."))
    return tags


def _refuse_many(field: str, count: int) -> None:
    if count > MAX_TAGS:
        raise fail(
            field,
            _("A ticket can have at most %(max_tags)s tags; this one has %(tags)s.")
            % {"max_tags": MAX_TAGS, "tags": count},
        )


def clean_email(value: str, field: str = "email") -> str:
    """Normalize an address to lower case. Raises `ValidationError`, also for placeholders (`none@none.com`)."""
    email = value.strip().lower()
    if is_placeholder_email(email):
        raise fail(field, _("“%(value)s” is not an email address.") % {"value": value.strip()[:80]})
    try:
        validate_email(email)
    except ValidationError:
        raise fail(field, _("“%(value)s” is not an email address.") % {"value": value.strip()[:80]}) from None
    if len(email) > 254:
        raise fail(field, _("An email address can have at most 254 characters."))
    return email


def clean_number(field: str, text: str) -> str:
    """A number that is stored as text, such as an id or a tracking number: `5123456789012.0` is `5123456789012`.

    Raises `ValidationError` if a spreadsheet has rounded it.
    """
    if is_rounded(text):
        raise fail(
            field,
            _("“%(value)s” was rounded by a spreadsheet: format the column as text there, and export again.")
            % {"value": text.strip()[:40]},
        )
    return exact_number(text)


def clean_id(field: str, text: str | None) -> str | None:
    """Normalize an id; `None` for a placeholder. Raises `ValidationError` if it is rounded or too long."""
    if text is None or is_placeholder(text):
        return None
    cleaned = clean_line(field, clean_number(field, text), ID_LENGTH)
    return None if is_placeholder(cleaned) else cleaned


def clean_phone(value: str, field: str = "phones", regions: Sequence[str] | None = None) -> str:
    """A number as +14155550123. Raises `ValidationError`.

    Without a country code it must be valid in one of the regions (`PHONE_REGION` by default), and be the same number in all
    regions in which it is valid.
    """
    given = clean_number(field, value).strip()[:LONGEST_PHONE]
    if given.startswith(("+", "\uff0b")):
        number = _parsed_phone(given, None)
        found = [number] if number is not None and phonenumbers.is_possible_number(number) else []
    else:
        wanted = [settings.PHONE_REGION] if regions is None else regions
        parsed = (_parsed_phone(given, region) for region in wanted)
        found = [number for number in parsed if number is not None and phonenumbers.is_valid_number(number)]
    texts = {phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) for number in found}
    if len(texts) != 1:
        raise fail(
            field, _("“%(value)s” is not a telephone number; write it as +14155550123.") % {"value": value.strip()[:40]}
        )
    return texts.pop()


def _parsed_phone(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def clean_time(value: datetime, field: str) -> datetime:
    """Validate a moment between 1970 and 2200. Raises `ValidationError`."""
    if not EARLIEST <= value <= LATEST:
        raise fail(field, _("The %(field)s must be between 1970 and 2200.") % {"field": _called(field)})
    return value


def clean_past(value: datetime, field: str) -> datetime:
    """Validate a moment from 1970 until tomorrow, since clocks and time zones differ. Raises `ValidationError`."""
    if clean_time(value, field) > timezone.now() + CLOCKS_DIFFER:
        raise fail(field, _("The %(field)s is in the future.") % {"field": _called(field)})
    return value


def clean_share(value: float | None, field: str) -> float | None:
    """A fraction from 0 to 1, or unknown. Raises `ValidationError`.

    Six decimals are kept: more mean nothing, and PostgreSQL refuses products that underflow (1e-200 squared).
    """
    if value is None:
        return None
    if not 0 <= value <= 1:
        raise fail(field, _("The %(field)s must be between 0 and 1.") % {"field": _called(field)})
    return round(value, 6)


def differences(record: Any, values: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The values that differ from the record: {field: (before, after)}."""
    return {name: (getattr(record, name), new) for name, new in values.items() if getattr(record, name) != new}
