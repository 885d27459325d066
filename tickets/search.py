"""Search tickets, customers and orders that contain every word of a query.

A word matches a part of the subject, of a public message, of the customer's name or contacts, the number of one of their orders,
or, in English, another form of the word ("refunds" finds "refund"). Words in quotation marks belong together. Case and accents
do not matter (agents/common/folding.py). Digits in several groups also count as one telephone number, and all words together
as one order number.
"""

from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any

import phonenumbers
from django.conf import settings
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from agents.common.folding import fold, is_ideographic
from agents.common.patterns import compile_pattern
from agents.common.unicode_composition import composed
from tickets.models import Contact, Customer, Order, SearchText, Ticket

MAX_WORDS = 10
MAX_LENGTH = 200
LANGUAGE = "english"
MAX_NUMBER_WORDS = 4  # words of an order number with spaces
MIN_DIGITS = 5  # least digits to search by part of a telephone number
_PARTS = compile_pattern(r'"([^"]+)"|(\S+)')
_GROUP = compile_pattern(r"(?:tel[.:]*)?[\d()+./\-]+")  # a part of a telephone number, folded
# Numbers and other scripts have no word forms; of "a-1001" the English configuration would only keep 1001.
_NO_ENGLISH = compile_pattern(r"[\dA-Z]")
# ASCII spelling of letters in German, Danish and Swedish names.
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_UMLAUTS = (("ae", "ä"), ("oe", "ö"), ("ue", "ü"))


def parse_words(raw: str) -> list[str]:
    """Parse a query into words and quoted phrases. Raises `ValidationError`."""
    if len(raw) > MAX_LENGTH:
        raise ValidationError(f"q takes at most {MAX_WORDS} words and {MAX_LENGTH} characters.")
    words = split_words(raw)
    if len(words) > MAX_WORDS:
        raise ValidationError(f"q takes at most {MAX_WORDS} words and {MAX_LENGTH} characters.")
    if "\x00" in raw:
        raise ValidationError("q must not contain NUL characters.")
    if not any(len(word) > 1 or is_ideographic(word) for word in words):
        raise ValidationError("q takes a word of 2 characters or more.")
    return words


def split_words(raw: str) -> list[str]:
    """Split a query into distinct words and quoted phrases, NFC."""
    parts = [match.group(1) or match.group(2).strip('"') for match in _PARTS.finditer(composed(raw))]
    return list(dict.fromkeys(word for part in parts if (word := " ".join(part.split()))))


# --- Tickets -----------------------------------------------------------------------------------------------------------
def find_tickets(tickets: "QuerySet[Ticket]", words: list[str]) -> "QuerySet[Ticket]":
    """Filter tickets: every word matches, or their customer has an order with this number."""
    groups = [_tickets_with(group) for group in number_groups(words)]
    whole = " ".join(words)
    if 1 < len(words) <= MAX_NUMBER_WORDS and any(map(str.isdigit, whole)):
        first, *rest = groups
        with_words = first.intersection(*rest) if rest else first
        by_order = Order.objects.order_by().filter(_order_number(whole)).values("customer_id")
        theirs = Ticket.objects.order_by().filter(customer_id__in=by_order).values("pk")
        return tickets.filter(pk__in=theirs.union(with_words))
    for group in groups:
        tickets = tickets.filter(pk__in=group)
    return tickets


def number_groups(words: list[str]) -> list[list[str]]:
    """Group consecutive words that may be one telephone number."""
    groups: list[list[str]] = []
    for word in words:
        is_number = bool(_GROUP.fullmatch(fold(word)))
        if is_number and groups and _GROUP.fullmatch(fold(groups[-1][-1])):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _tickets_with(group: list[str]) -> Any:
    """The ids of the tickets that match all words of the group, or whose customer has this telephone number."""
    if len(group) == 1:
        return _tickets_with_word(group[0])
    first, *rest = map(_tickets_with_word, group)
    by_number = Contact.objects.order_by().filter(_phone(" ".join(group))).values("customer_id")
    theirs = Ticket.objects.order_by().filter(customer_id__in=by_number).values("pk")
    return theirs.union(first.intersection(*rest))


def _tickets_with_word(word: str) -> Any:
    """The ids of all tickets that match the word: a union, so that each part uses its own index."""
    folded = fold(word)
    texts = SearchText.objects.order_by()
    found = texts.filter(text__contains=folded).values("ticket_id")
    theirs = Ticket.objects.order_by().filter(customer_id__in=_customers_with_word(word)).values("pk")
    if _NO_ENGLISH.search(folded):
        return found.union(theirs)
    stemmed = texts.annotate(vector=SearchVector("text", config=LANGUAGE)).filter(
        vector=SearchQuery(folded, config=LANGUAGE, search_type="phrase")
    )
    return found.union(stemmed.values("ticket_id"), theirs)


