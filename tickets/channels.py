"""The channels by which customers write, each as one object with all facts about it.

To add a channel, add its object here, its member in `Ticket.Channel` with a migration, its icon in `static/quimbi/sprite.svg` and
its mark in `static/quimbi/inbox.css`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Literal, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ChannelName = Literal["email", "sms", "phone", "chat", "form"]


class Layout(Enum):
    """How a reply is laid out."""

    LETTER = "letter"  # Greeting, paragraphs and signature.
    SMS = "sms"  # One segment, greeting and sender only if they fit.
    SCRIPT = "script"  # What the agent reads aloud: a spoken greeting, no links.
    CHAT = "chat"  # Greeting and text, no signature.


class SegmentUnits(NamedTuple):
    """The units that one SMS segment holds in each encoding."""

    gsm7: int
    ucs2: int


SMS_SEGMENT = SegmentUnits(gsm7=160, ucs2=70)


@dataclass(frozen=True)
class Channel:
    """Facts about one channel."""

    name: str  # The value in the database and the API.
    label: Promise | str
    icon: str  # A symbol of static/quimbi/sprite.svg.
    layout: Layout
    has_subject: bool  # Whether the customer, or the agent who takes the call, gives a subject.
    contact: Literal["email", "phone"]  # The contact of the customer that a reply needs.
    import_names: tuple[str, ...] = ()  # Further names in imported files.
    word_limit: int | None = None  # A drafted reply has fewer words than this.
    segment_units: SegmentUnits | None = None  # A drafted reply fits one segment of this size.
    has_demo_reset: bool = False  # Whether a conversation can be reset in demo mode.

    @property
    def is_letter(self) -> bool:
        return self.layout is Layout.LETTER


EMAIL = Channel(
    "email", _("Email"), "mail", Layout.LETTER, has_subject=True, contact="email", import_names=("mail", "e-mail")
)
SMS = Channel(
    "sms",
    _("SMS"),
    "sms",
    Layout.SMS,
    has_subject=False,
    contact="phone",
    import_names=("text message",),
    segment_units=SMS_SEGMENT,
    has_demo_reset=True,
)
PHONE = Channel(
    "phone",
    _("Phone"),
    "phone",
    Layout.SCRIPT,
    has_subject=True,
    contact="phone",
    import_names=("voice", "call", "phone call", "aircall", "voicemail"),
    word_limit=75,
)
CHAT = Channel(
    "chat",
    _("Chat"),
    "chat",
    Layout.CHAT,
    has_subject=False,
    contact="email",
    import_names=(
        "live chat", "messaging", "native messaging", "web messenger", "facebook", "facebook messenger",
        "facebook comment", "instagram", "instagram comment", "instagram direct message", "instagram dm",
        "whatsapp", "twitter", "twitter direct message", "twitter dm", "any channel", "sunshine conversations api",
    ),
    word_limit=100,
    has_demo_reset=True,
)  # fmt: skip
FORM = Channel(
    "form",
    _("Web form"),
    "form",
    Layout.LETTER,
    has_subject=True,
    contact="email",
    import_names=(
        "web", "web form", "web widget", "api", "contact form", "help center", "web service", "mobile sdk",
    ),
)  # fmt: skip

# In the order in which pages and the API list them.
CHANNELS: Mapping[str, Channel] = MappingProxyType({one.name: one for one in (EMAIL, SMS, PHONE, CHAT, FORM)})


def find_channel(name: str) -> Channel:
    """The channel of that name. An unknown one is shown by its name and otherwise treated as email."""
    return CHANNELS.get(name) or replace(EMAIL, name=name, label=name, import_names=())
