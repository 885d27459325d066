"""Embedded drafts state only recorded facts, fit the channel and promise nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from intelligence.contract.facts import PastTicket, Resolution
from intelligence.contract.results import CHANNELS, TONES, CustomerAnalysis, Provenance
from intelligence.drafting import draft, hostile_texts, lengths, record_values
from intelligence.drafting.check import findings
from intelligence.drafting.draft_audit import audit
from intelligence.drafting.packs import FOLDER, LANGUAGES, pack
from intelligence.drafting.topic_choice import TOPICS, matter_of
from intelligence.tests.conversations import NOW, conversation, on, order


def test_two_thousand_generated_drafts_pass_the_checker() -> None:
    """To audit ten thousand drafts, run python -m intelligence.drafting.draft_audit."""
    report = audit(2_000, seed=11)
    assert (report.drafts, report.findings) == (2_000, {}), report.examples
    assert len(report.distinct) > 1_500, "they must not be all alike"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_sentence_keys(language: str) -> None:
    english, other = pack("en"), pack(language)
    assert {path.stem for path in FOLDER.iterdir()} == set(LANGUAGES)
    assert other.topics.keys() == english.topics.keys() >= set(TOPICS)
    assert all(sentences.keys() == set(TONES) for sentences in other.topics.values())
    assert {name: set(texts) for name, texts in other.texts.items()} == {
        name: set(texts) for name, texts in english.texts.items()
    }
    assert other.words.keys() == english.words.keys() and len(other.months) == 12


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("section", ["short", "facts_short", "opener_bad", "opener_neutral", "opener_good"])
def test_short_sentences_use_only_gsm_7_characters(language: str, section: str) -> None:
    for sentence in pack(language).texts[section].values():
        assert lengths.encoding_of(sentence.replace("{", "").replace("}", "")) == "GSM-7", sentence


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
def test_sms_draft_fits_one_segment_and_passes_the_checker(language: str, topic: str) -> None:
    for tone in TONES:
        one = conversation(
            "Hallo", channel="sms", tags=(topic,), orders=(order(),), language=language, name="Łukasz Żółć"
        )
        result = draft(one, tone)
        assert lengths.fits_one_sms(result.content) and result.max_length == lengths.sms_limit(result.content)
        assert not findings(result.content, one, language), result.content


def test_named_order_is_used_and_inferred_order_is_given_as_reason() -> None:
    orders = (order("44753"), order("50001", days=3))
    named = draft(conversation("Where is order #44753?", orders=orders))
    assert "44753 of 19 February" in named.content and "50001" not in named.content
    assert [(one.kind, one.id) for one in named.used] == [("order", "44753"), ("tracking", "PL9915469394")]
    only = draft(conversation("Where is my parcel?", orders=orders[:1]))
    assert "44753" in only.content
    assert any("names no order; 44753 is the only recent one" in reason for reason in only.provenance.reasons)
    by_tracking = draft(conversation("PL9915469394 does not move", orders=orders[:1]))
    assert "44753" in by_tracking.content


def test_draft_asks_which_order_if_two_match_and_for_the_number_if_many_match() -> None:
    two = draft(conversation("Where is my parcel?", orders=(order("1001", 3), order("1002", 9))))
    assert "1001 of 26 February and 1002 of 20 February. Which" not in two.content
    assert "1001 of 26 February and 1002 of 20 February." in two.content and "Which of them" in two.content
    assert "tracking" not in two.content
    many = draft(conversation("Where is my parcel?", orders=tuple(order(f"100{n}", n) for n in range(1, 6))))
    assert "100" not in many.content and "number of the order" in many.content


def test_order_number_of_another_customer_is_not_confirmed_or_repeated() -> None:
    result = draft(conversation("Where is order 99887766?", orders=(order(),)))
    assert "99887766" not in result.content and "44753" not in result.content
    assert "under your name" in result.content and not result.used


@pytest.mark.parametrize(
    "text",
    ["I ordered 17 days ago", "I ordered 100 m of linen", "since order day 2026", "my 3 orders", "ordered in 2025"],
)
def test_number_that_is_no_order_number_is_not_read_as_one(text: str) -> None:
    assert "44753" in draft(conversation(text, orders=(order(),))).content


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "paid", "fulfillment_status": "unfulfilled"}, "has not left our warehouse yet"),
        ({"fulfillment_status": "partial"}, "Part of your order"),
        ({"status": "delivered", "fulfillment_status": "delivered"}, "as delivered"),
        ({"status": "refunded", "fulfillment_status": "returned"}, "as returned"),
        ({"status": "delivered", "fulfillment_status": "unfulfilled"}, "in front of me"),
        ({"status": "cancelled", "fulfillment_status": "unfulfilled"}, "as cancelled"),
        ({"status": "refunded", "refunded": 84.0}, "a refund of $84.00"),
    ],
)
def test_draft_states_the_recorded_order_status(fields: dict[str, Any], said: str) -> None:
    one = conversation("Where is order 44753?", orders=(order(**fields),))
    assert said in draft(one).content


def test_draft_without_order_record_contains_no_facts() -> None:
    result = draft(conversation("Where is my parcel?"))
    assert not any(char.isdigit() for char in result.content) and not result.used
    assert "order number" in result.content
    odd = order("{{ 7*7 }}", tracking_numbers=("<b>",), carrier="<i>")
    assert not any(char in draft(conversation("Where?", orders=(odd,))).content for char in "{}<>")
    future = draft(conversation("Where is my parcel?", orders=(order(days=-30),)))
    assert "44753" not in future.content
    assert "184" not in draft(conversation("Hello", tags=("stock",), orders=(order(),))).content


def test_amounts_and_dates_are_formatted_for_the_language() -> None:
    orders = (order(total=1234.5, days=200),)
    expected = {"en": "$1,234.50", "de": "1.234,50 $", "fr": "1 234,50 $", "es": "1.234,50 $"}
    dates = {"en": "13 August 2025", "de": "13. August 2025", "fr": "13 août 2025", "es": "13 de agosto de 2025"}
    for language, amount in expected.items():
        text = draft(conversation("44753", tags=("billing",), orders=orders, language=language)).content
        assert amount in text and dates[language] in text
    yen = draft(conversation("44753", tags=("billing",), orders=(order(currency="JPY", total=5000),)))
    assert "5,000.00 JPY" in yen.content


def test_draft_has_the_format_of_its_channel() -> None:
    one = conversation("Where is order 44753?", orders=(order(),))
    email = draft(one).content
    assert email.startswith("Dear Oscar,\n\n") and email.endswith("\nTheo Barrowby\nLarkmere Cloth")
    assert draft(on("form", one)).content == email
    chat = draft(on("chat", one)).content
    assert chat.startswith("Hi Oscar, thanks") and lengths.count_words(chat) < 100 and "Larkmere" not in chat
    phone = draft(on("phone", one)).content
    assert phone.startswith("Hello Oscar, this is Theo Barrowby from Larkmere Cloth.")
    assert lengths.count_words(phone) < 75 and "http" not in phone and "PL99" not in phone
    sms = draft(on("sms", one)).content
    assert "44753" in sms and "PL9915469394" in sms and len(sms) <= 160
    with pytest.raises(ValueError, match="channel is one of"):
        draft(on("fax", one))


def test_default_tone_follows_sentiment_channel_and_topic() -> None:
    one = conversation("Where is order 44753?", orders=(order(),))
    assert len({draft(one, tone).content for tone in TONES}) == len(TONES)
    with pytest.raises(ValueError, match="tone is one of"):
        draft(one, "sarcastic")
    expected = {
        "professional": one,
        "apologetic": replace(one, ticket=replace(one.ticket, sentiment=0.2)),
        "friendly": on("chat", one),
        "concise": on("sms", one),
        "empathetic": conversation("No", tags=("escalation",)),
    }
    assert {tone: draft(case).tone for tone, case in expected.items()} == {tone: tone for tone in expected}
    fraud = conversation("Fraud!", tags=("chargeback_fraud",), channel="chat", sentiment=0.1)
    assert draft(fraud).tone == "professional" and "it is about a charge" in fraud_reason(fraud)


def fraud_reason(one: Any) -> str:
    return " ".join(draft(one).provenance.reasons)


def test_topic_follows_the_course_of_the_conversation() -> None:
    asked = "> Could you send a photo?"
    assert matter_of(conversation("Broken", asked, "Here it is", tags=("damaged",)).ticket).topic == "follow_up"
    assert "photo" not in draft(conversation("Broken", asked, "Here it is", tags=("damaged",))).content
    assert matter_of(conversation("Where?", "> Found", "Thanks a lot!").ticket).topic == "thanks"
    assert matter_of(conversation("Where?", "> Found", "Thanks, but it is not here").ticket).topic == "follow_up"
    assert matter_of(conversation("Where?", asked).ticket).topic == "check_in"
    reminded = draft(conversation(("Where?", 4.0), ("Hello?", 1.0)))
    assert "more than once" in reminded.content and reminded.tone == "apologetic"
    assert "more than once" not in draft(conversation(("Hi", 0.02), ("where is it", 0.01))).content
    assert matter_of(conversation(tags=()).ticket).topic == "unknown"


@pytest.mark.parametrize(
    ("tags", "text", "about", "given"),
    [
        (("damaged",), "It is torn, see the attached photos", "damaged", True),
        (("damaged",), "It is torn", "damaged", False),
        (("wrong_address",), "Please send it to 5 Weaver's Yard", "wrong_address", True),
        (("wrong_address",), "I moved", "wrong_address", False),
        (("discount",), "AUTUMN-20 is invalid", "discount", True),
        (("billing",), "You took $198.90 twice", "billing", True),
        (("billing", "chargeback_fraud"), "What is this charge?", "chargeback_fraud", False),
        (
            ("return",),
            "I want to send the cardigan back because the size does not fit me at all, sadly",
            "return",
            True,
        ),
        (("shipping", "wrong_item"), "Half of it is missing", "missing", False),
        (("return", "wrong_item"), "Too small", "return", False),
        (("product_question", "shipping"), "Do you ship to Duluth?", "product_question", False),
        (("product_question", "shipping"), "Where is 44753?", "shipping", False),
        (("billing", "product_question"), "Is there a trade price?", "product_question", False),
        (("escalation", "shipping"), "Third time!", "shipping", False),
        (("vip",), "Hello", "unknown", False),
    ],
)
def test_topic_is_chosen_from_tags_and_text_and_given_details_are_not_asked_for(
    tags: tuple[str, ...], text: str, about: str, given: bool
) -> None:
    matter = matter_of(conversation(text, tags=tags).ticket)
    assert (matter.about, matter.given) == (about, given)
    assert matter.topic == ("escalation" if "escalation" in tags else about)
    content = draft(conversation(text, tags=tags, orders=(order(),))).content
    assert (pack("en").texts["asks"]["given"] in content) == given


@pytest.mark.parametrize(
    ("language", "written"), [("de", "de"), ("fr", "fr"), ("es", "es"), ("pl", "en"), (None, "en")]
)
def test_draft_is_in_customer_language_if_supported_otherwise_english(language: str | None, written: str) -> None:
    result = draft(conversation("…", language=language))
    assert result.language == written
    assert any("English" in reason for reason in result.provenance.reasons) == (language not in LANGUAGES)


def test_draft_wording_differs_for_loyal_and_churning_customers() -> None:
    one = conversation("Hi", tags=("stock",), total_orders=12)
    assert "ordering with us so often" in draft(one).content
    leaving = replace(one, analysis=CustomerAnalysis(UUID(int=7), Provenance("embedded", "1"), churn_level="critical"))
    result = draft(leaving)
    assert "look at it again" in result.content and "so often" not in result.content
    assert any("churn" in applied for applied in result.personalization_applied) and "churn" not in result.content


def test_draft_mentions_past_ticket_but_does_not_quote_resolution() -> None:
    past = PastTicket(UUID(int=5), "Late", "closed", NOW - timedelta(days=9), NOW)
    solved = Resolution(UUID(int=6), "Parcel lost", "We sent Mrs Smith a new one, order 777.", NOW)
    one = conversation("Where?", past=(past,), resolutions=(solved,), sentiment=0.2)
    result = draft(one)
    assert "your earlier request of 20 February" in result.content
    assert {used.kind for used in result.used} == {"past_ticket", "resolution"}
    assert "777" not in result.content and "Smith" not in result.content
    assert "earlier request" not in draft(replace(one, ticket=replace(one.ticket, sentiment=0.8))).content


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Dr. ANNA-MARIA O’Neill", "Anna-Maria"),
        ("anna von der heide", "Anna"),
        ("J. R. Tolkien", ""),
        ("<b>Bob</b>", ""),
        ("{{ name }}", ""),
        ("http://x.example", ""),
        ("bob@example.com", ""),
        ("X Æ A-12", ""),
        ("", ""),
        ("\u202eBob", ""),
        ("李 小龙", ""),
        ("Żaneta", "Żaneta"),
    ],
)
def test_greeting_uses_only_plausible_first_names(name: str, greeted: str) -> None:
    assert record_values.person(name)[0] == greeted


@pytest.mark.parametrize("text", hostile_texts.TEXTS)
def test_hostile_text_gets_a_draft(text: str) -> None:
    one = conversation(text * 10, orders=tuple(order(str(n)) for n in range(1000, 1100)))
    assert draft(one).content


def test_sms_segments_fit_and_lose_no_word() -> None:
    text = "Your order has left us. " * 12 + "Żółć: done. " + "word " * 60 + "x" * 400 + " 😀" * 50
    found = lengths.segments(text)
    assert all(lengths.sms_length(one.text) == one.length <= lengths.sms_limit(one.text) for one in found)
    assert {one.encoding for one in found} == {"GSM-7", "UCS-2"}
    assert "".join("".join(one.text.split()) for one in found) == "".join(text.split())
    assert all(one.text.endswith(".") for one in found[:2]), "split at sentences"
    assert lengths.segments("  ") == [] and lengths.segments("€" * 80)[0].length == 160
    assert (
        lengths.fits_one_sms("a" * 160) and not lengths.fits_one_sms("a" * 161) and not lengths.fits_one_sms("ę" * 71)
    )


def test_every_channel_gets_a_draft() -> None:
    assert {draft(on(channel, conversation("Hi"))).channel for channel in CHANNELS} == set(CHANNELS)
