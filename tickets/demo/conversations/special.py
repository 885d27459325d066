"""Tickets that test a screen: hostile markup, right-to-left text, a very long mail, a very long chat, no message."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from tickets.channels import ChannelName
from tickets.demo.catalog import PRODUCTS
from tickets.demo.conversations.loader import FOLDER, build, check_slots, read_file

Speaker = Literal["customer", "agent"]


@dataclass(frozen=True)
class Turn:
    """What one side says."""

    speaker: Speaker
    text: str

    @property
    def from_agent(self) -> bool:
        return self.speaker == "agent"


@dataclass(frozen=True)
class SpecialCase:
    """A handwritten ticket; a table `[[case]]` of special.toml.

    `locale` chooses the customer. `pause_seconds` is the time between two messages. `generated` names the generator of the
    messages if there are too many for a file.
    """

    key: str
    locale: str
    channel: ChannelName
    priority: Literal["low", "normal", "high", "urgent"]
    subject: str
    tags: tuple[str, ...]
    hours_old: float
    pause_seconds: int
    sentiment: float | None = None
    difficulty: float | None = None
    note: str = ""
    messages: tuple[Turn, ...] = ()
    generated: Literal["", "long_mail", "restocking_chat"] = ""


@dataclass(frozen=True)
class LongMail:
    """The parts of a mail of some twelve thousand characters."""

    shopping_list: str
    footer: str
    shop_footer: str
    thread: tuple[Turn, ...]

    def messages(self) -> tuple[Turn, ...]:
        """One mail: the list, then the thread with its footers, each mail quoted once more than the one above."""
        parts = [self.shopping_list, self.footer]
        for depth, turn in enumerate(reversed(self.thread), start=1):
            writer = "Larkmere Cloth" if turn.from_agent else "the Guild"
            footer = self.shop_footer if turn.from_agent else self.footer
            quoted = f"In an earlier mail {writer} wrote:\n\n{turn.text}\n\n{footer}".strip()
            parts.append("\n".join(f"{'>' * depth} {line}".rstrip() for line in _fold(quoted)))
        return (Turn("customer", "\n\n".join(parts)),)


@dataclass(frozen=True)
class RestockingChat:
    """The parts of a chat of two hundred messages."""

    opening: tuple[Turn, ...]
    asks: tuple[str, ...]
    answers: tuple[str, ...]
    takes: tuple[str, ...]
    noted: tuple[str, ...]
    closing: tuple[Turn, ...]

    def messages(self) -> tuple[Turn, ...]:
        """A studio owner restocks article by article."""
        turns = list(self.opening)
        for place in range(49):
            title = PRODUCTS[(place * 7) % len(PRODUCTS)].title
            slots = {"title": title, "count": str(9 + place * 5 % 31), "few": str(2 + place * 3 % 7)}
            turns += [
                Turn("customer", _at(self.asks, place).format_map(slots)),
                Turn("agent", _at(self.answers, place).format_map(slots)),
                Turn("customer", _at(self.takes, place * 5).format_map(slots)),
                Turn("agent", _at(self.noted, place + place // 6).format_map(slots)),
            ]
        return (*turns, *self.closing)


@dataclass(frozen=True)
class SpecialFile:
    """The file special.toml."""

    case: tuple[SpecialCase, ...]
    long_mail: LongMail
    restocking_chat: RestockingChat


@cache
def special_cases(folder: Path = FOLDER) -> tuple[SpecialCase, ...]:
    """All cases with their messages, in the order of the file. Raises `TextError`."""
    content = build(SpecialFile, read_file("special", folder), "special.toml")
    chat = content.restocking_chat
    check_slots((*chat.asks, *chat.answers, *chat.takes, *chat.noted), {"title", "count", "few"}, "special.toml")
    written = {"long_mail": content.long_mail.messages(), "restocking_chat": chat.messages()}
    return tuple(replace(case, messages=written.get(case.generated, case.messages)) for case in content.case)


def _at(bank: tuple[str, ...], place: int) -> str:
    return bank[place % len(bank)]


def _fold(text: str, width: int = 68) -> list[str]:
    """Wrap lines as an old mail program does before it quotes."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for part in paragraph.split():
            if line and len(line) + 1 + len(part) > width:
                lines.append(line)
                line = ""
            line = f"{line} {part}".strip()
        lines.append(line)
    return lines
