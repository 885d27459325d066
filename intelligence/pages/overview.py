"""The overview with the use of drafts: a subclass of the tickets' page, registered in `quimbi_crm/urls.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from intelligence.models import DraftFeedback
from tickets.pages.common import short_texts
from tickets.pages.overview import svg_charts
from tickets.pages.overview.chart_cards import Chart, Column, Tile
from tickets.pages.overview.daily_charts import CHARTS, Build
from tickets.pages.overview.svg_charts import Look, Row
from tickets.pages.overview.tiles import points
from tickets.pages.overview.views import OverviewView
from tickets.reports import Part, Period, Report

TONES: dict[str, Any] = {
    "friendly": gettext_lazy("Friendly"),
    "professional": gettext_lazy("Professional"),
    "empathetic": gettext_lazy("Empathetic"),
    "concise": gettext_lazy("Concise"),
    "apologetic": gettext_lazy("Apologetic"),
}
OUTCOMES = DraftFeedback.Outcome.values


@dataclass(frozen=True)
class Fate:
    """Number of drafts that were sent unchanged, edited and discarded, in this period and the one before."""

    now: dict[str, int]
    before: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.now.values())


def drafts(period: Period) -> dict[str, Fate]:
    """Draft counts by tone."""
    at = period.params
    rows = DraftFeedback.objects.filter(created_at__range=(at["before"], at["now"]))
    if period.channel:
        rows = rows.filter(channel=period.channel)
    ranges = {"now": Q(created_at__gte=at["start"]), "before": Q(created_at__lte=at["before_end"])}
    figures = {
        f"{name}_{outcome}": Count("pk", filter=within & Q(outcome=outcome))
        for name, within in ranges.items()
        for outcome in OUTCOMES
    }
    found: Any = rows.order_by().values("tone").annotate(**figures)
    return {
        row["tone"]: Fate(*({outcome: row[f"{name}_{outcome}"] for outcome in OUTCOMES} for name in ranges))
        for row in found
    }


def chart(report: Report) -> Chart:
    """One bar for each tone, in shares, so that rarely used tones can be compared."""
    found: dict[str, Fate] = {tone: fate for tone, fate in report["drafts"].items() if fate.total}
    tones = sorted(found, key=lambda tone: (-found[tone].total, tone))
    name = _("Draft outcomes")
    total = sum(fate.total for fate in found.values())
    kept = sum(fate.now[DraftFeedback.Outcome.ACCEPTED] for fate in found.values())
    says = ngettext("%(kept)s of %(total)s was sent unchanged.", "%(kept)s of %(total)s were sent unchanged.", kept) % {
        "kept": short_texts.count(kept),
        "total": short_texts.count(total),
    }
    looks = [Look.FULL, Look.LIGHT, Look.OUTLINE]
    labels = [_("Unchanged"), _("Edited"), _("Rejected")]
    shares = {tone: [found[tone].now[outcome] / found[tone].total for outcome in OUTCOMES] for tone in tones}
    rows = [
        Row(
            _named(tone),
            shares[tone],
            short_texts.count(found[tone].total),
            [short_texts.percent(share) for share in shares[tone]],
        )
        for tone in tones
    ]
    return Chart(
        "drafts",
        name,
        says if total else "",
        _(
            "Drafts that were ready when an agent replied, by tone. Unchanged: at most one in ten words "
            "changed. Edited: up to six in ten. Rejected: more than six in ten. The number at the end of a "
            "row is the number of drafts."
        ),
        _("No data yet"),
        [
            Column(_("Tone"), "text"),
            Column(_("Drafts")),
            *(Column(label) for label in labels),
            *(Column(f"{label} (%)", "share") for label in labels),
        ],
        [[_named(tone), found[tone].total, *found[tone].now.values(), *shares[tone]] for tone in tones],
        svg_charts.bar_chart("drafts", name, says, rows, looks) if total else "",
        list(zip(labels, looks, strict=True)),
    )


def _named(tone: str) -> str:
    return str(TONES.get(tone) or tone.replace("_", " ").capitalize())


def _share(counts: list[dict[str, int]]) -> float | None:
    total = sum(sum(one.values()) for one in counts)
    return sum(one[DraftFeedback.Outcome.ACCEPTED] for one in counts) / total if total else None


class WorkOverviewView(OverviewView):
    """The overview with draft acceptance as a tile and a chart."""

    parts: ClassVar[Mapping[str, Part]] = {"drafts": drafts}
    charts: ClassVar[Mapping[str, Build]] = {**CHARTS, "drafts": chart}

    def tiles(self, report: Report) -> list[Tile]:
        fates = report["drafts"].values()
        now, before = _share([fate.now for fate in fates]), _share([fate.before for fate in fates])
        *others, last = super().tiles(report)
        return [*others, points(_("Drafts sent unchanged"), now, before, report.period.days), last]
