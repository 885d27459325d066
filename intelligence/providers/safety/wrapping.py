"""Put our greeting and signature around a body that a service wrote, as the channel requires."""

from collections.abc import Callable, Iterator

from intelligence.contract.facts import Conversation
from intelligence.drafting import lengths, record_values
from intelligence.drafting.compose import signature_of
from intelligence.drafting.packs import Pack, pack
from intelligence.providers.safety.forbidden_words import service_words
from intelligence.providers.safety.plain_text import folded
from tickets.channels import Layout, find_channel

Body = list[list[str]]  # paragraphs, each a list of sentences


def wrapped(
    body: Body, conversation: Conversation, language: str, tone: str, shown: Callable[[str], str]
) -> tuple[str, Body]:
    """The text for the channel and the body as shortened: courtesies go first, then sentences from the end.

    `shown` is the text with placeholders restored, on which lengths are measured.
    """
    channel = find_channel(conversation.ticket.channel)
    candidates = _LAYOUTS[channel.layout]
    for text in candidates(body, conversation, pack(language), tone):
        if lengths.fits(shown(text), channel):
            return text, body
    body = _without_courtesies(body, language) or body
    while any(body):
        for text in candidates(body, conversation, pack(language), tone):
            if lengths.fits(shown(text), channel):
                return text, body
        body = _shorter(body)
    return "", []


def _without_courtesies(body: Body, language: str) -> Body:
    """The sentences without thanks and apologies, for when room is short."""
    polite = service_words()[language].polite
    kept = [[sentence for sentence in sentences if not polite.match(folded(sentence))] for sentences in body]
    return [sentences for sentences in kept if sentences]


def _shorter(body: Body) -> Body:
    kept = [*body[:-1], body[-1][:-1]]
    return [paragraph for paragraph in kept if paragraph]


def _greeting(conversation: Conversation, language: Pack, tone: str, *, letter: bool) -> str:
    first, full = record_values.person(conversation.customer.name)
    tone = "empathetic" if not letter and tone in ("professional", "apologetic") else tone
    if not first:
        return language.say("greeting_unnamed", tone)
    return language.say("greeting", tone).format(name=first, full=full)


def _letters(body: Body, conversation: Conversation, language: Pack, tone: str) -> Iterator[str]:
    greeting = _greeting(conversation, language, tone, letter=True)
    paragraphs = [" ".join(sentences) for sentences in body]
    paragraphs[0] = _begun(greeting, paragraphs[0], language, inline=False)
    closing = "\n".join((language.say("signoff", tone), *signature_of(language, conversation)))
    yield "\n\n".join((greeting, *paragraphs, closing))


def _chats(body: Body, conversation: Conversation, language: Pack, tone: str) -> Iterator[str]:
    greeting = _greeting(conversation, language, tone, letter=False)
    paragraphs = [" ".join(sentences) for sentences in body]
    paragraphs[0] = f"{greeting} {_begun(greeting, paragraphs[0], language, inline=True)}"
    yield "\n".join(paragraphs)


def _scripts(body: Body, conversation: Conversation, language: Pack, tone: str) -> Iterator[str]:
    """Versions of a script that the agent reads aloud, longest first."""
    first, full = record_values.person(conversation.customer.name)
    lines = signature_of(language, conversation)
    signer = lines[0] if len(lines) < 2 else language.say("phone", "signer").format(agent=lines[0], shop=lines[1])
    hello = language.say("phone", "named" if first else "unnamed").format(name=first, full=full, signer=signer)
    yield " ".join((hello, *(sentence for sentences in body for sentence in sentences)))


def _messages(body: Body, conversation: Conversation, language: Pack, tone: str) -> Iterator[str]:
    """Versions of one SMS: with greeting and sender, with the greeting, or neither."""
    greeting = _greeting(conversation, language, tone, letter=False)
    text = " ".join(sentence for sentences in body for sentence in sentences)
    greeted = f"{greeting} {_begun(greeting, text, language, inline=True)}"
    yield f"{greeted} - {signature_of(language, conversation)[0]}"
    yield greeted
    yield text


def _begun(greeting: str, text: str, language: Pack, *, inline: bool) -> str:
    """The text with a small first letter after a comma, if its first word is known to be no noun or name."""
    first = text.split(" ", 1)[0].strip(",.!").lower()
    if first not in service_words()[language.code].lowered:
        return text
    return language.after_greeting(greeting, text, inline=inline)


_LAYOUTS = {Layout.LETTER: _letters, Layout.SMS: _messages, Layout.SCRIPT: _scripts, Layout.CHAT: _chats}
