"""Translation of audit log reasons: reasons that the program writes are translated, agents' own words are not."""

import pytest
from django.utils import translation

from tickets.pages.common.audit_reasons import in_words
from tickets.services.assigning.assignment import Reason


@pytest.mark.parametrize("reason", Reason)
def test_every_assignment_reason_has_a_german_translation(reason: Reason) -> None:
    english = in_words(reason.told("bitte prüfen"))
    assert english.endswith(": bitte prüfen.")
    with translation.override("de"):
        said = in_words(reason.told("bitte prüfen"))
        assert said.endswith(": bitte prüfen.") and said != english
        assert in_words(reason.told()) != reason.told()


@pytest.mark.parametrize(
    ("said", "german"),
    [
        (
            "Assigned automatically: senior agent, specialization vip, load 2 of 15.",
            "Automatisch zugewiesen: erfahrener Agent, Fachgebiet vip, Auslastung 2 von 15.",
        ),
        ("Until 2026-03-02 08:00 UTC.", "Bis 2026-03-02 08:00 UTC."),
        (
            "Until 2026-03-02 08:00 UTC, or until the customer writes.",
            "Bis 2026-03-02 08:00 UTC oder bis der Kunde schreibt.",
        ),
        ("Until the cows come home.", "Until the cows come home."),
        ("Escalated: load 2 of 15", "Eskaliert: load 2 of 15"),  # an agent's own words
        ("Escalated", "Escalated"),
        ("", ""),
        ("Because.", "Because."),
        ("Why: because", "Why: because"),
    ],
)
def test_only_known_audit_reasons_are_translated(said: str, german: str) -> None:
    with translation.override("de"):
        assert in_words(said) == german
