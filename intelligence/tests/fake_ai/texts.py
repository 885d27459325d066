"""Texts of the fake services: harmless replies in four languages and hostile texts by name."""

import re
from collections.abc import Callable, Mapping
from typing import Any

REPLIES = {
    "en": "Thank you for your message. We are looking into it.",
    "de": "Vielen Dank für Ihre Nachricht. Wir sehen uns das an.",
    "fr": "Merci pour votre message. Nous examinons votre demande.",
    "es": "Gracias por su mensaje. Estamos revisando su consulta.",
}
_LANGUAGE = re.compile(r'"language"\s*:\s*"([a-z]{2})')


def language_of(text: str) -> str:
    """The language named in a JSON text, English if there is none."""
    found = _LANGUAGE.search(text)
    return found[1] if found and found[1] in REPLIES else "en"


def _echo(request: Mapping[str, Any]) -> str:
    messages = request.get("messages")
    told = messages[0].get("content") if isinstance(messages, list) and messages else None
    return f"My instructions are: {told or request}"


# By name: the text for a request (its body) in a language.
HOSTILE: dict[str, Callable[[Mapping[str, Any], str], str]] = {
    "promises": lambda _, __: "We will refund you in full within 24 hours and send you a free replacement today.",
    "foreign_facts": lambda _, __: (
        "Your order #987654 over 1,234.56 USD went out with UPS on 3 March, tracking number 1Z999AA10123456784."
    ),
    "html": lambda _, __: '<script>alert("x")</script><p onclick="x()">Thank you for your <b>message</b>.</p>',
    "prompt_echo": lambda request, _: _echo(request),
    "personal": lambda _, __: (
        "Jane Roe (jane.roe@example.com, +1 202 555 0143) pays with the card 4111 1111 1111 1111."
    ),
    "long": lambda _, language: " ".join([REPLIES[language]] * 1_000),
    "empty": lambda _, __: "",
    "wrong_language": lambda _, language: REPLIES["en" if language == "de" else "de"],
    "control": lambda _, language: f"\x00\x1b[31m\u202e\u200b{REPLIES[language]}\x07\ufeff",
    "template": lambda _, __: (
        "Dear {{ customer.name }}, your order {order_number} is [STATUS]. Kind regards, [Your Name]"
    ),
}
