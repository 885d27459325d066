# ruff: noqa: E501
"""Personal data is replaced before it is sent and restored unchanged in the answer."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intelligence.contract.facts import Conversation
from intelligence.providers.llm.budget import CUT, fitting, shortened, tokens
from intelligence.providers.safety.placeholders import OF_RECORDS, PERSONAL, TOKEN, Placeholders
from intelligence.tests.conversations import conversation, order
from intelligence.tests.fake_transport import model

ONE = conversation("Hello", orders=(order(),), name="Oscar van der Miller-O'Neill")
PERSONAL_DATA = {
    "EMAIL": ("oscar.miller@example.com", "o+tag@sub.example.co.uk", "ÖSCAR@example.de"),
    "PHONE": ("+1 202-555-0143", "(202) 555-0143", "020 7946 0958", "+49 30 901820", "030/901820-12", "01 42 68 53 00", "+34 912 345 678", "0049 171 1234567"),
    "CARD": (
        "4111 1111 1111 1111", "4111111111111111", "5500-0000-0000-0004", "340000000000009", "1234 5678 1234 5678",
        "4111  1111  1111  1111", "4111/1111/1111/1111", "4111_1111_1111_1111", "4111\u20111111\u20111111\u20111111", "4111–1111–1111–1111",
        "4111\n1111\n1111\n1111", "4111\u200b1111\u200b1111\u200b1111", "４１１１ １１１１ １１１１ １１１１",
    ),
    "IBAN": ("DE89 3704 0044 0532 0130 00", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "es9121000418450200051332"),
    "ADDRESS": (
        "221 Baker Street", "1600 Pennsylvania Ave", "12 Old Mill Rd, Apt 4", "Springfield, IL 62704", "SW1A 1AA", "P.O. Box 1234",
        "Hauptstraße 12", "Musterstr. 5a", "Am Alten Markt 7", "Berliner Allee 33", "10115 Berlin", "60311 Frankfurt am Main",
        "10 rue de la Paix", "25 bis avenue des Champs-Élysées", "75002 Paris", "Calle de Alcalá 45", "Avda. Diagonal, 123", "28013 Madrid",
    ),
    "NAME": ("Oscar", "OSCAR", "Miller", "Theo Barrowby", "Oscar van der Miller-O'Neill"),
    "TRACKING": ("PL9915469394", "1Z999AA10123456784", "RR123456789DE"),
    "LINK": ("https://shop.example/reset?token=abc123", "www.shop.example/me"),
}  # fmt: skip
VALUES = [(kind, value) for kind, values in PERSONAL_DATA.items() for value in values]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=lambda one: str(one))
def test_personal_data_is_replaced_and_restored(kind: str, value: str) -> None:
    hidden = Placeholders(ONE)
    text = f"Please note: {value}, that is mine. Order 44753, 3 items for $184.50 of 2026-02-19."
    replaced = hidden.replace(text)
    assert value not in replaced and f"[{kind}-A]" in replaced, replaced
    assert "Order 44753, 3 items for $184.50 of 2026-02-19." in replaced
    assert not re.search(r"\d", "".join(TOKEN.findall(replaced)))
    assert hidden.restore(replaced) == text


@pytest.mark.parametrize(
    "text",
    [
        "card4111111111111111",
        "4111111111111111x",
        "card:4111-1111-1111-1111/123",
        "44753 4111 1111 1111 1111 12/27 123",
    ],
)
def test_card_number_next_to_letters_is_replaced(text: str) -> None:
    hidden = Placeholders(ONE)
    assert "[CARD-A]" in hidden.replace(text) and "1111" not in hidden.replace(text)


def test_same_value_gets_the_same_placeholder() -> None:
    hidden = Placeholders(ONE)
    assert hidden.replace("a@example.com b@example.com a@example.com") == "[EMAIL-A] [EMAIL-B] [EMAIL-A]"
    assert hidden.replace("b@example.com") == "[EMAIL-B]"
    assert hidden.tokens(PERSONAL) == {"[EMAIL-A]", "[EMAIL-B]"}


def test_typed_placeholder_is_treated_as_text() -> None:
    """A customer cannot retrieve a value by typing its placeholder."""
    hidden = Placeholders(ONE)
    text = "[EMAIL-A] a@example.com [CARD-A]"
    replaced = hidden.replace(text)
    assert replaced == "[TEXT-A] [EMAIL-A] [TEXT-B]" and hidden.restore(replaced) == text


def test_only_requested_kinds_are_restored() -> None:
    hidden = Placeholders(ONE)
    replaced = hidden.replace("Oscar a@example.com 4111 1111 1111 1111 DE89370400440532013000")
    assert hidden.restore(replaced, OF_RECORDS) == "Oscar [EMAIL-A] [CARD-A] [IBAN-A]"
    assert hidden.restore(replaced, PERSONAL) == "[NAME-A] a@example.com [CARD-A] [IBAN-A]"
    assert hidden.restore("[EMAIL-Z] [NAME-Q]") == "[EMAIL-Z] [NAME-Q]"


def test_eight_hundred_values_get_distinct_placeholders() -> None:
    hidden = Placeholders(ONE)
    text = " ".join(f"u{number}@example.com" for number in range(800))
    replaced = hidden.replace(text)
    assert "@" not in replaced and hidden.restore(replaced) == text and len(set(TOKEN.findall(replaced))) == 800


_PARTS = st.one_of(
    st.sampled_from([value for _, value in VALUES]),
    st.text(max_size=20),
    st.sampled_from(["[EMAIL-A]", "44753", "\n", " "]),
)


@given(st.lists(_PARTS, max_size=12).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_restoring_returns_the_original_text(text: str) -> None:
    hidden = Placeholders(ONE)
    assert hidden.restore(hidden.replace(text)) == text


@given(
    st.lists(
        st.sampled_from([value for kind, value in VALUES if kind != "ADDRESS"]), min_size=1, max_size=5, unique=True
    ),
    st.sampled_from(["draft", "plan", "summarize"]),
)
@settings(max_examples=60, deadline=None)
def test_no_personal_data_is_sent_to_the_model(values: list[str], capability: str) -> None:
    """In messages, subject, earlier subjects and author names."""
    texts = [f"My data: {'; '.join(values)}. Where is 44753?", "> Thank you, Oscar, this is Theo Barrowby."] * 5
    one = _with_subject(conversation(*texts, orders=(order(),), name="Oscar van der Miller-O'Neill"), values[0])
    llm, transport = model("I am looking into this for you.")
    try:
        getattr(llm, capability)(one)
    except Exception as error:  # noqa: BLE001  what is sent counts, not what comes back
        assert type(error).__name__ == "ProviderError"
    sent = "\n".join(message["content"] for body in transport.bodies for message in body["messages"])
    assert transport.bodies and "44753" in sent
    for value in (*values, "Oscar", "Miller", "O'Neill", "Barrowby", "PL9915469394"):
        assert value.casefold() not in sent.casefold(), value


def _with_subject(one: Conversation, value: str) -> Conversation:
    return replace(one, ticket=replace(one.ticket, subject=f"About {value} of Oscar"))


@given(st.text(max_size=600))
@settings(max_examples=100, deadline=None)
def test_token_estimate_is_at_least_a_third_of_the_bytes(text: str) -> None:
    assert tokens(text) * 3 >= len(text.encode("utf-8", "replace")) - 2


@given(st.lists(st.text(max_size=2_000), max_size=15), st.integers(100, 3_000))
@settings(max_examples=100, deadline=None)
def test_messages_are_cut_to_the_token_limit(texts: list[str], room: int) -> None:
    kept = fitting(texts, room)
    assert len(kept) <= 8 and sum(map(tokens, kept)) <= room + 5
    for text, told in zip(reversed(texts), reversed(kept), strict=False):
        assert told == text or CUT.strip() in told


def test_shortened_message_keeps_beginning_and_end() -> None:
    text = f"Hello there. {'word ' * 3_000}Where is it?"
    cut = shortened(text, 200)
    assert cut.startswith("Hello there.") and cut.endswith("Where is it?") and tokens(cut) <= 200
