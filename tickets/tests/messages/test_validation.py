"""Text validation: length limits before normalisation, direction marks, and long runs of combining marks."""

import unicodedata
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from agents.common.folding import fold
from agents.common.unicode_composition import MOST_MARKS
from agents.models import Agent
from tickets import services
from tickets.keyword_index import parse_keywords
from tickets.models import ComposerDraft, Message, Note, SearchText
from tickets.models.tickets import normal_tag
from tickets.services.validation import MAX_TAGS, clean_content, clean_line, clean_tags
from tickets.tests.factories import make_ticket
from tickets.topic_alerts.services import create_alert

MARKS = "a" + "\u0301" * 3_000 + "\u0316" * 3_000


def longest_run(text: str) -> int:
    run = longest = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        longest = max(longest, run)
    return longest


@pytest.fixture
def never_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(text: str) -> str:
        if text.isascii():
            return text
        raise AssertionError("a text that is too long was composed")

    monkeypatch.setattr("tickets.services.validation.composed", fails)
    monkeypatch.setattr("tickets.keyword_index.composed", fails)


@pytest.mark.usefixtures("never_composed")
@pytest.mark.parametrize("door", [clean_line, clean_content])
def test_too_long_text_is_rejected_before_normalisation(door: Any) -> None:
    given = ("subject", "é" * 2_000, 300) if door is clean_line else ("content", "é" * 500_000)
    with pytest.raises(ValidationError, match="can have at most"):
        door(*given)


@pytest.mark.usefixtures("never_composed")
def test_too_many_or_too_long_tags_are_rejected_before_normalisation() -> None:
    with pytest.raises(ValidationError, match="at most 30 tags; this one has 100000"):
        clean_tags(f"é{number}" for number in range(100_000))
    with pytest.raises(ValidationError, match="at most 50 characters"):
        clean_tags(["é" * 1_000])
    with pytest.raises(ValidationError, match="2 to 100"):
        parse_keywords("é" * 1_000)


@pytest.mark.usefixtures("never_composed")
@pytest.mark.django_db
def test_too_long_draft_or_keyword_is_rejected_before_normalisation(agent: Agent) -> None:
    ticket = make_ticket(assigned_to=agent)
    with pytest.raises(ValidationError, match="can have at most 100,000"):
        services.save_composer_draft(agent, ticket.pk, content="é" * 500_000)
    with pytest.raises(ValidationError, match="2 to 100"):
        create_alert(agent, "é" * 1_000)


def test_length_limit_counts_composed_characters() -> None:
    apart = unicodedata.normalize("NFD", "ễ" * 300)
    assert clean_line("subject", apart, 300) == "ễ" * 300
    assert len(clean_tags([unicodedata.normalize("NFD", "ễ" * 50)])[0]) == 50
    assert clean_tags(["Red", "red", "RED"] * MAX_TAGS) == ["red"]


def test_cleaned_texts_have_no_long_runs_of_combining_marks() -> None:
    for done in (clean_content("content", MARKS), normal_tag(MARKS)):
        assert 0 < longest_run(done) <= MOST_MARKS
    assert fold(MARKS).isascii()


@pytest.mark.django_db
def test_long_runs_of_combining_marks_are_stored_split(agent: Agent) -> None:
    ticket = make_ticket(assigned_to=agent, text=MARKS)  # as an import writes it
    services.add_note(agent, ticket.pk, MARKS)
    services.post_message(agent, ticket.pk, MARKS)
    services.save_composer_draft(agent, ticket.pk, content=MARKS)
    texts = [one.content for kind in (Message, Note, ComposerDraft) for one in kind._default_manager.all()]
    texts += SearchText.objects.values_list("text", flat=True)
    assert len(texts) >= 7
    assert all(longest_run(text) <= MOST_MARKS for text in texts)


@pytest.mark.parametrize("sign", [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", "\u200b", "\ufeff"])
def test_direction_marks_are_removed_from_names_subjects_tags_and_keywords(sign: str) -> None:
    assert clean_line("name", f"Ann {sign}kcab", 200) == "Ann kcab"
    assert clean_tags([f"re{sign}d", "red"]) == ["red"]
    assert normal_tag(f"re{sign}d") == "red"
    assert parse_keywords(f"re{sign}fund") == ["refund"]
    with pytest.raises(ValidationError, match="blank"):
        clean_line("name", sign, 200)


def test_direction_marks_are_kept_in_messages() -> None:
    assert clean_content("content", "a \u202eb\u202c") == "a \u202eb\u202c"
