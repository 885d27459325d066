"""A client that reads what the existing single-page app reads, with the types that it expects; anything else would crash the app.

Each check reads a body and raises `Crash` with the field's path. Optional fields may be missing, but not of another type.
"""

from collections.abc import Callable, Mapping
from typing import Any


class Crash(Exception):
    """The page would have crashed, or shown wrong content."""


MISSING = object()
Check = Callable[[Any, str], None]


def text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise Crash(f"{where} is {value!r}, no text")


def number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Crash(f"{where} is {value!r}, no number")


def flag(value: Any, where: str) -> None:
    if not isinstance(value, bool):
        raise Crash(f"{where} is {value!r}, neither true nor false")


def nothing_or(check: Check) -> Check:
    def either(value: Any, where: str) -> None:
        if value is not None:
            check(value, where)

    return either


class Optional:
    """A field that may be missing; `null` is valid only if `null` is set."""

    def __init__(self, check: Check, *, null: bool) -> None:
        self.check, self.null = check, null

    def __call__(self, value: Any, where: str) -> None:
        if value is not MISSING and not (value is None and self.null):
            self.check(value, where)


def optional(check: Check) -> Check:
    return Optional(check, null=True)


def left_out(check: Check) -> Check:
    return Optional(check, null=False)


def one_of(*values: str) -> Check:
    def known(value: Any, where: str) -> None:
        if value not in values:
            raise Crash(f"{where} is {value!r}, none of {', '.join(values)}")

    return known


def each(check: Check) -> Check:
    def every(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise Crash(f"{where} is {value!r}, no list")
        for place, one in enumerate(value):
            check(one, f"{where}[{place}]")

    return every


def values(check: Check) -> Check:
    def every(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise Crash(f"{where} is {value!r}, no object")
        for key, one in value.items():
            check(one, f"{where}.{key}")

    return every


def body(**fields: Check) -> Check:
    def has(value: Any, where: str) -> None:
        if not isinstance(value, Mapping):
            raise Crash(f"{where} is {value!r}, no object")
        for name, check in fields.items():
            found = value.get(name, MISSING)
            if found is MISSING and not isinstance(check, Optional):
                raise Crash(f"{where}.{name} is missing")
            check(found, f"{where}.{name}")

    return has


ROW = body(
    id=text,
    channel=text,
    smart_score=number,
    subject=text,
    priority=text,
    created_at=text,
    last_message_preview=optional(text),
    matches_topic_alert=optional(flag),
)
PAGE = body(
    tickets=each(ROW),
    pagination=body(page=number, limit=number, total=number, total_pages=number, has_next=flag, has_prev=flag),
)
METRICS = body(
    lifetime_value=number,
    avg_order_value=number,
    total_orders=number,
    days_since_last_purchase=nothing_or(number),
    customer_tenure_days=nothing_or(number),
)
PURCHASE = body(
    order_number=text,
    order_date=text,
    total=number,
    status=text,
    fulfillment_status=text,
    days_ago=number,
    products=each(body(title=text, quantity=number, price=left_out(number))),
    tracking_numbers=each(text),
    tracking_urls=each(text),
    shipping_carrier=nothing_or(text),
)
PROFILE = body(
    business_metrics=METRICS,
    churn_risk=nothing_or(body(churn_risk_score=number)),
    archetype=nothing_or(body(id=text, level=text)),
    dominant_segments=values(text),
    last_purchase=nothing_or(PURCHASE),
)
MESSAGE = body(id=text, from_agent=flag, author_name=text, content=text)
DETAIL = body(
    id=text,
    channel=text,
    subject=text,
    priority=text,
    status=text,
    messages=each(MESSAGE),
    messages_total=number,
    messages_truncated=flag,
    notes=optional(each(body(id=text, author_name=text, created_at=text, content=text))),
    customer_profile=optional(PROFILE),
)
DRAFT = body(draft=text, tone=text, personalization_applied=each(text))
IMPACT = body(retention_probability=nothing_or(number), revenue_at_risk=nothing_or(number))
RECOMMENDATION = body(
    priority=one_of("urgent", "high", "normal"),
    estimated_impact=IMPACT,
    retention_probability_source=nothing_or(text),
    actions=each(body(action=text, priority=number, reasoning=text, completed=flag, estimated_impact=IMPACT)),
    talking_points=each(text),
    warnings=optional(each(text)),
)
COMPLETED = body(action=body(action=text, priority=number, completed=flag, completed_at=nothing_or(text)))
CUSTOMER = body(
    customer_id=text,
    business_metrics=METRICS,
    archetype=nothing_or(
        body(
            archetype_id=text,
            level=text,
            member_count=nothing_or(number),
            dominant_segments=values(text),
            population_percentage=left_out(number),
        )
    ),
    churn_risk=nothing_or(body(risk_level=text, churn_risk_score=number, recommendation=nothing_or(text))),
)
CREATED = body(
    ticket=body(id=text, messages=each(MESSAGE)), id=text, messages=each(body(id=text)), notes=each(body(id=text))
)
CHANGED = body(ticket=body(id=text, status=text), id=text)
RESET = body(ticket=body(id=text, status=text, messages=each(MESSAGE)), id=text, messages_deleted=number)
SENT = body(message=body(id=text, content=text), ticket_updated=body(id=text), id=text)
NOTED = body(note=body(id=text, content=text), id=text)
ARTICLE = body(
    id=text,
    title=text,
    content=text,
    excerpt=text,
    category=text,
    tags=each(text),
    url=text,
    source=text,
    created_at=text,
    updated_at=text,
    relevance=left_out(number),
)
KNOWLEDGE = body(suggestions=each(ARTICLE), articles=each(ARTICLE), results=each(ARTICLE), total=number)
MESSAGES = body(messages=each(MESSAGE), messages_total=number, messages_truncated=flag, before=nothing_or(text))
ERROR = body(detail=text)


def read(check: Check, found: Any) -> Any:
    """Return the body if the app can read it; raise `Crash` otherwise."""
    check(found, "body")
    return found
