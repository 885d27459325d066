"""Search normalisation: telephone numbers, accents, other scripts and order numbers, limited to visible records."""

import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from agents.common.folding import _ENCODING, _TABLE, MAX_FOLDED, fold
from agents.common.unicode_composition import composed
from agents.models import Agent
from tickets.models import Customer, Order, SearchText
from tickets.search import find_orders
from tickets.services.validation import CONTENT_LENGTH
from tickets.tests.factories import make_customer, make_order, make_ticket

pytestmark = pytest.mark.django_db


def found(client: APIClient, q: str) -> list[str]:
    answer = client.get("/api/tickets", {"q": q, "status": "all"})
    assert answer.status_code == 200, answer.content
    return [row["subject"] for row in answer.json()["tickets"]]


def customers(client: APIClient, q: str) -> list[str]:
    answer = client.get("/api/customers", {"q": q})
    assert answer.status_code == 200, answer.content
    return sorted(row["name"] for row in answer.json()["customers"])


# --- Telephone numbers -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [
        "+49301234567",
        "+49 (0)30 1234567",
        "+49 30 1234-567",
        "+49 030 1234567",
        "0049 30 1234567",
        "0049301234567",
        "030 1234-567",
        "030/1234567",
        "(030) 123 45 67",
        "030.1234567",
        "1234567",
        "123 45 67",
        "123-4567",
        "tel:+49-30-1234567",
        "٠٣٠ ١٢٣٤٥٦٧",
        "０３０ １２３４５６７",
        "011 49 30 1234567",
    ],
)
def test_telephone_number_is_found_in_any_format(api: APIClient, typed: str) -> None:
    make_ticket(make_customer("Ann", phones=["+49301234567"]), subject="Hers")
    make_ticket(make_customer("Bob", phones=["+49309999999"]), subject="His")
    assert found(api, typed) == ["Hers"]
    assert customers(api, typed) == ["Ann"]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("+14155550123", "(415) 555-0123"),
        ("+14155550123", "1-415-555-0123"),
        ("+442079460123", "020 7946 0123"),
        ("+442079460123", "+44 (0)20 7946 0123"),
        ("+390612345678", "06 1234 5678"),
        ("+390612345678", "+39 06 1234 5678"),
        ("+79123456789", "8 (912) 345-67-89"),
    ],
)
def test_telephone_number_is_found_in_national_and_international_format(
    api: APIClient, stored: str, typed: str
) -> None:
    make_ticket(make_customer("Ann", phones=[stored]), subject="Hers")
    assert found(api, typed) == ["Hers"]


def test_separate_digit_groups_are_searched_as_words(api: APIClient) -> None:
    make_ticket(text="Orders 12345 and 67890 are late", subject="Two orders")
    make_ticket(text="Order 12345 is late", subject="One order")
    assert found(api, "12345 67890") == ["Two orders"]
    assert found(api, "late 67890 12345") == ["Two orders"]


# --- Letters -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("Ann Straßer", "strasser"),
        ("Ann Straßer", "STRASSER ann"),
        ("Ann Strasser", "straßer"),
        ("Jürgen Müller", "muller"),
        ("Jürgen Müller", "Mueller"),
        ("Jürgen Mueller", "müller"),
        ("Jürgen Müller", unicodedata.normalize("NFD", "Müller")),
        ("Zoë Łukasiewicz", "zoe lukasiewicz"),
        ("Søren Ægidius", "soren aegidius"),
        ("İpek Işık", "ipek isik"),
        ("Ipek Isik", "İPEK IŞIK"),
        ("Sinéad O’Connor", "o'connor"),
        ("Анна Йорданова", "йорданова"),
        ("Анна Йорданова", "анна"),
        ("Νίκος Παπαδόπουλος", "νικοσ"),
        ("王小明", "王"),
        ("王小明", "小明"),
        ("佐藤ゆき", "ゆ"),
        ("김민준", "김"),
        ("𠮷田", "𠮷"),
        ("Ｔａｒｏ", "taro"),
    ],
)
def test_search_ignores_case_accents_and_unicode_form(api: APIClient, stored: str, typed: str) -> None:
    other = make_customer("Somebody Else")
    make_ticket(make_customer(stored), subject="By name")
    make_ticket(other, subject=f"About {stored}, by subject")
    make_ticket(other, text=f"My friend {stored} said", subject="By text")
    names = {"By name", "By text", f"About {stored}, by subject"}
    by_name_only = {"Mueller", "müller"} & {typed} and "ue" in stored + typed
    assert set(found(api, typed)) == ({"By name"} if by_name_only else names)
    assert customers(api, typed) == [unicodedata.normalize("NFC", stored)]


