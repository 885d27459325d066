"""What the worker does for the records by itself."""

from procrastinate.contrib.django import app

from tickets import counts


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="compact_counts", pass_context=False)
def compact_counts(timestamp: int) -> None:
    """Keeps the sums of the ticket counts short."""
    counts.compact()
