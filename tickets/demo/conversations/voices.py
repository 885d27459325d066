"""How each language opens and closes a mail, writes a date, and labels the contact form; phrases all topics share."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from tickets.demo.conversations.loader import FOLDER, TextError, build, check_slots, read_file
from tickets.demo.conversations.text_filling import SLOTS


@dataclass(frozen=True)
class Voice:
    """Greetings and date notation of one language. `months` follow the day, joined by `date_joint`."""

    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    agent_greeting: str
    agent_closing: str
    form: tuple[str, str, str]
    months: tuple[str, ...]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    date_joint: str = " "

    def date(self, moment: datetime) -> str:
        if not self.months:
            return f"{moment.month}月{moment.day}日"
        return f"{moment.day}{self.date_joint}{self.months[moment.month - 1]}"


@dataclass(frozen=True)
class Phrases:
    """Texts shared by conversations about all topics. `form_topics` labels a ticket's first tag in the contact form."""

    reasons: tuple[str, ...]
    cutters: tuple[str, ...]
    codes: tuple[str, ...]
    weekdays: tuple[str, ...]
    friends: tuple[str, ...]
    general_notes: tuple[str, ...]
    form_topics: dict[str, str]


@cache
def voices(folder: Path = FOLDER) -> dict[str, Voice]:
    """The languages by their code. Raises `TextError`."""
    found = {}
    for language, table in read_file("voices", folder).items():
        where = f"voices.toml, {language}"
        voice = found[language] = build(Voice, table, where)
        check_slots((*voice.greetings, *voice.closings, voice.agent_greeting, voice.agent_closing), SLOTS, where)
        if len(voice.months) not in (0, 12):
            raise TextError(f"{where}, months: takes 12 or none, not {len(voice.months)}.")
    return found


@cache
def phrases(folder: Path = FOLDER) -> Phrases:
    """The shared phrases. Raises `TextError`."""
    found = build(Phrases, read_file("phrases", folder), "phrases.toml")
    check_slots((*found.reasons, *found.general_notes), SLOTS - {"reason", "Reason"}, "phrases.toml")
    return found