@pytest.mark.parametrize("letter", ["a", "é", "ß", "日", "한", "\ufdfa", "\ufdfb", "㌀", "\u0301", "𠮷"])
def test_folded_text_of_a_long_message_is_bounded(letter: str) -> None:
    assert len(fold(letter * CONTENT_LENGTH)) <= MAX_FOLDED
    assert len(fold(letter * 10 * CONTENT_LENGTH)) <= MAX_FOLDED


def test_folded_text_of_the_longest_chinese_message_is_complete() -> None:
    assert fold("日" * (CONTENT_LENGTH - 1) + "本").endswith(fold("本"))


def test_folding_expands_no_character_to_more_than_eight() -> None:
    longest = max(map(chr, range(0x80, 0x30000)), key=lambda letter: len(composed(letter, "NFKC")))
    assert len(composed(longest, "NFKC")) == 8 == len(composed("\ufdfa", "NFKC"))
    longer = [letter for letter in map(chr, range(0x80, 0x30000)) if len(unicodedata.normalize("NFKC", letter)) > 8]
    assert longer == ["\ufdfa"]


def test_cache_of_encoded_characters_is_bounded() -> None:
    fold("".join(map(chr, range(0x20000, 0x32000))) + "z")
    assert len(_ENCODING) <= 0x10000


def test_search_for_accents_alone_finds_nothing(api: APIClient) -> None:
    make_ticket(text="plain", subject="Plain")
    assert found(api, "´´") == [] and found(api, "\u0301\u0301") == []


@pytest.mark.parametrize("typed", ["a", "ж", " é ", "?"])
def test_single_letter_search_is_400(api: APIClient, typed: str) -> None:
    for path in ("/api/tickets", "/api/customers"):
        answer = api.get(path, {"q": typed})
        assert answer.status_code == 400 and answer.json()["errors"]["q"] == ["q takes a word of 2 characters or more."]


def test_sql_function_folds_as_python_does() -> None:
    """Checks every letter of the table and every tenth other character that both Unicode versions know."""
    known = [chr(code) for code in range(0xA0, 0x30000, 10) if unicodedata.category(chr(code))[0] in "LNPS"]
    texts = [f"A{letter}z" for letter in {*known, *_TABLE, "\ufdfa", "\ufdfb"}] + ["\ufdfa" * 200]
    with connection.cursor() as cursor:
        cursor.execute("SELECT given, search_fold(given) FROM unnest(%s::text[]) given", [texts])
        different = {given: (by_sql, fold(given)) for given, by_sql in cursor.fetchall() if by_sql != fold(given)}
    assert not different


@given(st.text(max_size=60))
def test_folding_is_ascii_and_folding_twice_changes_nothing(text: str) -> None:
    assert fold(text).isascii() and fold(fold(text)).lower() == fold(text).lower()


# --- Orders ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["#A-1001", "#a-1001", "A-1001", "a-1001", "＃Ａ-1001"])
def test_order_number_search_ignores_case_and_hash(api: APIClient, typed: str) -> None:
    for number in ("#A-1001", "B-1001"):
        customer = make_customer(f"Buyer of {number}")
        make_order(customer, number=number)
        make_ticket(customer, subject=number)
    assert found(api, typed) == ["#A-1001"]
    assert customers(api, typed) == ["Buyer of #A-1001"]
    assert api.get(f"/api/orders/{typed.replace('#', '%23')}").json()["number"] == "#A-1001"


