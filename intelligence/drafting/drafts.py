"""Make the draft for a conversation, with its sources and the reasons for its wording."""

from dataclasses import replace
from datetime import timedelta

import structlog

from intelligence.contract.facts import Conversation
from intelligence.contract.results import CHANNELS, TONES, DraftResult, Provenance, Used
from intelligence.drafting import check, lengths
from intelligence.drafting.compose import Slots, compose, signature_of
from intelligence.drafting.order_choice import Choice, choose
from intelligence.drafting.order_sentences import ask_keys, facts_of
from intelligence.drafting.packs import LANGUAGES, Pack, pack
from intelligence.drafting.record_values import person
from intelligence.drafting.tones import default_tone
from intelligence.drafting.topic_choice import Matter, matter_of
from tickets.channels import Layout, find_channel

log = structlog.get_logger(__name__)
SOURCE, MODEL_VERSION = "embedded", "sentences-1"
REGULAR_ORDERS = 5  # from this number of orders on the draft thanks a regular customer
PAST = timedelta(days=30)  # earlier tickets up to this age are mentioned
RESOLUTIONS = 2  # answers to similar tickets shown beside the draft
_CHOICES = {
    "named": "The customer names order {number}.",
    "only": "The customer names no order; {number} is the only recent one that it can be about.",
    "several": "It could be about more than one order, so the draft asks which.",
    "foreign": "The customer names an order that is not theirs, so nothing is said about it.",
    "none": "",
}


def draft(conversation: Conversation, tone: str | None = None) -> DraftResult:
    """Compose a reply that states only what records support and promises nothing, and check it.

    Raises `ValueError` for an unknown tone or channel.
    """
    result = composed(conversation, tone)
    findings = check.findings(result.content, conversation, result.language)
    if not findings:
        return result
    log.error("draft_refused", ticket=str(conversation.ticket.id), rules=[finding.rule for finding in findings])
    content = _minimal(conversation, pack(result.language))
    why = "The full draft did not pass its checks; this is the shortest safe one."
    provenance = replace(result.provenance, reasons=(why, *result.provenance.reasons))
    limit = lengths.max_length(content, result.channel)
    return replace(
        result, provenance=provenance, content=content, max_length=limit, personalization_applied=(), used=()
    )


def composed(conversation: Conversation, tone: str | None = None) -> DraftResult:
    """Compose the draft without checking it. Raises `ValueError` for an unknown tone or channel."""
    channel = conversation.ticket.channel
    if tone is not None and tone not in TONES:
        raise ValueError(f"A tone is one of {', '.join(TONES)}.")
    if channel not in CHANNELS:
        raise ValueError(f"A channel is one of {', '.join(CHANNELS)}.")
    language, reasons = language_of(conversation)
    matter = matter_of(conversation.ticket)
    chosen, why = (tone, "it was asked for") if tone else default_tone(conversation, matter)
    choice = choose(conversation, matter.about)
    slots, applied, used = _slots(conversation, pack(language), matter, chosen, choice)
    content = compose(slots)
    order = choice.order.number if choice.order else ""
    reasons += [f"The tone is {chosen}: {why}.", _CHOICES[choice.how].format(number=order)]
    if matter.topic not in ("thanks", "praise", "check_in"):
        reasons.append("Where it says that you will look into something, send it only if you will.")
    limit = lengths.max_length(content, channel)
    provenance = Provenance(SOURCE, MODEL_VERSION, reasons=tuple(filter(None, reasons)))
    return DraftResult(provenance, content, chosen, channel, language, limit, applied, used)


def language_of(conversation: Conversation) -> tuple[str, list[str]]:
    """The customer's language if the program has sentences in it, else English."""
    language = conversation.ticket.language
    if language in LANGUAGES:
        return language, []
    known = f"{', '.join(list(LANGUAGES.values())[:-1])} and {list(LANGUAGES.values())[-1]}"
    if language is None:
        return "en", ["The customer's language is not known, so the draft is in English."]
    return "en", [
        f"The customer writes in another language ({language[:8]}); drafts are in {known}, so this is English."
    ]


