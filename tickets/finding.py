"""Search: tickets in which every word is found, in the conversation or in what is known of the customer.

A word is found as a part of the subject, of a public message, of the customer's name or of an address of theirs, as the number of
one of their orders, or, in English, in another form ("refunds" finds "refund"). Words in quotation marks belong together.
"""

import re
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.core.exceptions import ValidationError
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from tickets.models import Contact, Customer, Order, SearchText, Ticket
from tickets.search import fold

MAX_WORDS = 10
MAX_LENGTH = 200
LANGUAGE = "english"
_PARTS = re.compile(r'"([^"]+)"|(\S+)')


def parse_words(raw: str) -> list[str]:
    """The words and quoted phrases of a search. Raises `ValidationError`."""
    words = [" ".join((phrase or word.strip('"')).split()) for phrase, word in _PARTS.findall(raw)]
    words = list(dict.fromkeys(word for word in words if word))
    if len(raw) > MAX_LENGTH or len(words) > MAX_WORDS:
        raise ValidationError(f"q takes at most {MAX_WORDS} words and {MAX_LENGTH} characters.")
    if "\x00" in raw:
        raise ValidationError("q must not contain NUL characters.")
    if not words or max(map(len, words)) < 2:
        raise ValidationError("q takes a word of 2 characters or more.")
    return words


def search(tickets: "QuerySet[Ticket]", words: list[str]) -> "QuerySet[Ticket]":
    """Those of the tickets in which every word is found."""
    for word in words:
        tickets = tickets.filter(pk__in=_found(word))
    return tickets


def _found(word: str) -> Any:
    """The ids of all tickets in which the word is found: a union, so that each part uses its own index."""
    folded = fold(word)
    texts = SearchText.objects.order_by()
    number = word.removeprefix("#")
    customers = (
        Customer.objects.order_by()
        .filter(name__icontains=word)
        .values("pk")
        .union(
            Contact.objects.order_by().filter(_contact(word)).values("customer_id"),
            Order.objects.order_by().filter(number__in=[number, f"#{number}"]).values("customer_id"),
        )
    )
    stemmed = texts.annotate(vector=SearchVector("text", config=LANGUAGE)).filter(
        vector=SearchQuery(folded, config=LANGUAGE, search_type="phrase")
    )
    return (
        texts.filter(text__contains=folded)
        .values("ticket_id")
        .union(
            stemmed.values("ticket_id"),
            Ticket.objects.order_by().filter(customer_id__in=customers).values("pk"),
        )
    )


def _contact(word: str) -> Q:
    """An address by any part of it; a telephone number by five digits or more, however they are grouped."""
    digits = "".join(character for character in word if character.isdigit())
    by_number = Q(kind=Contact.Kind.PHONE, value__contains=digits) if len(digits) >= 5 else Q(pk=None)
    return Q(value__icontains=word) | by_number


def relevance(words: list[str]) -> Any:
    """How well a ticket fits, as an expression: per word 4 in the subject, 2 in the customer's name, 1 elsewhere."""
    total: Any = Value(0)
    for word in words:
        subjects = SearchText.objects.filter(ticket_id=OuterRef("pk"), message=None, text__contains=fold(word))
        total = total + Case(
            When(Exists(subjects), then=Value(4)),
            When(customer__name__icontains=word, then=Value(2)),
            default=Value(1),
            output_field=IntegerField(),
        )
    return total
