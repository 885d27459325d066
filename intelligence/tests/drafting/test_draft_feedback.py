"""Draft feedback records how agents used drafts, without personal data, and reports it with sample sizes."""

from collections.abc import Callable
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from agents.models import Agent
from intelligence.models import Draft, DraftFeedback
from intelligence.services import drafts, feedback
from intelligence.tasks import record_feedback
from tickets import services
from tickets.models import Ticket
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db
Clients = Callable[[Agent], APIClient]


def answered(agent: Agent, change: Callable[[str], str], **fields: Any) -> Ticket:
    """A ticket answered with `change(draft text)`, after the worker has recorded the feedback."""
    ticket = make_ticket(make_customer("Anna Berger"), tags=["shipping"], **fields)
    draft = drafts.make_draft(ticket.pk)
    services.post_message(agent, ticket.pk, change(draft.content))
    for args in ProcrastinateJob.objects.filter(task_name__endswith="record_feedback").values_list("args", flat=True):
        record_feedback(**args)
    return ticket


def test_feedback_outcome_depends_on_edit_distance(senior: Agent) -> None:
    answered(senior, lambda text: f"{text}\n")
    answered(
        senior,
        lambda text: text.replace("order number", "shoe size") + " And some more words from the agent's own hand here.",
    )
    answered(senior, lambda text: "Ring us up.")
    found = list(DraftFeedback.objects.order_by("id").values_list("outcome", "tone", "channel", "tag", "language"))
    assert [one[0] for one in found] == ["accepted", "edited", "discarded"]
    assert {one[1:] for one in found} == {("professional", "email", "shipping", "en")}
    assert DraftFeedback.objects.order_by("id")[0].distance == 0
    assert set(Draft.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize(
    ("sent", "far"), [("a b c d", 0.0), ("A  B\nc d", 0.0), ("a b c", 0.1429), ("x y", 1.0), ("d c b a", 0.75)]
)
def test_distance_is_the_share_of_changed_words(sent: str, far: float) -> None:
    assert feedback.distance("a b c d", sent) == far


def test_feedback_is_recorded_once_and_only_if_a_draft_was_ready(senior: Agent) -> None:
    ticket = answered(senior, lambda text: text)
    services.post_message(senior, ticket.pk, "One more thing.")
    services.post_message(None, make_ticket().pk, "Customers answer no draft", from_agent=False)
    assert DraftFeedback.objects.count() == 1
    draft = Draft.objects.get()
    for _ in range(2):
        feedback.record_feedback(draft.pk)
    assert DraftFeedback.objects.count() == 1


def test_stale_draft_and_follow_up_draft_get_no_feedback(senior: Agent) -> None:
    ticket = make_ticket()
    drafts.make_draft(ticket.pk)
    services.post_message(None, ticket.pk, "Hello?", from_agent=False)
    services.post_message(senior, ticket.pk, "Hello!")
    drafts.make_draft(ticket.pk)
    own = Draft.objects.get(state="current")
    assert own.topic == "check_in"
    services.post_message(senior, ticket.pk, "Still there?")
    assert feedback.record_feedback(own.pk) is None and not DraftFeedback.objects.exists()


def test_quality_report_counts_by_tone_channel_language_and_tag(senior: Agent, lead: Agent, client_of: Clients) -> None:
    answered(senior, lambda text: text)
    answered(senior, lambda text: "No.", channel="chat")
    body = client_of(lead).get("/api/ai/quality").json()
    overall = body["overall"]
    assert (overall["sample_size"], overall["accepted"], overall["discarded"], overall["accepted_share"]) == (
        2,
        1,
        1,
        0.5,
    )
    assert overall["enough"] is False and overall["mean_distance"] is not None
    assert {row["name"]: row["sample_size"] for row in body["by_channel"]} == {"email": 1, "chat": 1}
    assert {row["name"] for row in body["by_tone"]} == {"professional", "friendly"}
    assert [row["name"] for row in body["by_tag"]] == ["shipping"] and [row["name"] for row in body["by_language"]] == [
        "en"
    ]
    assert "Anna" not in str(body) and "example.com" not in str(body)


def test_quality_report_shares_are_null_without_answers(lead: Agent, client_of: Clients) -> None:
    body = client_of(lead).get("/api/ai/quality?days=7&nobody=knows").json()
    assert body["days"] == 7 and body["overall"]["sample_size"] == 0 and body["by_tone"] == []
    assert body["overall"]["accepted_share"] is None and body["overall"]["mean_distance"] is None


def test_quality_report_requires_team_lead_and_valid_days(senior: Agent, lead: Agent, client_of: Clients) -> None:
    refused = client_of(senior).get("/api/ai/quality")
    assert refused.status_code == 403
    assert refused.json()["detail"] == "Viewing team reports requires the role team lead; yours is senior agent."
    for wrong in ("0", "367", "many", "-1"):
        answer = client_of(lead).get(f"/api/ai/quality?days={wrong}")
        assert answer.status_code == 400 and "days" in answer.json()["errors"]


def test_feedback_is_kept_without_personal_data_when_draft_is_deleted(senior: Agent) -> None:
    ticket = answered(senior, lambda text: text)
    Draft.objects.filter(ticket=ticket).delete()
    left = DraftFeedback.objects.get()
    assert left.draft is None
    names = {field.name for field in DraftFeedback._meta.get_fields()}
    assert not names & {"ticket", "customer", "agent", "content", "message"}
