"""What the worker does for the records: re-ranking after a change of weights, and keeping counts short."""

from procrastinate.contrib.django import app

from tickets import counts, weights
from tickets.live import log
from tickets.services.weights import rerank_all


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="compact_counts", pass_context=False)
def compact_counts(timestamp: int) -> None:
    """Keeps the sums of the ticket counts short."""
    counts.compact()


@app.periodic(cron="23 * * * *")
@app.task(queueing_lock="prune_events", pass_context=False)
def prune_events(timestamp: int) -> None:
    """What nobody can catch up with any more leaves the event log."""
    log.prune()


@app.task(lock="rerank", retry=5)
def rerank_tickets(version: int) -> None:
    """Ranks all open tickets by new weights; a killed run is put back (quimbi_crm/tasks.py) and goes on where it was."""
    rerank_all(version)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="finish_ranking", lock="rerank", pass_context=False)
def finish_ranking(timestamp: int) -> None:
    """Finishes a run that nobody works on any more, whatever became of its job."""
    state = weights.in_force()
    if state is not None and state.ranked_at is None:
        rerank_all(state.pk)
