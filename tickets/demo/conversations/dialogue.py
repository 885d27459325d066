"""From a topic's sentence banks to one ticket's messages: who speaks when, and how each channel sounds."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.channels import find_channel
from tickets.demo.chance import weighted
from tickets.demo.conversations.text_filling import capitalize, fill
from tickets.demo.conversations.topic import Topic
from tickets.demo.conversations.voices import phrases, voices

# Steps of the customer: C opens, N asks again, R answers, T says thanks. Of the agent: A asks back, S settles it.
STEPS: dict[str, tuple[tuple[str, int], ...]] = {
    "fresh": (("C", 8), ("CN", 2)),
    "open": (("C", 34), ("CN", 14), ("CAR", 34), ("CARN", 14), ("CA", 4)),
    "pending": (("CA", 7), ("CNA", 3)),
    "closed": (("CS", 30), ("CST", 20), ("CARS", 25), ("CARST", 25)),
}
ANGRY_STEPS: dict[str, tuple[tuple[str, int], ...]] = {
    "fresh": (("CNN", 1),),
    "open": (("CNN", 6), ("CNNAR", 4)),
    "pending": (("CNNA", 1),),
    "closed": (("CNNS", 2), ("CNNST", 1), ("CNNARST", 2)),
}
AGENT_STEPS = "AS"
PAUSES: dict[str, tuple[float, float]] = {
    "chat": (35, 200),
    "sms": (300, 9000),
    "email": (5400, 90000),
    "form": (5400, 90000),
    "phone": (3600, 80000),
}
CHAT_TYPING = (7, 30)
IMPATIENCE = (7200.0, 60000.0)
WORK_OUTSIDE = (30000.0, 130000.0)
EXCHANGES = ("wrong_size", "es_size")
UNSPEAKABLE = ("hoto", "icture", "ttached")  # photos cannot be handed over by telephone
EXCHANGE_TAKES = (400000.0, 800000.0)


@dataclass(frozen=True)
class Line:
    """One future message: speaker, words, and seconds since the previous one."""

    from_agent: bool
    text: str
    pause: float


@dataclass
class Dialogue:
    """Writes one conversation and uses no wording twice in it."""

    rng: random.Random
    topic: Topic
    channel: str
    slots: dict[str, str]
    agent: str

    @property
    def is_letter(self) -> bool:
        return find_channel(self.channel).is_letter

    def steps(self, status: str, assigned: bool) -> str:
        table = ANGRY_STEPS if self.topic.key == "angry_third_message" else STEPS
        steps = weighted(self.rng, table["fresh" if status == "open" and not assigned else status])
        return steps.replace("CS", "CARS") if self.topic.key in EXCHANGES else steps

    def opening(self) -> tuple[str, list[str]]:
        """The subject and the first message; several messages in a chat."""
        bank = {"sms": self.topic.sms, "chat": self.topic.chat, "phone": self.topic.spoken}.get(self.channel)
        subject, _, body = self._word(bank or self.topic.email).rpartition(":: ")
        subject = subject or self._word(self.topic.subjects)
        if not find_channel(self.channel).has_subject:
            return self._short_opening(body)
        if self.channel == "form":
            return subject, [self._form(body)]
        if self.channel == "phone":
            return f"Call: {subject}", [self._call(body)]
        return subject, [self._letter(body)]

    def _short_opening(self, body: str) -> tuple[str, list[str]]:
        """The opening on a channel without subjects: the first words stand for one."""
        turns = body.split("\n")
        if self.channel == "chat" and len(turns) > 1:
            turns = [_joined(turns[0], turns[1]), *turns[2:]]
        return first_words(max(turns, key=len)), [
            capitalize(turns[0]) if self.rng.random() < 0.6 else turns[0],
            *turns[1:],
        ]

    def lines(self, steps: str, opening: list[str]) -> list[Line]:
        """All messages of the conversation in order."""
        lines = [Line(False, text, self.rng.uniform(*CHAT_TYPING)) for text in opening]
        used: set[str] = set()
        for place, step in enumerate(steps[1:], start=1):
            if any(self.slots["reason"] in line.text for line in lines):
                self.slots["reason"] = ""  # customers do not repeat the reason in the same words
            nth = steps[:place].count("N")
            text = self._step(step, nth, used)
            lines.append(Line(step in AGENT_STEPS, text, self.rng.uniform(*self._pause(step))))
        return lines

    def _pause(self, step: str) -> tuple[float, float]:
        """Seconds before a step: carriers and warehouse take a day or two, and customers do not ask again within the hour."""
        if step == "S" and self.topic.need != "none":
            return EXCHANGE_TAKES if self.topic.key in EXCHANGES else WORK_OUTSIDE
        if step == "N" and self.channel == "chat":
            return IMPATIENCE
        return PAUSES[self.channel]

    def note(self) -> str:
        return self._word(self.topic.notes or phrases().general_notes)

    def _step(self, step: str, nth: int, used: set[str]) -> str:
        topic, brief = self.topic, not self.is_letter
        bank = {
            "A": topic.ask_short if brief and topic.ask_short else topic.ask,
            "S": topic.resolve_short if brief and topic.resolve_short else topic.resolve,
            "R": topic.answer,
            "N": topic.nudge,
            "T": topic.thanks,
        }[step]
        if step == "N" and len(bank) >= 4:
            bank = bank[: len(bank) // 2] if nth == 0 else bank[len(bank) // 2 :]
        if self.channel == "phone":
            bank = tuple(text for text in bank if not any(part in text for part in UNSPEAKABLE)) or bank
        template = self.rng.choice([text for text in bank if text not in used] or bank)
        used.add(template)
        text = fill(self.rng, template, self.slots).strip()
        return self._agent_says(text) if step in AGENT_STEPS else self._customer_says(capitalize(text))

    def _word(self, bank: tuple[str, ...]) -> str:
        return fill(self.rng, self.rng.choice(bank), self.slots)

    def _letter(self, body: str) -> str:
        voice = voices()[self.topic.language]
        greeting = self._word(voice.greetings)
        after_comma = self.topic.language in ("de", "it") and greeting.endswith(",")
        return f"{greeting}\n\n{body if after_comma else capitalize(body)}\n\n{self._word(voice.closings)}"

    def _form(self, body: str) -> str:
        labels = voices()[self.topic.language].form
        rows = [f"{labels[0]}: {phrases().form_topics[self.topic.tags[0]]}"] if self.topic.language == "en" else []
        if "order" in self.slots:
            rows.append(f"{labels[1]}: {self.slots['order']}")
        return "\n".join((*rows, f"{labels[2]}:", capitalize(body)))

    def _call(self, body: str) -> str:
        if self.rng.random() < 0.5:
            return f"Voicemail, {self.rng.randint(19, 58)} s. Transcript:\n“{body}”"
        return f"Incoming call, {self.rng.randint(1, 4)} min. The caller said:\n“{body}”"

    def _agent_says(self, text: str) -> str:
        voice = voices()[self.topic.language]
        if self.is_letter:
            slots = self.slots | {"agent": self.agent}
            greeting = fill(self.rng, voice.agent_greeting, slots)
            after_comma = self.topic.language in ("de", "it") and greeting.endswith(",")
            body = text if after_comma else capitalize(text)
            return f"{greeting}\n\n{body}\n\n{fill(self.rng, voice.agent_closing, slots)}"
        if self.channel == "phone":
            return f"Called back, {self.rng.randint(2, 6)} min. {self.agent}:\n“{capitalize(text)}”"
        return capitalize(text)

    def _customer_says(self, text: str) -> str:
        if self.channel == "phone":
            return f"Incoming call, 1 min. The caller said:\n“{text}”"
        if self.is_letter and self.rng.random() < 0.5:
            return f"{text}\n\n{self.slots['me']}"
        return text


def _joined(first: str, second: str) -> str:
    """Two short chat turns joined into one, so that not every chat begins with only a greeting."""
    if not first[-1].isalnum():
        return f"{first} {second}"
    return f"{first}. {second}" if second[0].isupper() else f"{first}, {second}"


def timed(rng: random.Random, lines: list[Line], start: datetime, now: datetime) -> list[tuple[Line, datetime]] | None:
    """Give each line its time, compressed to end before `now`; `None` if the pauses would be too short."""
    room = (now - start).total_seconds() * rng.uniform(0.45, 0.97)
    wanted = sum(line.pause for line in lines[1:])
    squeeze = min(1.0, room / wanted) if wanted else 1.0
    if squeeze < 0.15:
        return None
    moments = [start]
    for line in lines[1:]:
        moments.append(moments[-1] + timedelta(seconds=max(1, int(line.pause * squeeze))))
    return list(zip(lines, moments, strict=True))


def first_words(text: str) -> str:
    """A subject for a message without one: its beginning, cut between words."""
    line = text.replace("\n", " ")
    if len(line) <= 64:
        return capitalize(line)
    return capitalize(line[:64].rsplit(" ", 1)[0].rstrip(",.;")) + " …"
