"""Drafts, plans and summaries by a language model: sent with placeholders, and checked like any text from outside."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from orjson import JSONDecodeError, loads

from agents.common.patterns import compile_unicode
from intelligence.contract.deadline import Deadline
from intelligence.contract.facts import Conversation
from intelligence.contract.failures import Failure, ProviderError
from intelligence.contract.provider import Capability, RemoteProvider
from intelligence.contract.results import CHANNELS, TONES, DraftResult, Health, Plan, Provenance, Summary, Used
from intelligence.drafting import lengths
from intelligence.drafting.packs import LANGUAGES
from intelligence.drafting.tones import default_tone
from intelligence.drafting.topic_choice import matter_of
from intelligence.planning import plan as embedded_plan
from intelligence.providers.llm import prompts
from intelligence.providers.llm.chat import Chat, Usage
from intelligence.providers.llm.plan_choice import chosen, schema
from intelligence.providers.safety.cleaning import clean_draft
from intelligence.providers.safety.placeholders import OF_RECORDS, PERSONAL, Placeholders
from intelligence.providers.safety.plain_text import paragraphs, seen, unmarked
from intelligence.providers.safety.short_lines import clean_line
from intelligence.providers.transport.http_client import Transport
from intelligence.providers.transport.service_metrics import Figures

READ_BEFORE = "Written by a language model; read it before you send it."
CHOSEN_BY = "Chosen and put in order by a language model from a fixed list; the sentences and facts are the program's."
SUMMARIZED_BY = "Written by a language model; the conversation itself is what counts."
LONG = 8  # a longer conversation gets a summary (messages)
SUMMARY_WORDS = 80
SUMMARY_TOKENS = 250
_VERSIONED = compile_unicode(r"/(?:v\d+\w*|openai)$")  # the URL already contains the API version
_REPLY_KEYS = ("reply", "message", "body", "text", "content", "response")


class LanguageModel(RemoteProvider):
    """A language model as provider. `spent` receives the tokens of each request; `last_usage` is this thread's last call."""

    name = "llm"
    label = "the language model"
    capabilities = frozenset({Capability.DRAFT, Capability.PLAN, Capability.SUMMARIZE})

    def __init__(
        self,
        transport: Transport,
        path: str,
        model: str,
        fingerprint: str,
        *,
        max_tokens: int = 700,
        context_tokens: int = 3_000,
        daily_tokens: int = 0,
        spent: Callable[[Usage], None] | None = None,
    ) -> None:
        self.fingerprint = fingerprint
        self.model_version = " ".join(seen(model).split())[:80] or "unknown"
        self.daily_tokens = daily_tokens
        self._max_tokens, self._room = max_tokens, context_tokens
        self._chat = Chat(transport, path, model, fingerprint, spent)

    @property
    def last_usage(self) -> Usage:
        return self._chat.usage

    def draft(self, conversation: Conversation, tone: str | None = None, within: Deadline | None = None) -> DraftResult:
        """Draft a reply. The ticket's summary replaces messages that do not fit. Raises `ProviderError`."""
        channel = conversation.ticket.channel
        if channel not in CHANNELS or (tone is not None and tone not in TONES):
            raise ProviderError("There is no such channel or tone.", Failure.INVALID)
        language = conversation.ticket.language or "en"
        if language not in LANGUAGES:
            raise ProviderError("Drafts in the customer's language cannot be checked.", Failure.REFUSED)
        wanted, why = (tone, "it was asked for") if tone else default_tone(conversation, matter_of(conversation.ticket))
        hidden = Placeholders(conversation)
        prompt = prompts.drafting(conversation, hidden, language, wanted, self._room, conversation.ticket.summary)
        self._chat.begin()
        written = _reply(self._chat.text(prompt.messages, self._max_tokens, within))
        if prompt.echoed(written):
            raise ProviderError("The language model repeated its instructions.", Failure.REFUSED)
        cleaned = clean_draft(
            hidden.restore(written, OF_RECORDS),
            conversation,
            language,
            wanted,
            allowed=hidden.tokens(PERSONAL),
            restore=lambda text: hidden.restore(text, PERSONAL),
        )
        missing = len(conversation.ticket.messages) - prompt.told
        reasons = (READ_BEFORE, *cleaned.reasons, f"The tone is {wanted}: {why}.", *_left_out(missing))
        limit = lengths.max_length(cleaned.text, channel)
        applied, used = _leaned_on(cleaned.text, conversation, language)
        return DraftResult(self._provenance(*reasons), cleaned.text, wanted, channel, language, limit, applied, used)

    def plan(self, conversation: Conversation, within: Deadline | None = None) -> Plan:
        """Choose the next best actions. Raises `ProviderError`."""
        embedded = embedded_plan(conversation)
        if not embedded.actions:
            raise ProviderError("There is nothing to choose from.", Failure.REFUSED)
        hidden = Placeholders(conversation)
        prompt = prompts.planning(conversation, hidden, embedded, self._room)
        self._chat.begin()
        answer = self._chat.parsed(prompt.messages, self._max_tokens, within, schema(conversation))
        told = _without_echo(answer, prompt, hidden)
        result = chosen(told, embedded, conversation)
        reasons = (CHOSEN_BY, *_left_out(len(conversation.ticket.messages) - prompt.told))
        return Plan(
            self._provenance(*reasons),
            result.actions,
            result.warnings,
            result.talking_points,
            result.priority,
            result.revenue_at_risk,
        )

    def summarize(self, conversation: Conversation, within: Deadline | None = None) -> Summary:
        """Summarize a long conversation. Raises `ProviderError`."""
        messages = conversation.ticket.messages
        if len(messages) <= LONG:
            raise ProviderError("The conversation is short enough to be read.", Failure.REFUSED)
        hidden = Placeholders(conversation)
        # The summary covers what drafts and plans leave out, so its prompt gets twice the room.
        prompt = prompts.summarizing(conversation, hidden, 2 * self._room)
        self._chat.begin()
        written = self._chat.text(prompt.messages, min(SUMMARY_TOKENS, self._max_tokens), within)
        if prompt.echoed(written) or len(written) > 4_000:
            raise ProviderError("The language model's summary did not pass the checks.", Failure.REFUSED)
        plain, _ = unmarked(seen(hidden.restore(written, OF_RECORDS)))
        said = [sentence for paragraph in paragraphs(plain) for sentence in paragraph]
        lines = [line for one in said if (line := clean_line(one, conversation, 400, strict=True)) is not None]
        kept = _within(lines, SUMMARY_WORDS)
        if not kept or 2 * (len(said) - len(lines)) > len(said):
            raise ProviderError("The language model's summary did not pass the checks.", Failure.REFUSED)
        removed = len(said) - len(kept)
        reasons = [SUMMARIZED_BY, *_left_out(len(messages) - prompt.told)]
        if removed:
            reasons.append(
                f"Removed {removed} sentence{'s' * (removed > 1)} that did not pass the checks or made it too long."
            )
        return Summary(self._provenance(*reasons), " ".join(kept), len(messages), messages[-1].id)

    def probe(self, within: Deadline | None = None) -> str:
        self._chat.begin()
        try:
            self._chat.text([{"role": "user", "content": "Answer with the word ok."}], 5, within, 0.0)
        except ProviderError as error:
            # A reasoning model cannot answer within five tokens, but it has responded.
            if error.failure is not Failure.REFUSED:
                raise
        return "Answers; the key is accepted."

    def health(self) -> Health:
        return Health(self.name, ok=True, detail=f"Asks {self.model_version}.")

    def _provenance(self, *reasons: str) -> Provenance:
        return Provenance(self.name, self.model_version, reasons=reasons)


