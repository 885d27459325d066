"""The draft checker catches planted faults and accepts true statements."""

from dataclasses import replace
from typing import Any

import pytest

from intelligence import drafting
from intelligence.contract.results import TONES
from intelligence.drafting import check, draft, drafts
from intelligence.drafting.packs import LANGUAGES
from intelligence.tests.conversations import conversation, on, order

ORDERS = (order(), order("50001", 40, status="delivered", fulfillment_status="delivered", refunded=20.0, total=99.0))
ONE = conversation("Where is order 44753?", orders=ORDERS)
GOOD = draft(ONE).content


def rules(content: str, one: Any = ONE, language: str = "en") -> set[str]:
    return {finding.rule for finding in check.findings(content, one, language)}


def test_generated_draft_has_no_findings() -> None:
    assert rules(GOOD) == set()


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("44753", "44754", "number"),
        ("44753", "447530", "number"),
        ("PL9915469394", "PL9915469395", "number"),
        ("of 19 February", "of 20 February", "date"),
        ("of 19 February", "of 19 February 2024", "date"),
        ("https://track.example/PL9915469394", "https://evil.example/PL9915469394", "link"),
        ("https://track.example/PL9915469394", "www.evil.example", "link"),
        ("has left our warehouse and is not marked as delivered yet", "has not left our warehouse yet", "claim"),
        ("has left our warehouse and is not marked as delivered yet", "is marked as delivered", "claim"),
        ("has left our warehouse and is not marked as delivered yet", "was cancelled", "claim"),
        ("Dear Oscar", "Dear Bob", "greeting"),
        ("Dear Oscar,\n\n", "", "greeting"),
        ("Theo Barrowby\nLarkmere Cloth", "Bob", "signature"),
        ("Dear Oscar", "Dear {name}", "leak"),
        ("Dear Oscar", "Dear {{ customer.name }}", "leak"),
        ("Dear Oscar", "Dear None", "leak"),
        ("Dear Oscar", "Dear %s", "leak"),
        ("Please reply", "<b>Please</b> reply", "leak"),
        ("Please reply", "&lt;Please reply", "leak"),
        ("Please reply", "Please\u200b reply", "character"),
        ("Please reply", "It cost $184.51. Please reply", "amount"),
        ("Please reply", "It cost €184.50. Please reply", "amount"),
        ("Please reply", "A refund of $184.50 is recorded. Please reply", "amount"),
        ("Please reply", "It cost $99.00. Please reply", "amount"),
        ("Please reply", "There are 3 parcels. Please reply", "number"),
    ],
)
def test_planted_fault_is_caught(before: str, after: str, rule: str) -> None:
    assert before in GOOD
    assert rule in rules(GOOD.replace(before, after, 1))


