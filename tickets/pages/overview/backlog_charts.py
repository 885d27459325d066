"""The overview's charts of the backlog: what waits now, and for which agent."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.common import dates
from tickets.models import Ticket
from tickets.pages.common import short_texts
from tickets.pages.overview import svg_charts
from tickets.pages.overview.chart_cards import Chart, Column
from tickets.pages.overview.report_days import known_from, labels
from tickets.pages.overview.svg_charts import Look, Row
from tickets.reports import Backlog, Load, Report, Topics, Value

SHOWN = 30  # people in a chart; the table has all


def age(report: Report) -> Chart:
    waiting: Backlog = report["backlog"]
    priorities = list(Ticket.Priority.choices)
    looks = [Look.FULL, Look.HATCH, Look.LIGHT, Look.OUTLINE]
    labels = [_("under 1 day"), _("1 to 3 days"), _("3 to 7 days"), _("7 to 14 days"), _("14 days or more")]
    table = [
        [waiting.by_age.get((place, priority), 0) for priority, _name in priorities] for place in range(len(labels))
    ]
    total = waiting.open.count
    old = sum(table[-1])
    says = ngettext(
        "%(old)s of %(total)s open tickets is 14 days old or more.",
        "%(old)s of %(total)s open tickets are 14 days old or more.",
        old,
    ) % {
        "old": short_texts.count(old),
        "total": short_texts.count(total),
    }
    others = {"pending": short_texts.count(waiting.pending.count), "snoozed": short_texts.count(waiting.snoozed.count)}
    name = _("Open by age and priority")
    rows = [
        Row(label, values, short_texts.count(sum(values)), [short_texts.count(value) for value in values])
        for label, values in zip(labels, table, strict=True)
    ]
    return Chart(
        "age",
        name,
        says if total else "",
        _(
            "Open tickets that are not snoozed, by time since creation. Not included: pending (%(pending)s) "
            "and snoozed (%(snoozed)s)."
        )
        % others,
        _("No open tickets"),
        [Column(_("Age"), "text"), *(Column(str(label)) for _value, label in priorities), Column(_("Open"))],
        [[label, *values, sum(values)] for label, values in zip(labels, table, strict=True)] if total else [],
        svg_charts.bar_chart("age", name, says, rows, looks) if total else "",
        [(str(label), look) for (_value, label), look in zip(priorities, looks, strict=True)],
    )


def agents(report: Report) -> Chart:
    loads: list[Load] = report["loads"]
    people = [load for load in loads if load.capacity is not None]
    full = sum(load.open >= (load.capacity or 0) for load in people)
    says = ngettext(
        "%(full)d of %(count)d agents is at capacity.", "%(full)d of %(count)d agents are at capacity.", full
    ) % {"full": full, "count": len(people)}
    name = _("Workload by agent")
    rows = [
        Row(
            load.name,
            [load.open],
            _("%(open)d of %(capacity)d") % {"open": load.open, "capacity": load.capacity or 0},
            outline=load.capacity or 0,
        )
        for load in people[:SHOWN]
    ]
    more = len(people) - len(rows)
    rest = (
        ngettext("%(count)d more in the table.", "%(count)d more in the table.", more) % {"count": more} if more else ""
    )
    how = _(
        "Workload: assigned open and pending tickets of all channels, compared with the agent's "
        "capacity. Answered: tickets that the agent wrote to in the range. Resolved: tickets assigned to "
        "the agent and closed in the range."
    )
    columns = [
        Column(_("Agent"), "text"),
        Column(_("Workload")),
        Column(_("Capacity")),
        Column(_("Answered")),
        Column(_("Resolved")),
    ]
    return Chart(
        "agents",
        name,
        says if people else "",
        " ".join(filter(None, [how, rest])),
        _("No data yet"),
        columns,
        [
            [_who(load), load.open if load.agent else None, load.capacity, load.answered, load.resolved]
            for load in loads
        ],
        svg_charts.bar_chart("agents", name, says, rows, [Look.FULL]) if rows else "",
        [(_("Workload"), Look.FULL), (_("Free capacity"), Look.OUTLINE)],
    )


def sentiment(report: Report) -> Chart:
    waiting: Backlog = report["backlog"]
    names: list[tuple[int | None, str]] = [
        (0, _("Angry")),
        (1, _("Unhappy")),
        (2, _("Neutral")),
        (3, _("Friendly")),
        (4, _("Happy")),
        (None, _("Unknown")),
    ]
    counts = [waiting.by_tone.get(tone, 0) for tone, _name in names]
    known = sum(counts[:-1])
    bad = sum(counts[:2])
    says = ngettext(
        "%(bad)s of %(known)s open tickets with known sentiment is unhappy or angry.",
        "%(bad)s of %(known)s open tickets with known sentiment are unhappy or angry.",
        bad,
    ) % {
        "bad": short_texts.count(bad),
        "known": short_texts.count(known),
    }
    name = _("Sentiment of open tickets")
    looks = [Look.FULL, Look.OUTLINE]
    rows = [
        Row(label, [0, count] if tone is None else [count], short_texts.count(count))
        for (tone, label), count in zip(names, counts, strict=True)
    ]
    total = waiting.open.count
    return Chart(
        "sentiment",
        name,
        (says if known else _("The sentiment of the open tickets is unknown.")) if total else "",
        _(
            "The customer's sentiment in the conversation, from 0 to 1: angry below 0.2, unhappy below 0.4, "
            "neutral below 0.6, friendly below 0.8, otherwise happy."
        ),
        _("No data yet"),
        [Column(_("Sentiment"), "text"), Column(_("Open"))],
        [[label, count] for (_tone, label), count in zip(names, counts, strict=True)] if total else [],
        svg_charts.bar_chart("sentiment", name, says, rows, looks) if total else "",
    )


def value(report: Report) -> Chart:
    found: Mapping[int | None, Value] = report["value"]
    names: list[tuple[int | None, str]] = [
        (2, _("High, 60 % and more")),
        (1, _("Medium, 30 to 60 %")),
        (0, _("Low, under 30 %")),
        (None, _("Unknown")),
    ]
    bands = [(label, found.get(risk, Value(at_risk=None if risk is None else 0.0))) for risk, label in names]
    waits, at_risk, unknown = totals(found)
    says = _("%(risk)s of %(value)s lifetime value in the backlog is at risk.") % {
        "risk": short_texts.amount(at_risk),
        "value": short_texts.amount(waits),
    }
    name = _("Value at risk in the backlog")
    looks = [Look.FULL, Look.OUTLINE, Look.HATCH]
    rows = [
        Row(
            label,
            [0, 0, one.value] if one.at_risk is None else [one.at_risk, one.value - one.at_risk],
            short_texts.amount(one.value),
        )
        for label, one in bands
    ]
    return Chart(
        "value",
        name,
        says if found else "",
        _(
            "Value at risk = lifetime value × churn risk, summed over the customers with open tickets; each "
            "customer counts once. Customers with unknown churn risk are shown separately."
        ),
        _("No data yet"),
        [
            Column(_("Churn risk"), "text"),
            Column(_("Customers")),
            Column(_("Lifetime value"), "amount"),
            Column(_("Value at risk"), "amount"),
        ],
        [[label, one.customers, one.value, one.at_risk] for label, one in bands] if found else [],
        svg_charts.bar_chart("value", name, says, rows, looks) if found else "",
        [
            (_("Value at risk"), Look.FULL),
            (_("Remaining value"), Look.OUTLINE),
            *([(_("Risk unknown"), Look.HATCH)] if unknown else []),
        ],
    )


def totals(found: Mapping[int | None, Value]) -> tuple[float, float, float]:
    """Lifetime value of waiting customers, the part at risk, and the part whose risk is unknown."""
    waits = sum(one.value for one in found.values())
    return (
        waits,
        sum(one.at_risk or 0.0 for one in found.values()),
        sum(one.value for one in found.values() if one.at_risk is None),
    )


def alerts(report: Report) -> Chart:
    found: Topics = report["topics"]
    topics = found.each
    days = report.period.every_day
    known = known_from(report)
    name = _("Topic alerts")
    series = [[topic.by_day.get(one, 0) if known and one >= known else None for one in days] for topic in topics]
    says = _("New tickets with an alert keyword: %(came)s; open now: %(open)s.") % {
        "came": short_texts.count(sum(found.together.by_day.values())),
        "open": short_texts.count(found.together.open),
    }
    rows = [
        (topic.keyword, values, _("%(count)s open") % {"count": short_texts.count(topic.open)})
        for topic, values in zip(topics, series, strict=True)
    ]
    return Chart(
        "alerts",
        name,
        says if topics else "",
        _(
            "Active topic alerts of the team and your own. Each day counts the tickets created that day "
            "whose subject or messages contain the keyword. A ticket with two keywords counts for both, and "
            "once in the sentence above."
        ),
        _("Turn on a topic alert in the inbox to see how many tickets contain its keyword each day."),
        [
            Column(_("Keyword"), "text"),
            Column(_("Open now")),
            Column(_("New in the range")),
            *(Column(dates.short_day(one), filed=one.isoformat()) for one in days),
        ],
        [
            [topic.keyword, topic.open, sum(topic.by_day.values()), *values]
            for topic, values in zip(topics, series, strict=True)
        ],
        svg_charts.small_column_charts("alerts", name, says, labels(report), rows) if topics else "",
    )


def _who(load: Load) -> str:
    if load.agent is None:
        return _("Unknown")
    if load.service:
        return _("%(name)s (service account)") % {"name": load.name}
    return load.name if load.active else _("%(name)s (deactivated)") % {"name": load.name}
