"""The demo's TOML texts: they fit their types, and an error message names the file and key."""

import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tickets.demo.chance import stream
from tickets.demo.clients import invent_clients
from tickets.demo.commissions import AGES, commission
from tickets.demo.conversations.loader import FOLDER, TextError
from tickets.demo.conversations.slot_values import facts
from tickets.demo.conversations.special import special_cases
from tickets.demo.conversations.text_filling import ORDER_SLOTS, SLOTS, fill
from tickets.demo.conversations.topic import topics
from tickets.demo.conversations.voices import voices

NOW = datetime(2026, 11, 30, 15, 20, 41, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in FOLDER.glob("*.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def change(folder: Path, name: str, before: str, after: str) -> None:
    path = folder / f"{name}.toml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_every_topic_needs_an_order_state_that_exists() -> None:
    assert {topic.need for topic in topics()} <= {"none", *AGES}


def test_every_language_with_a_voice_has_a_topic() -> None:
    assert {topic.language for topic in topics()} == set(voices())


def test_facts_fill_every_placeholder() -> None:
    client = invent_clients(stream(7, "clients"), NOW)[0]
    topic = next(topic for topic in topics() if topic.need == "delivered")
    order = commission(random.Random(7), topic, NOW, False, NOW)
    assert set(facts(random.Random(7), client, "en", NOW, None)) == SLOTS - {"agent", "agent_hint"}
    assert set(facts(random.Random(7), client, "en", NOW, order)) == (SLOTS | ORDER_SLOTS) - {"agent", "agent_hint"}


def test_wording_is_chosen_before_placeholders_are_filled() -> None:
    assert fill(random.Random(1), "[{a}|{a}]!", {"a": "[x|y]"}) == "[x|y]!"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("nudge = [", "nugde = [", "accounts.toml, topic, number 1: unknown key nugde. Keys are key, tags,"),
        ("weight = 24\n", "", "accounts.toml, topic, number 1: the key weight is missing."),
        ("weight = 24", 'weight = "24"', "accounts.toml, topic, number 1, weight: takes int, not '24'."),
        ("[0.34, 0.5]", "[0.34]", "accounts.toml, topic, number 1, sentiment: takes 2 values, not [0.34]."),
        ("[0.34, 0.5]", "0.34", "accounts.toml, topic, number 1, sentiment: takes an array, not 0.34."),
        ('priorities = "normal"', 'priorities = "high"', "topic, number 1, priorities: takes one of alarm, furious,"),
        ('need = "none"', 'need = "lost"', "topic, number 1, need: takes one of cancel, damaged,"),
        (
            'categories = ["subscription"]',
            'categories = ["boat"]',
            "topic subscription, categories: takes one of coloured",
        ),
        ('tags = ["account"]', 'tags = ["boat"]', "topic account_login, tags: takes one of account,"),
        ('key = "account_data"', 'key = "account_login"', "accounts.toml: there are two topics account_login."),
        ("[[topic]]", "[[topics]]", "accounts.toml: unknown key topics. Keys are topic."),
        ("[[topic]]", "[[topic]", "accounts.toml cannot be read: "),
    ],
)
def test_invalid_topic_key_or_value_is_reported_with_its_location(
    folder: Path, before: str, after: str, message: str
) -> None:
    change(folder, "accounts", before, after)
    with pytest.raises(TextError) as error:
        topics(folder)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("after", "message"),
    [
        ("{weekdya}", "accounts.toml, topic account_login, email: unknown placeholder {weekdya} in 'Cannot sign in"),
        ("{order}", "accounts.toml, topic account_login, email: unknown placeholder {order} in"),
        ("{weekday", "accounts.toml, topic account_login, email: "),
        ("[Monday|Tuesday", "accounts.toml, topic account_login, email: a choice is not closed"),
        ("[Monday]", "accounts.toml, topic account_login, email: a choice is not closed, or has only one wording"),
    ],
    ids=["misspelled", "order_without_need", "open_brace", "open_choice", "one_wording"],
)
def test_unknown_placeholder_is_reported(folder: Path, after: str, message: str) -> None:
    change(folder, "accounts", "Cannot sign in since {weekday}:: Since {weekday}", f"Cannot sign in:: Since {after}")
    with pytest.raises(TextError) as error:
        topics(folder)
    assert message in str(error.value)


def test_missing_demo_text_file_is_reported_by_name(folder: Path) -> None:
    (folder / "german.toml").unlink()
    with pytest.raises(TextError, match=r"^german\.toml cannot be read: "):
        topics(folder)


def test_special_case_speaker_must_be_customer_or_agent(folder: Path) -> None:
    change(folder, "special", 'speaker = "customer"', 'speaker = "nobody"')
    with pytest.raises(TextError, match=r"case, number 1, messages, number 1, speaker: takes one of agent, customer"):
        special_cases(folder)


def test_voice_must_have_twelve_months_or_none(folder: Path) -> None:
    change(folder, "voices", '    "Januar",\n', "")
    with pytest.raises(TextError, match=r"voices\.toml, de, months: takes 12 or none, not 11\."):
        voices(folder)
