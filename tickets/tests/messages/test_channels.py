"""Channel objects: the model has one for each channel, with an icon and an inbox mark."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tickets.channels import CHANNELS, EMAIL, Layout, find_channel
from tickets.models import Ticket


def test_each_channel_of_the_model_has_an_object_with_its_label() -> None:
    assert [(one.name, one.label) for one in CHANNELS.values()] == Ticket.Channel.choices
    assert list(CHANNELS) == Ticket.Channel.values


@pytest.mark.parametrize("name", Ticket.Channel.values)
def test_icon_of_channel_is_in_sprite(name: str) -> None:
    assert f'<symbol id="{CHANNELS[name].icon}"' in _static("quimbi/sprite.svg")


@pytest.mark.parametrize("name", Ticket.Channel.values)
def test_inbox_marks_rows_of_channel_with_its_icon(name: str) -> None:
    rule = rf"\.by-{name} \{{\s*--mark: url\(marks\.svg#{CHANNELS[name].icon}\);"
    assert re.search(rule, _static("quimbi/inbox.css"))


@pytest.mark.parametrize("name", Ticket.Channel.values)
def test_reply_length_is_limited_only_on_channels_without_letter_layout(name: str) -> None:
    channel = CHANNELS[name]
    limited = channel.word_limit is not None or channel.segment_units is not None
    assert limited is (channel.layout is not Layout.LETTER)


def test_import_name_belongs_to_one_channel() -> None:
    names = [name for one in CHANNELS.values() for name in (one.name, *one.import_names)]
    assert len(names) == len(set(names))


def test_unknown_channel_is_shown_by_its_name_and_treated_as_email() -> None:
    fax = find_channel("fax")
    assert (fax.name, str(fax.label)) == ("fax", "fax")
    assert (fax.icon, fax.layout, fax.contact) == (EMAIL.icon, EMAIL.layout, EMAIL.contact)


def _static(path: str) -> str:
    return Path(str(finders.find(path))).read_text(encoding="utf-8")
