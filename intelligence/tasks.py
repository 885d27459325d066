"""What the worker does for profiles: refreshes those out of date, fits the shop when it has grown, and each night."""

from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from intelligence.services import profiles


@app.task(lock="refresh_profiles", retry=5)
def refresh_profiles() -> None:
    """Profiles the customers whose facts changed."""
    profiles.refresh_stale()


def enqueue_refresh() -> None:
    """At most one waits; the one that runs may have passed a customer already, so another may wait behind it."""
    try:
        refresh_profiles.configure(queueing_lock="refresh_profiles").defer()
    except AlreadyEnqueued:
        return


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="sweep_profiles", lock="refresh_profiles", pass_context=False)
def sweep_profiles(timestamp: int) -> None:
    """Profiles whatever was left behind: a crash after a change's commit loses the call, not the mark."""
    profiles.refresh_stale()


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="fit_when_grown", lock="fit_shop", pass_context=False)
def fit_when_grown(timestamp: int) -> None:
    """A new fit where enough orders came since the last; else finishes a run over all customers that was stopped."""
    if profiles.has_grown():
        profiles.fit_shop()
    profiles.profile_customers()


@app.periodic(cron="40 2 * * *")
@app.task(queueing_lock="fit_nightly", lock="fit_shop", pass_context=False)
def fit_nightly(timestamp: int) -> None:
    """A day of silence has passed for everybody: the shop and all profiles again."""
    if profiles.count_orders():
        profiles.fit_shop()
    profiles.profile_customers()