def from_settings() -> LanguageModel | None:
    """The configured model, or `None`. The key is optional, as local servers have none. Tokens are counted per day."""
    base, key, model = settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL
    if not base or not model:
        return None
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    base = base.rstrip("/").removesuffix("/chat/completions")
    path = "/chat/completions" if _VERSIONED.search(base) else "/v1/chat/completions"
    figures = Figures(LanguageModel.name)
    transport = Transport(LanguageModel.label, base, headers)
    fingerprint = hashlib.sha256("\n".join((base, key, model)).encode()).hexdigest()
    return LanguageModel(
        transport,
        path,
        model,
        fingerprint,
        max_tokens=settings.LLM_MAX_TOKENS,
        context_tokens=settings.LLM_CONTEXT_TOKENS,
        daily_tokens=settings.LLM_DAILY_TOKENS,
        spent=lambda usage: figures.spent(usage.total),
    )


def _reply(text: str) -> str:
    """The reply's text, also if the model wrapped it in JSON."""
    if not text.startswith("{"):
        return text
    try:
        data = loads(text)
    except JSONDecodeError:
        return text
    found = [data[key] for key in _REPLY_KEYS if isinstance(data.get(key), str)]
    return found[0] if len(found) == 1 and len(data) == 1 else text


def _left_out(count: int) -> tuple[str, ...]:
    if count <= 0:
        return ()
    return (
        f"The language model was not shown the {f'{count} earlier messages' if count > 1 else 'earliest message'}.",
    )


def _without_echo(answer: Mapping[str, Any], prompt: prompts.Prompt, hidden: Placeholders) -> dict[str, Any]:
    """The answer with record placeholders restored and without lines that repeat the instructions."""

    def line(text: str) -> str:
        return "" if prompt.echoed(text) else hidden.restore(text, OF_RECORDS)

    actions = [{**action, "reasoning": line(action["reasoning"])} for action in answer["actions"]]
    return {
        "actions": actions,
        "warnings": [line(text) for text in answer["warnings"]],
        "talking_points": [line(text) for text in answer["talking_points"]],
    }


def _within(lines: list[str], most: int) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if lengths.count_words(" ".join([*kept, line])) > most:
            break
        kept.append(line)
    return kept


def _leaned_on(text: str, conversation: Conversation, language: str) -> tuple[tuple[str, ...], tuple[Used, ...]]:
    """The personalised parts of the final text, and the records that it names."""
    first = conversation.customer.first_name
    applied = ["Greeted by name"] if first and first.casefold() in text.split("\n")[0].casefold() else []
    used: list[Used] = []
    for order in conversation.customer.orders:
        if order.number and order.number in text:
            used.append(Used("order", order.number, f"Order {order.number}"))
            applied.append(f"Referenced order {order.number}")
            used += [Used("tracking", one, f"Tracking number {one}") for one in order.tracking_numbers if one in text]
    if language != "en":
        applied.append(f"Written in {LANGUAGES[language]}")
    return tuple(applied), tuple(used)
