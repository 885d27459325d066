"""Sentences about the state of an AI service."""

from collections.abc import Mapping
from datetime import UTC, datetime

from intelligence.contract.failures import Failure
from intelligence.providers.transport.service_metrics import Report

STATES = {
    "closed": "In use",
    "open": "Not responding",
    "half_open": "Retry due",
    "waiting": "Rate limited",
    "blocked": "Key refused",
}
KINDS: dict[str, str] = {
    Failure.CONNECTION: "no connection",
    Failure.TIMEOUT: "timeout",
    Failure.SERVER: "service error",
    Failure.BAD_ANSWER: "unusable response",
    Failure.UNAUTHORIZED: "key refused",
    Failure.RATE_LIMITED: "too many requests",
    Failure.NOT_FOUND: "customer unknown to the service",
    Failure.INVALID: "request rejected",
    Failure.REFUSED: "answer blocked by our checks",
    Failure.UNAVAILABLE: "not asked",
}
CAPABILITIES = {
    "analyze": "customer analyses",
    "read": "message analysis",
    "draft": "drafts",
    "plan": "next best actions",
    "summarize": "summaries",
}
SILENT = "the shared cache does not respond"
UNKNOWN = f"Its figures are unknown: {SILENT}."


def of_service(state: str, retry_at: datetime | None, figures: Report | None, *, spent: bool = False) -> str:
    """The service's state and last hour: "Answers. 132 calls in the last hour, 2 failed."."""
    standing = _standing(state, retry_at)
    if spent and state == "closed":
        standing = "Its tokens of today are used up. It is asked again from midnight UTC."
    if figures is None:
        return f"{standing} {UNKNOWN}".strip()
    if not figures.calls:
        return f"{standing} No calls in the last hour.".strip()
    failed = "none failed" if not figures.failures else f"{figures.failures:,} failed"
    if figures.failures == figures.calls:
        failed = "and it failed" if figures.calls == 1 else "and all failed"
    elif not standing:
        standing = "Answers."
    calls = "1 call" if figures.calls == 1 else f"{figures.calls:,} calls"
    return f"{standing} {calls} in the last hour, {failed}.".strip()


def _standing(state: str, retry_at: datetime | None) -> str:
    at = f" at {clock(retry_at)}" if retry_at else ""
    return {
        "open": f"Does not answer. It is tried again{at}.",
        "half_open": "Did not answer. It is being tried now."
        if retry_at
        else "Did not answer. The next call tries it.",
        "waiting": f"Had enough calls. It is asked again{at}.",
        "blocked": "Refuses the key. It is not asked until the configuration changes, or a try by hand is answered.",
    }.get(state, "")


def clock(moment: datetime) -> str:
    """The time of day, with the date if it is another day."""
    moment = moment.astimezone(UTC)
    day = "" if moment.date() == datetime.now(UTC).date() else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M:%S} UTC"


def overall(
    status: str, standing_in: Mapping[str, tuple[str, str]], labels: Mapping[str, str], figures_known: bool
) -> str:
    """One or two sentences on all services. `standing_in` maps a capability to the unused first choice and its replacement."""
    if status == "embedded":
        return "No AI service is configured; the embedded provider answers everything."
    told = ["Every AI service is asked as configured."] if status == "ok" else []
    for first, answers in dict.fromkeys(standing_in.values()):
        missed = [CAPABILITIES[one] for one, pair in standing_in.items() if pair == (first, answers)]
        label = labels[first][:1].upper() + labels[first][1:]
        if first == answers:
            told.append(f"{label} did not answer; the next call for {listed(missed)} tries it.")
        else:
            told.append(f"{label} is not asked now; {labels[answers]} stands in for {listed(missed)}.")
    if not figures_known:
        told.append(f"That is what one process knows: {SILENT}.")
    return " ".join(told)


def listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
