"""Parsing of amounts, times and numbers in imports: ambiguous values are rejected, never guessed."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.imports.import_errors import Refused
from tickets.imports.runs.tally import Tally
from tickets.imports.values import Conventions, Reader, flag, folded, fraction, list_of, text_of, whole

POINT = Reader(Conventions())
COMMA = Reader(Conventions(decimal_comma=True))
BERLIN = Reader(Conventions(timezone=ZoneInfo("Europe/Berlin")))
CENTS = st.decimals(min_value=0, max_value=Decimal("9999999999.99"), places=2)
MOMENTS = st.datetimes(
    datetime(1971, 1, 1),
    datetime(2199, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)


@given(CENTS)
def test_formatted_amount_is_parsed_exactly(amount: Decimal) -> None:
    english, german = f"{amount:,.2f}", f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    for text in (
        f"{amount:.2f}",
        english,
        f"${english}",
        f"{english} €",
        english.replace(",", " "),
        english.replace(",", "'"),
    ):
        assert POINT.amount(text) == amount
    for text in (german, f"{german} €", german.replace(".", "\u202f")):
        assert COMMA.amount(text) == amount
    assert POINT.amount(float(amount)) == amount


@given(CENTS.filter(lambda amount: amount >= 1))
def test_amount_with_the_other_decimal_convention_is_rejected(amount: Decimal) -> None:
    english, german = f"{amount:,.2f}", f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    with pytest.raises(Refused):
        POINT.amount(german)
    with pytest.raises(Refused):
        COMMA.amount(english)


@given(st.text(max_size=30))
def test_any_text_is_parsed_as_an_amount_or_rejected(text: str) -> None:
    for reader in (POINT, COMMA):
        with contextlib.suppress(Refused):
            assert reader.amount(text).as_tuple().exponent in (0, -1, -2)


@pytest.mark.parametrize(
    "text", ["1,234", "12,5", "1.005", "12.5.3", "1,23,456", "", "-", "(5.00)", "5 EUR", "1e3", "NaN", "٣", "1" * 40]
)
def test_ambiguous_or_invalid_amount_is_rejected(text: str) -> None:
    with pytest.raises(Refused):
        POINT.amount(text)


def test_negative_amounts_keep_their_sign() -> None:
    assert POINT.amount("-$5.00") == POINT.amount("$-5.00") == Decimal("-5.00")


@pytest.mark.parametrize("value", [True, None, [], {}, float("nan"), float("inf"), 1.005])
def test_json_value_that_is_not_an_amount_is_rejected(value: Any) -> None:
    with pytest.raises(Refused):
        POINT.amount(value)


@given(MOMENTS)
def test_timestamp_is_parsed_exactly_in_every_supported_format(moment: datetime) -> None:
    whole_second = moment.replace(microsecond=0)
    assert POINT.time(moment.isoformat()) == moment
    assert POINT.time(f"{whole_second:%Y-%m-%d %H:%M:%S %z}") == whole_second
    assert POINT.time(f"{whole_second.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC") == whole_second
    assert POINT.time(f"{whole_second.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}") == whole_second
    seconds = int(whole_second.timestamp())
    if seconds >= 100_000_000:
        assert POINT.time(seconds) == POINT.time(str(seconds)) == POINT.time(float(seconds)) == whole_second
        if seconds * 1000 >= 10**12:
            assert POINT.time(seconds * 1000) == whole_second


@given(st.dates(datetime(1970, 1, 1).date(), datetime(2200, 1, 1).date()))
def test_date_is_parsed_as_midnight_in_the_files_time_zone(day: Any) -> None:
    begin = datetime(day.year, day.month, day.day)
    for text in (f"{day:%Y%m%d}", f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d} 00:00"):
        assert POINT.time(text) == begin.replace(tzinfo=UTC)
        assert BERLIN.time(text) == begin.replace(tzinfo=ZoneInfo("Europe/Berlin"))


@given(st.text(max_size=30))
def test_any_text_is_parsed_as_a_time_or_rejected(text: str) -> None:
    with contextlib.suppress(Refused):
        assert POINT.time(text).tzinfo is not None


@pytest.mark.parametrize(
    "text", ["", "01/02/2024", "20241301", "2024-02-30", "yesterday", "12345", "99999999999", True, [], {}]
)
def test_ambiguous_or_invalid_time_is_rejected(text: Any) -> None:
    with pytest.raises(Refused):
        POINT.time(text)


def test_date_format_option_is_the_only_accepted_format() -> None:
    reader = Reader(Conventions(date_format="%d/%m/%Y %H:%M"))
    assert reader.time("01/02/2024 10:30") == datetime(2024, 2, 1, 10, 30, tzinfo=UTC)
    with pytest.raises(Refused):
        reader.time("2024-02-01")


def test_numbers_flags_fractions_lists_and_texts_are_parsed() -> None:
    assert [whole(value) for value in ("3", "3.0", 3, 3.0)] == [3, 3, 3, 3]
    assert [flag(value) for value in ("Yes", "0", "Outbound", "customer", "", None, True)] == [
        True, False, True, False, None, None, True,
    ]  # fmt: skip
    assert fraction(".65") == fraction(0.65) == 0.65
    assert list_of("a; b,c\n") == list_of(["a", {"name": "b"}, "c", ""]) == ["a", "b", "c"]
    assert text_of(7) == text_of(" 7 ") == "7"
    assert folded("E-Mail_address") == folded("email Address")
    for function, value in ((whole, "3.5"), (whole, "-1"), (flag, "perhaps"), (fraction, "x"), (text_of, 1e22)):
        with pytest.raises(Refused):
            function(value)


def test_tally_counts_correctly_beyond_its_memory_limit() -> None:
    tally = Tally(in_memory=7)
    counts = [tally.add(str(number % 30)) for number in range(90)]
    assert counts == [1] * 30 + [2] * 30 + [3] * 30


def test_time_with_very_many_blanks_is_rejected_at_once() -> None:
    with pytest.raises(Refused, match="is not a time"):
        POINT.time("1" + " " * 500_000 + "x")