# --- Customers and orders ----------------------------------------------------------------------------------------------
def find_customers(words: list[str]) -> Any:
    """The ids of the customers whose name, contacts, shop id or order numbers match all words."""
    whole = _customers_with_word(" ".join(words))
    if len(words) < 2:
        return whole
    first, *rest = [_customers_with_word(" ".join(group)) for group in number_groups(words[:MAX_WORDS])]
    return whole.union(first.intersection(*rest) if rest else first)


def find_orders(words: list[str]) -> Any:
    """The ids of the orders whose number is one of the words or all of them, in any case, with or without #."""
    numbers = [_order_number(number) for number in [" ".join(words), *words[:MAX_WORDS]]]
    return Order.objects.order_by().filter(reduce(or_, numbers)).values("pk")


def _customers_with_word(word: str) -> Any:
    """The ids of the customers that match the word or phrase: a union, so that each part uses its own index."""
    everyone = Customer.objects.order_by()
    return (
        everyone.filter(_name(word))
        .values("pk")
        .union(
            everyone.filter(external_id=word).values("pk"),
            Contact.objects.order_by().filter(_contact(word)).values("customer_id"),
            Order.objects.order_by().filter(_order_number(word)).values("customer_id"),
        )
    )


def _name(word: str) -> Q:
    """The condition for a part of a name: "muller" and "mueller" find "Müller", "müller" finds "Mueller"."""
    folded, spelled = fold(word), fold(composed(word).lower().translate(_SPELLED))
    found = Q(name__folded__contains=folded)
    if spelled != folded:
        found |= Q(name__folded__contains=spelled)
    written = folded
    for pair, umlaut in _UMLAUTS:
        written = written.replace(pair, umlaut)
    if written != folded and len(folded) > 2:
        found |= Q(name__icontains=written)
    return found


def _order_number(word: str) -> Q:
    number = fold(" ".join(word.split())).removeprefix("#").strip()
    return Q(number__folded__in=[number, f"#{number}"]) if number else Q(pk=None)


def _contact(word: str) -> Q:
    """The condition for a part of an address, or for a telephone number."""
    # Addresses are ASCII except for their domains, so one or two other characters are no part of an address.
    by_address = Q(value__icontains=word) if word.isascii() or len(word) > 2 else Q(pk=None)
    return by_address | _phone(word)


def _phone(text: str) -> Q:
    """A telephone number by at least five consecutive digits, however grouped; national or international. Numbers are stored
    as +14155550123.
    """
    found = Q(pk=None)
    if not _GROUP.fullmatch(fold(text).replace(" ", "")):
        return found
    for digits in phone_digits(text):
        # `icontains`, because the index is on the value in upper case.
        found |= Q(kind=Contact.Kind.PHONE, value__icontains=digits)
    return found


def phone_digits(text: str) -> list[str]:
    """The digits to compare with stored numbers: without 00, +, the zero before an area code and a zero in brackets; and as a
    number of `PHONE_REGION`, if possible.
    """
    folded = fold(text).replace("(0)", "")
    digits = "".join(character for character in folded if character.isdecimal())
    found = {digits.lstrip("0")}
    if len(digits) == 11 and digits.startswith("8"):
        found.add(digits[1:])  # 8 is the trunk prefix in Russia and its neighbours
    if len(digits) >= 7:
        plus = "+" if "+" in folded else ""
        with suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(plus + digits, settings.PHONE_REGION)
            code = str(number.country_code) if plus or digits.startswith("00") else ""
            found.add(f"{code}{number.national_number}")
    return sorted(some for some in found if len(some) >= MIN_DIGITS)


def relevance(words: list[str]) -> Any:
    """The relevance of a ticket as an expression: per word 4 in the subject, 2 in the customer's name, 1 elsewhere."""
    total: Any = Value(0)
    for word in words:
        subjects = SearchText.objects.filter(ticket_id=OuterRef("pk"), message=None, text__contains=fold(word))
        total = total + Case(
            When(Exists(subjects), then=Value(4)),
            When(customer__name__folded__contains=fold(word), then=Value(2)),
            default=Value(1),
            output_field=IntegerField(),
        )
    return total