PROMISES = {
    "en": (
        "We will refund you.",
        "I'll send you a new one.",
        "I can offer you a discount.",
        "We have issued a refund.",
        "Your replacement is on its way.",
        "You will receive it.",
        "It will arrive on Monday.",
        "It comes tomorrow.",
        "You'll get it within three days.",
        "This is free of charge.",
        "I promise.",
        "We guarantee it.",
        "I am going to cancel your order.",
        "I will write in two hours.",
        "We would like to compensate you.",
    ),
    "de": (
        "Wir erstatten Ihnen den Betrag.",
        "Ich schicke Ihnen Ersatz.",
        "Sie erhalten einen Gutschein.",
        "Das Paket wird morgen geliefert.",
        "Wir haben die Bestellung für Sie stornieren lassen und garantieren das.",
        "Das ist kostenlos.",
        "Sie bekommen Ihr Geld in drei Tagen.",
        "Wir gewähren Ihnen einen Rabatt.",
        "Versprochen, ich verspreche es Ihnen.",
    ),
    "fr": (
        "Nous vous remboursons.",
        "Je vais vous rembourser.",
        "Vous recevrez un nouvel article.",
        "Le colis sera livré demain.",
        "C'est gratuit.",
        "Nous vous offrons une remise.",
        "Je vous le garantis.",
        "Vous aurez une réponse sous trois jours.",
        "Nous annulons la commande.",
    ),
    "es": (
        "Le reembolsaremos el importe.",
        "Recibirá un artículo nuevo.",
        "El paquete llegará mañana.",
        "Es gratis.",
        "Le ofrecemos un descuento.",
        "Se lo garantizo.",
        "Le enviaremos otro.",
        "Tendrá una respuesta en tres días.",
        "Cancelaremos el pedido.",
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_promise_is_caught_in_every_language(language: str) -> None:
    one = replace(ONE, ticket=replace(ONE.ticket, language=language))
    good = draft(one).content
    assert rules(good, one, language) == set()
    for sentence in PROMISES[language]:
        assert "promise" in rules(f"{good}\n{sentence}", one, language), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_false_order_status_is_caught_in_every_language(language: str) -> None:
    """Checks each draft against orders with another status: a claim that was true is now a fault."""
    kinds: dict[str, dict[str, Any]] = {
        "shipped": {},
        "unfulfilled": {"status": "paid", "fulfillment_status": "unfulfilled"},
        "delivered": {"status": "delivered", "fulfillment_status": "delivered"},
        "partial": {"fulfillment_status": "partial"},
        "cancelled": {"status": "cancelled", "fulfillment_status": "unfulfilled"},
        "returned": {"status": "paid", "fulfillment_status": "returned"},
    }
    for channel in ("email", "sms", "phone"):
        for name, fields in kinds.items():
            told = conversation("44753", orders=(order(**fields),), language=language, channel=channel)
            text = draft(told).content
            assert rules(text, told, language) == set(), text
            for other, others in kinds.items():
                if other == name or {other, name} == {"unfulfilled", "cancelled"}:
                    continue  # a cancelled order has not left either
                record = conversation("44753", orders=(order(**others),), language=language, channel=channel)
                assert "claim" in rules(text, record, language), (name, other, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_wrong_amount_or_currency_is_caught_in_every_language(language: str) -> None:
    paid = conversation("44753", tags=("billing",), orders=(order(),), language=language)
    text = draft(paid).content
    assert rules(text, paid, language) == set() and "184" in text
    for fields in ({"total": 18.45}, {"total": 1845.0}, {"currency": "EUR"}):
        assert "amount" in rules(
            text, replace(paid, customer=replace(paid.customer, orders=(order(**fields),))), language
        )


def test_too_long_and_empty_drafts_are_caught() -> None:
    assert "length" in rules("a" * 161, on("sms", ONE))
    assert "length" in rules("ż" * 71, on("sms", ONE))
    assert "length" in rules("😀" * 36, on("sms", ONE)) and "length" not in rules("😀" * 35, on("sms", ONE))
    assert "length" in rules("word " * 100, on("chat", ONE)) and "length" in rules("word " * 75, on("phone", ONE))
    assert rules(" ", on("chat", ONE)) == {"empty"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_draft_in_wrong_language_is_caught(language: str) -> None:
    for other in LANGUAGES:
        if other != language:
            text = draft(replace(ONE, ticket=replace(ONE.ticket, language=other))).content
            assert "language" in rules(text, ONE, language)


def test_failing_draft_is_replaced_by_the_shortest_safe_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    """In every channel, language and tone, a broken generator still yields a draft that passes the checker."""
    monkeypatch.setattr(drafts, "compose", lambda slots: "We will refund you $500 tomorrow, {name}.")
    for channel in ("email", "form", "chat", "sms", "phone"):
        for language in LANGUAGES:
            for tone in TONES:
                one = on(channel, replace(ONE, ticket=replace(ONE.ticket, language=language)))
                result = drafting.draft(one, tone)
                assert rules(result.content, one, language) <= set(), result.content
                assert not result.used and "did not pass" in result.provenance.reasons[0]
