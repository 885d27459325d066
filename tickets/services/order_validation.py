"""Validate the details of an order from any source. All functions raise `ValidationError`."""

from decimal import Decimal

from tickets.services.validation import clean_line, clean_number, fail

MAX_AMOUNT = Decimal("9999999999.99")


def clean_currency(given: str) -> str:
    """Validate a currency code (ISO 4217). Raises `ValidationError`."""
    currency = given.strip().upper()
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
        raise fail("currency", "The currency is three letters, such as USD.")
    return currency


def clean_tracking(number: str) -> str:
    """Validate a tracking number. Raises `ValidationError`."""
    return clean_line("tracking_numbers", clean_number("tracking_numbers", number), 100)


def clean_amount(name: str, value: Decimal) -> Decimal:
    if not value.is_finite() or value < 0 or value > MAX_AMOUNT:
        raise fail(name, f"The {name.replace('_', ' ')} is an amount from 0 to {MAX_AMOUNT:,}.")
    return value.quantize(Decimal("0.01"))


def clean_quantity(value: int) -> int:
    if not 0 <= value <= 1_000_000:
        raise fail("quantity", "The quantity is a whole number from 0 to 1,000,000.")
    return value


def clean_link(url: str) -> str:
    """A safe link: only http and https."""
    url = clean_line("tracking_urls", url, 500)
    if not url.lower().startswith(("https://", "http://")) or any(c in url for c in "\"'<> "):
        raise fail("tracking_urls", "A tracking link starts with https:// or http:// and has no blanks or quotes.")
    return url
