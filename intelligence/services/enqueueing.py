"""Enqueue the jobs of intelligence in the transaction of the change that asks for them."""

from uuid import UUID

from procrastinate.exceptions import AlreadyEnqueued

from agents.common.jobs import job


def enqueue_profiles() -> None:
    """Enqueue the profiling of the customers whose facts changed.

    At most one such job waits. A running job may have passed a customer already, so another may wait behind it.
    """
    try:
        job("intelligence.tasks.refresh_profiles", queueing_lock="refresh_profiles").defer()
    except AlreadyEnqueued:
        return


def enqueue_reading(ticket_id: UUID) -> None:
    """Enqueue the reading of a customer's message.

    Each message has its own job: a waiting job might begin before this message's transaction commits.
    """
    job("intelligence.tasks.read_conversation").defer(ticket_id=str(ticket_id))


def enqueue_draft(ticket_id: UUID) -> None:
    """Enqueue the draft of a reply.

    Each change has its own job: a waiting job might begin before this change's transaction commits. The lock makes the jobs of
    one ticket run one after the other.
    """
    job("intelligence.tasks.make_draft", lock=f"draft:{ticket_id}").defer(ticket_id=str(ticket_id))


def enqueue_feedback(draft_id: UUID) -> None:
    """Enqueue the comparison of a draft with the reply that was sent."""
    job("intelligence.tasks.record_feedback").defer(draft_id=str(draft_id))


def enqueue_analysis(customer_id: UUID) -> None:
    """Enqueue a service's analysis of a customer."""
    job("intelligence.tasks.analyze_customer").defer(customer_id=str(customer_id))