def test_order_number_with_blanks_is_matched_as_a_whole(api: APIClient) -> None:
    customer = make_customer()
    make_order(customer, number="RE 2024 17")
    make_ticket(customer, subject="Theirs")
    make_ticket(text="2024 was better", subject="Other")
    assert found(api, "re 2024 17") == ["Theirs"]


NUMBERS = ["2024/17", "A/B/C", "Ä 1/2", "#1/x?y", "100%", "東/1", "a%2Fb"]


@pytest.mark.parametrize("number", NUMBERS)
def test_order_with_special_characters_in_its_number_is_put_and_read(api: APIClient, number: str) -> None:
    body = {"customer_email": "ann@example.com", "placed_at": "2026-01-02T03:04:05Z", "total": 5, "lines": []}
    for safe in ("/", ""):
        path = f"/api/orders/{quote(number, safe=safe)}"
        assert api.put(path, body, format="json").status_code in (200, 201)
        assert api.get(path).json()["number"] == number
        assert api.get(path + "/").json()["number"] == number
    assert Order.objects.get().number == number


def test_ambiguous_order_number_is_404(api: APIClient) -> None:
    make_order(make_customer(), number="a-1")
    make_order(make_customer(), number="#A-1")
    assert api.get("/api/orders/A-1").status_code == 404
    assert api.get("/api/orders/a-1").json()["number"] == "a-1"


def test_put_never_replaces_an_order_with_another_number(api: APIClient) -> None:
    make_order(make_customer(), number="A-1")
    body = {"customer_email": "ann@example.com", "placed_at": "2026-01-02T03:04:05Z", "total": 5, "lines": []}
    assert api.put("/api/orders/a-1", body, format="json").status_code == 201
    assert Order.objects.count() == 2


# --- Wildcards, access, indexes, migration -----------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["%", "_%", "100%", "\\", "A_n", "%ann%"])
def test_sql_wildcards_are_searched_literally(api: APIClient, typed: str) -> None:
    make_order(make_customer("Ann Lee"), number="X1")
    if typed != "%" and typed != "\\":
        assert customers(api, typed) == []
        assert found(api, typed) == []


def test_agent_finds_only_their_own_customers(agent: Agent, client_of: Callable[[Agent], APIClient]) -> None:
    mine, other = make_customer("Ann Müller"), make_customer("Bob Müller", phones=["+49301234567"])
    make_order(other, number="A-1")
    make_ticket(mine, subject="Mine", assigned_to=agent)
    make_ticket(other, subject="Other")
    client = client_of(agent)
    assert customers(client, "muller") == ["Ann Müller"]
    for typed in ("030 1234567", "A-1", "bob"):
        assert customers(client, typed) == [] and found(client, typed) == []
    assert client.get("/api/orders/a-1").status_code == 404


@pytest.mark.parametrize(
    ("queryset", "index"),
    [
        (lambda: Customer.objects.order_by().filter(name__folded__contains=fold("müller")), "customer_name_folded"),
        (lambda: Customer.objects.order_by().filter(name__folded__contains=fold("王")), "customer_name_folded"),
        (lambda: SearchText.objects.order_by().filter(text__contains=fold("王")), "search_text_trigrams"),
        (lambda: SearchText.objects.order_by().filter(text__contains=fold("привет")), "search_text_trigrams"),
        (lambda: find_orders(["#a-1001"]), "order_number_folded"),
        (lambda: Order.objects.order_by().filter(number__folded__startswith="a-10"), "order_number_folded"),
    ],
)
def test_search_conditions_are_served_by_an_index(queryset: Callable[[], Any], index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    plan = queryset().explain()
    assert index in plan and "Index Cond" in plan, plan
