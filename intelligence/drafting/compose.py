"""Compose a draft for a channel: greeting, acknowledgement, one verified fact, next step, signature."""

from dataclasses import dataclass

from intelligence.contract.facts import Conversation
from intelligence.drafting import lengths, record_values
from intelligence.drafting.order_sentences import Facts
from intelligence.drafting.packs import Pack
from intelligence.drafting.topic_choice import Matter
from tickets.channels import Channel, Layout, find_channel

# Slots of an SMS, longest first: G greeting, O opener, F fact, T tracking, N next step, S signature.
_SMS = ("GOFTNS", "GOFTN", "GFTNS", "GFTN", "OFTN", "FTN", "GOFN", "GFN", "OFN", "FN", "GON", "ON", "N")
# Emotional tones drop the tracking number earlier.
_SMS_FEELING = ("GOFTNS", "GOFTN", "OFTN", "GOFNS", "GOFN", "OFN", "GFN", "FN", "GON", "ON", "N")


@dataclass(frozen=True)
class Slots:
    """All sentences that a reply can contain; each channel uses those that fit."""

    pack: Pack
    conversation: Conversation
    matter: Matter
    tone: str
    facts: Facts
    asks: tuple[str, ...]
    extras: tuple[str, ...] = ()  # sentences after the acknowledgement
    care: tuple[str, ...] = ()  # sentences before the closing

    @property
    def channel(self) -> Channel:
        return find_channel(self.conversation.ticket.channel)

    @property
    def names(self) -> tuple[str, str]:
        return record_values.person(self.conversation.customer.name)

    @property
    def acknowledgement(self) -> str:
        return self.pack.acknowledge(self.matter.topic, self.tone)

    @property
    def next(self) -> str:
        return " ".join(self.pack.say("asks", key) for key in self.asks)

    def greeting(self, *, named: bool = True, letter: bool = False) -> str:
        """The greeting, with the customer's name if it is known; less formal for telephone and chat than for email."""
        first, full = self.names
        tone = "empathetic" if not letter and self.tone in ("professional", "apologetic") else self.tone
        if not first or not named:
            return self.pack.say("greeting_unnamed", tone)
        return self.pack.say("greeting", tone).format(name=first, full=full)


def compose(slots: Slots) -> str:
    """Compose the reply for the ticket's channel."""
    composers = {Layout.LETTER: _letter, Layout.SMS: _sms, Layout.SCRIPT: _script, Layout.CHAT: _chat}
    return composers[slots.channel.layout](slots)


def _letter(slots: Slots) -> str:
    """Email and web form: paragraphs with greeting and signature."""
    pack, facts, greeting = slots.pack, slots.facts, slots.greeting(letter=True)
    first = _joined(slots.acknowledgement, *slots.extras)
    second = _joined(facts.full, facts.tracking or facts.carrier)
    paragraphs = [
        greeting,
        pack.after_greeting(greeting, first, inline=False),
        "\n".join(filter(None, (second, facts.link))),
        slots.next,
        _joined(*slots.care, pack.say("closing", slots.tone)),
        "\n".join((pack.say("signoff", slots.tone), *signature_of(slots.pack, slots.conversation))),
    ]
    return "\n\n".join(filter(None, paragraphs))


def _chat(slots: Slots) -> str:
    """One message of under 100 words; the link has a line of its own."""
    facts, greeting = slots.facts, slots.greeting()
    for extras in (slots.extras, ()):
        opening = slots.pack.after_greeting(greeting, _joined(slots.acknowledgement, *extras), inline=True)
        rest = _joined(facts.full, facts.tracking or facts.carrier)
        text = "\n".join(filter(None, (f"{greeting} {opening}", rest, facts.link, slots.next)))
        if lengths.fits(text, slots.channel):
            return text
    return "\n".join(filter(None, (facts.full, slots.next)))


def _script(slots: Slots) -> str:
    """A script to read aloud, under 75 words, without links and tracking numbers."""
    first, full = slots.names
    signer = " ".join(_signer(slots))
    key = "named" if first else "unnamed"
    hello = slots.pack.say("phone", key).format(name=first, full=full, signer=signer)
    mild = slots.pack.say(f"opener_{slots.matter.mood}", slots.tone)
    facts = slots.facts
    for parts in (
        (hello, slots.acknowledgement, *slots.extras, facts.full, facts.carrier, slots.next),
        (hello, slots.acknowledgement, facts.full, slots.next),
        (hello, mild, facts.full, slots.next),
        (hello, facts.full, slots.next),
        (hello, slots.next),
    ):
        text = _joined(*parts)
        if lengths.fits(text, slots.channel):
            return text
    return slots.next


def _sms(slots: Slots) -> str:
    """One SMS segment: the most complete choice of slots that fits, with the customer's name if there is room."""
    pack, facts = slots.pack, slots.facts
    keys = tuple(key if pack.has("short", key) else "which_open" for key in slots.asks[-1:])
    parts = {
        "O": pack.say(f"opener_{slots.matter.mood}", slots.tone),
        "F": facts.short,
        "T": facts.tracking_short,
        "N": " ".join(pack.say("short", key) for key in keys),
        "S": "".join(f"- {line}" for line in signature_of(slots.pack, slots.conversation)[:1]),
    }
    candidates = []
    for shape in _SMS_FEELING if slots.tone in ("empathetic", "apologetic") else _SMS:
        for named in (True, False):
            greeting = slots.greeting(named=named) if "G" in shape else ""
            body = _joined(*(parts[slot] for slot in shape if slot != "G"))
            candidates.append(_joined(greeting, pack.after_greeting(greeting, body, inline=True)))
    return next((text for text in candidates if lengths.fits(text, slots.channel)), candidates[-1])


def signature_of(pack: Pack, conversation: Conversation) -> list[str]:
    """The agent's name and the shop's if they are known, else "the team"."""
    lines = [record_values.signature(conversation.agent_name), record_values.signature(conversation.shop_name)]
    return [line for line in lines if line] or [pack.words["team"]]


def _signer(slots: Slots) -> list[str]:
    lines = signature_of(slots.pack, slots.conversation)
    if len(lines) < 2:
        return lines
    return [slots.pack.say("phone", "signer").format(agent=lines[0], shop=lines[1])]


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
