"""Work that a GET request asks for.

A GET writes nothing to the database, so it cannot enqueue a job. It notes the work in the shared cache, and the worker enqueues
the job within a second (`quimbi_crm/job_worker.py`). If the cache loses the note, the next request notes it again.
"""

from enum import StrEnum
from uuid import UUID

from django.core.cache import cache

from agents.common.shared_cache import NotShared, call_redis
from intelligence.services import enqueueing

NOTED_AGAIN = 60  # seconds within which the same work is not requested again
AT_ONCE = 100  # jobs enqueued by one call
_NAME = "wanted"  # cache key of a set of (kind, id)


class Work(StrEnum):
    """Kinds of work; the id is that of the record."""

    DRAFT = "draft"  # ticket: draft, and the AI services' advice
    ANALYSIS = "analysis"  # customer: the AI service's analysis


def want(work: Work, pk: UUID) -> None:
    """Note wanted work, at most once a minute; without the shared cache nothing is noted."""
    try:
        if call_redis(lambda client: cache.add(f"{_NAME}:{work}:{pk}", 1, NOTED_AGAIN)):
            call_redis(lambda client: client.sadd(cache.make_key(_NAME), f"{work}:{pk}"))
    except NotShared:
        return


def enqueue_wanted() -> int:
    """Enqueue jobs for the noted work; returns how many."""
    try:
        noted = call_redis(lambda client: client.spop(cache.make_key(_NAME), AT_ONCE)) or []
    except NotShared:
        return 0
    for one in noted:
        work, _, pk = one.decode().partition(":")
        if work == Work.DRAFT:
            enqueueing.enqueue_draft(UUID(pk))
        elif work == Work.ANALYSIS:
            enqueueing.enqueue_analysis(UUID(pk))
    return len(noted)
