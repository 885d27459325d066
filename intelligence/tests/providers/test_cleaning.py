"""The cleaner removes rule-breaking sentences from a service's text and keeps the rest."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.results import CHANNELS, TONES
from intelligence.drafting import check, lengths
from intelligence.drafting.packs import LANGUAGES
from intelligence.providers.safety.cleaning import MOST, Cleaned, clean_draft, clean_line
from intelligence.providers.safety.plain_text import sentences_of
from intelligence.tests.conversations import conversation, order
from intelligence.tests.good_replies import REPLIES, Reply, told

ONE = conversation("Where is my order 44753?", orders=(order(),))
GOOD = "I understand that waiting is annoying. Your order 44753 has left our warehouse. Could you check with your neighbours?"


def clean(text: str, channel: str = "email", language: str = "en") -> Cleaned:
    one = conversation("Where is my order 44753?", orders=(order(),), channel=channel, language=language)
    return clean_draft(text, one, language, "professional")


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: f"{reply.language}-{reply.channel}-{reply.text[:20]}")
def test_good_reply_is_kept_unchanged(reply: Reply) -> None:
    one = told(reply)
    cleaned = clean_draft(reply.text, one, reply.language, "professional")
    assert cleaned.removed == () and cleaned.reasons == ()
    assert check.findings(cleaned.text, one, reply.language) == []


def test_good_reply_samples_cover_every_language_and_channel() -> None:
    assert {reply.language for reply in REPLIES} == set(LANGUAGES) and {reply.channel for reply in REPLIES} == set(
        CHANNELS
    )


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_greeting_and_signature_of_the_service_are_replaced(language: str, channel: str) -> None:
    """Whatever name the service puts into the greeting or the signature."""
    body = {reply.language: reply.text for reply in REPLIES if reply.tag in ("stock", "damaged")}[language]
    greeting = {
        "en": "Dear Bob Smith,",
        "de": "Sehr geehrter Herr Schmidt,",
        "fr": "Cher Monsieur Dupont,",
        "es": "Estimado Pedro:",
    }
    signoff = {"en": "Kind regards", "de": "Viele Grüße", "fr": "Cordialement", "es": "Un saludo"}
    text = f"{greeting[language]}\n\n{body}\n\n{signoff[language]},\nMallory Black\nEvil Shop"
    one = conversation(
        "Hello",
        channel=channel,
        language=language,
        orders=(order("50002", 20, status="delivered", fulfillment_status="delivered"),),
    )
    for tone in TONES:
        shown = clean_draft(text, one, language, tone).text
        assert not re.search(r"Bob|Smith|Schmidt|Dupont|Pedro|Mallory|Evil", shown)
        assert check.findings(shown, one, language) == []
        if channel in ("email", "form"):
            assert "Oscar" in shown.split("\n")[0] and shown.endswith("Theo Barrowby\nLarkmere Cloth")


def test_sentence_with_promise_or_link_is_removed_and_the_rest_is_kept() -> None:
    cleaned = clean(f"{GOOD} We will refund you $20. See evil.example/x.")
    assert cleaned.removed == ("promise", "link") and cleaned.kept == 3
    assert "refund" not in cleaned.text and "evil" not in cleaned.text and "neighbours" in cleaned.text
    assert cleaned.reasons == (
        "Removed 1 sentence that promised something.",
        "Removed 1 sentence that held a link or an address.",
    )


def test_sentence_that_refers_to_a_removed_sentence_is_removed() -> None:
    cleaned = clean(f"{GOOD} We will send a replacement. That must be annoying. Please reply here.")
    assert cleaned.removed == ("promise", "dangling")


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "x" * (MOST + 1),
        "Thank you!",
        "We are so sorry.",
        "We will refund you. We promise. I understand that waiting is annoying.",
        "Je comprends que cette attente soit désagréable. Pourriez-vous me dire ce que vous voyez ?",
        '{"reply": "hello there my friend"}',
        "```\nI am looking into this for you.\n```",
        "Dear Oscar,\n\nKind regards,\nTheo",
    ],
    ids=str,
)
def test_unusable_text_is_refused(text: object) -> None:
    with pytest.raises(ProviderError) as caught:
        clean_draft(text, ONE, "en", "professional")
    assert caught.value.failure is Failure.REFUSED
    assert "Oscar" not in caught.value.sentence and "replacement" not in caught.value.sentence


def test_reply_of_thanks_only_is_accepted_for_praise() -> None:
    one = conversation("You are wonderful, thanks!", tags=("praise",))
    assert "kind words" in clean_draft("Thank you for your kind words!", one, "en", "friendly").text


@pytest.mark.parametrize("channel", ["sms", "chat", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_draft_is_shortened_to_the_length_limit_of_its_channel(language: str, channel: str) -> None:
    long = {
        "en": "I am looking into this for you. ",
        "de": "Ich gehe dem gern für Sie nach. ",
        "fr": "Je me renseigne sur ce point pour vous. ",
        "es": "Estoy averiguando qué pasa con esto. ",
    }[language] * 25
    cleaned = clean(long, channel, language)
    assert "length" in cleaned.removed
    if channel == "sms":
        assert lengths.fits_one_sms(cleaned.text)
    else:
        assert lengths.count_words(cleaned.text) < {"chat": 100, "phone": 75}[channel]


def test_sms_keeps_facts_and_drops_courtesies() -> None:
    thanks = (
        "Thank you so much for your message and for your patience with all of us here at the shop in our little town. "
    )
    shown = clean(f"{thanks}Your order 44753 has left our warehouse. Is your address still right?", "sms").text
    assert "44753" in shown and "Thank you" not in shown


def test_dates_and_order_numbers_are_recognized_in_free_form() -> None:
    cleaned = clean("I have your order #44753 of February 19th in front of me. I am looking into it once more for you.")
    assert "order 44753 of 19 February" in cleaned.text and cleaned.removed == ()
    assert clean(f"{GOOD} I have your order #44753 of February 20th in front of me.").removed == ("date",)


def test_markdown_and_html_are_removed_from_draft() -> None:
    text = f"## Answer\n\n**I understand** that <b>waiting</b> is *annoying*.\n\n- I am looking into it.\n1. {GOOD}"
    shown = clean(text).text
    assert not re.search(r"[#*<>`]|1\.", shown) and "I understand that waiting is annoying." in shown


def test_sentence_split_ignores_abbreviations_and_ordinal_dots() -> None:
    assert sentences_of("Order no. 5 of 19. Februar is here. Dr. Who? Yes!") == [
        "Order no. 5 of 19. Februar is here.",
        "Dr. Who?",
        "Yes!",
    ]


@given(st.text(max_size=400), st.sampled_from(CHANNELS), st.sampled_from(sorted(LANGUAGES)))
@settings(max_examples=150, deadline=None)
def test_arbitrary_text_is_cleaned_or_refused(text: str, channel: str, language: str) -> None:
    one = conversation("Where is my order 44753?", orders=(order(),), channel=channel, language=language)
    try:
        cleaned = clean_draft(text, one, language, "friendly")
    except ProviderError as error:
        assert error.failure is Failure.REFUSED
    else:
        assert check.findings(cleaned.text, one, language) == []


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("The customer has waited since 19 February.", True),
        ("Order 44753 of February 19 has a total of $184.50.", True),
        ("Order #44753: 184.50 USD.", True),
        ("The customer asks for a refund.", True),
        ("Decide whether a refund is due.", True),
        ("**Acknowledge** the wait.\nThen ask.", True),
        ("Order 99999 is late.", False),
        ("It cost $20.", False),
        ("It cost twenty dollars.", False),
        ("Ordered on 20 February.", False),
        ("Ordered on 1 January, 1 order in all.", False),
        ("The customer has 1 order.", True),
        ("See https://evil.example now.", False),
        ("Look at evil.example.", False),
        ("<script>alert(1)</script>", False),
        ("<img src=x> is here", False),
        ("Ask for the password.", False),
        ("The customer is an idiot.", False),
        ("As an AI model I cannot say.", False),
        ("{{ x }} and so on", False),
        ("", False),
        ("...", False),
        ("x" * 100_000, False),
        (None, False),
        (["a"], False),
    ],
)  # fmt: skip
def test_agent_line_is_kept_only_if_it_is_safe_and_true(line: object, shown: bool) -> None:
    result = clean_line(line, ONE)
    assert (result is not None) is shown
    if result is not None:
        assert "\n" not in result and "*" not in result and len(result) <= 300


def test_long_line_is_cut_at_a_word() -> None:
    assert clean_line("The customer waits and waits and waits.", ONE, 20) == "The customer waits…"


def test_promise_is_rejected_only_in_strict_lines() -> None:
    for line in ("Tell them we will refund it.", "Offer a free replacement.", "Consider it refunded."):
        assert clean_line(line, ONE) is not None and clean_line(line, ONE, strict=True) is None


@given(st.text(max_size=400))
@settings(max_examples=150, deadline=None)
def test_arbitrary_text_becomes_one_line_without_markup(text: str) -> None:
    line = clean_line(text, ONE)
    assert line is None or not re.search(r"[\n\r<>{}\u200b\u202e\x00]", line)