def _slots(
    conversation: Conversation, language: Pack, matter: Matter, tone: str, choice: Choice
) -> tuple[Slots, tuple[str, ...], tuple[Used, ...]]:
    """The slots, the list of personalised parts, and the records behind both."""
    facts = facts_of(language, matter, choice, conversation.now)
    used = list(facts.used)
    applied = [f"Referenced {one.label[0].lower()}{one.label[1:]}" for one in facts.used]
    if person(conversation.customer.name)[0]:
        applied.insert(0, "Greeted by name")
    if language.code != "en":
        applied.append(f"Written in {LANGUAGES[language.code]}")
    extras: list[str] = []
    care: list[str] = []
    if matter.again:
        extras.append(language.say("extra", "again"))
        applied.append("Acknowledged that they had to write again")
    letter = find_channel(conversation.ticket.channel).is_letter
    if letter and matter.topic not in ("thanks", "check_in", "praise"):
        _mention_past(conversation, language, extras, applied, used)
    if letter:
        _take_care(conversation, language, matter, care, applied, used)
    used += [
        Used("resolution", str(one.ticket_id), f"How a similar ticket was answered: {one.subject[:120]}")
        for one in conversation.ticket.resolutions[:RESOLUTIONS]
    ]
    asks = ask_keys(matter, choice)
    slots = Slots(language, conversation, matter, tone, facts, asks, tuple(extras), tuple(care))
    return slots, tuple(applied), tuple(used)


def _mention_past(
    conversation: Conversation, language: Pack, extras: list[str], applied: list[str], used: list[Used]
) -> None:
    """Mention a recent earlier ticket, so that an unhappy customer need not explain everything again."""
    sentiment = conversation.ticket.sentiment
    if sentiment is None or sentiment >= 0.4 or any(message.from_agent for message in conversation.ticket.messages):
        return
    fresh = [one for one in conversation.ticket.past if timedelta(0) <= conversation.now - one.created_at <= PAST]
    if fresh:
        latest = max(fresh, key=lambda one: one.created_at)
        extras.append(language.say("extra", "past").format(date=language.date(latest.created_at, conversation.now)))
        applied.append("Mentioned their earlier request")
        used.append(Used("past_ticket", str(latest.id), f"Earlier ticket: {latest.subject[:120]}"))


def _take_care(
    conversation: Conversation, language: Pack, matter: Matter, care: list[str], applied: list[str], used: list[Used]
) -> None:
    """One more sentence for customers who are likely to leave or who order often."""
    customer, analysis = conversation.customer, conversation.analysis
    if matter.topic == "check_in":
        return
    if (
        analysis is not None
        and analysis.churn_level in ("high", "critical")
        and matter.topic not in ("thanks", "praise")
    ):
        care.append(language.say("extra", "care"))
        applied.append(f"Extra care: the churn risk is {analysis.churn_level}")
        used.append(Used("profile", str(customer.id), f"Churn risk {analysis.churn_level}"))
    elif customer.total_orders >= REGULAR_ORDERS:
        care.append(language.say("extra", "vip_bad" if matter.mood == "bad" else "vip"))
        applied.append(f"Thanked for ordering often ({customer.total_orders} orders)")
        used.append(Used("profile", str(customer.id), f"{customer.total_orders} orders"))


def _minimal(conversation: Conversation, language: Pack) -> str:
    """Thanks, and that somebody is looking into it; without name or figures."""
    channel = find_channel(conversation.ticket.channel)
    if channel.layout is Layout.SMS:
        return language.say("short", "unknown")
    thanks, rest = language.acknowledge("unknown", "concise"), language.say("asks", "follow_up")
    if not channel.is_letter:
        return f"{thanks} {rest}"
    greeting = language.say("greeting_unnamed", "concise")
    thanks = language.after_greeting(greeting, thanks, inline=False)
    closing = "\n".join((language.say("signoff", "concise"), *signature_of(language, conversation)))
    return "\n\n".join((greeting, thanks, rest, closing))
