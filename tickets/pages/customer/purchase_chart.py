"""A customer's purchases over time as a chart with server-side geometry, and as a table."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import npgettext, pgettext

from agents.common import dates
from tickets.pages.common import short_texts

MOST = 24  # bars in the chart; more cannot be told apart
WIDTH, HEIGHT, TOP, LABELS, START = 640, 200, 24, 22, 4


@dataclass(frozen=True)
class Bar:
    """One period: its position in the drawing, and its text."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str  # below the bar; empty if there is no room
    period: str
    amount: str
    orders: str


@dataclass(frozen=True)
class Chart:
    """Empty without orders. `told` is the chart in one sentence; `left_out` names the periods that do not fit."""

    bars: list[Bar]
    told: str
    left_out: str
    baseline: str
    width: int = WIDTH
    height: int = HEIGHT


Period = tuple[int, int]  # year, and month or quarter


def chart(months: Iterable[tuple[date, float, int]], today: date) -> Chart:
    """Build the chart from months with their amount and number of orders, in any order; gaps are filled up to today.

    Periods are months if they fit, else quarters, else years; of too many years the last ones, with a sentence about the rest.
    """
    rows = sorted(months)
    baseline = HEIGHT - LABELS
    if not rows:
        return Chart([], "", "", str(baseline))
    first, last = rows[0][0], max(rows[-1][0], today)
    size = _size(first, last)
    spent: dict[Period, float] = defaultdict(float)
    orders: Counter[Period] = Counter()
    for day, amount, count in rows:
        spent[_period(day, size)] += amount
        orders[_period(day, size)] += count
    wanted = _between(_period(first, size), _period(last, size), size)
    shown = wanted[-MOST:]
    before = [period for period in spent if period < shown[0]]
    return Chart(
        bars=_bars(shown, spent, orders, size, baseline),
        told=_told(shown, spent, size),
        left_out=_left_out(sum(spent[one] for one in before), sum(orders[one] for one in before), shown[0], size),
        baseline=str(baseline),
    )


def _size(first: date, last: date) -> int:
    """Months of a period: 1, 3 or 12."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return 1 if count <= MOST else 3 if count <= 3 * MOST - 2 else 12


def _period(day: date, size: int) -> Period:
    return day.year, (day.month - 1) // size


def _between(first: Period, last: Period, size: int) -> list[Period]:
    """All periods from the first to the last; only the last ones that can be shown."""
    each = 12 // size
    end = last[0] * each + last[1]
    start = max(first[0] * each + first[1], end - MOST + 1)
    return [(place // each, place % each) for place in range(start, end + 1)]


def _bars(
    shown: list[Period], spent: dict[Period, float], orders: Counter[Period], size: int, baseline: int
) -> list[Bar]:
    most = max(max((spent.get(period, 0.0) for period in shown), default=0.0), 0.01)
    step = (WIDTH - 2 * START) / max(len(shown), 6)  # a single order must not fill the chart
    every = -(-len(shown) // 8)  # at most eight labels
    bars = []
    for place, period in enumerate(shown):
        amount = spent.get(period, 0.0)
        height = max(0.0, amount) / most * (baseline - TOP)
        if orders[period]:
            height = max(height, 2.0)  # free orders get a bar as well
        x = START + place * step
        bars.append(
            Bar(
                x=f"{x + step * 0.15:.1f}",
                y=f"{baseline - height:.1f}",
                width=f"{step * 0.7:.1f}",
                height=f"{height:.1f}",
                middle=f"{x + step / 2:.1f}",
                label=_short(period, size) if place % every == 0 else "",
                period=_long(period, size),
                amount=short_texts.amount(amount),
                orders=short_texts.count(orders[period]),
            )
        )
    return bars


def _short(period: Period, size: int) -> str:
    year, part = period
    if size == 12:
        return str(year)
    if size == 3:
        return _("Q%(quarter)d %(year)02d") % {"quarter": part + 1, "year": year % 100}
    return dates.short_month(date(year, part + 1, 1))


def _long(period: Period, size: int) -> str:
    year, part = period
    if size == 12:
        return str(year)
    if size == 3:
        return _("quarter %(quarter)d of %(year)d") % {"quarter": part + 1, "year": year}
    return dates.month(date(year, part + 1, 1))


def _told(shown: list[Period], spent: dict[Period, float], size: int) -> str:
    best = max(shown, key=lambda period: spent.get(period, 0.0))
    said = {
        "first": _long(shown[0], size),
        "last": _long(shown[-1], size),
        "best": _long(best, size),
        "amount": short_texts.amount(spent.get(best, 0.0)),
    }
    if len(shown) == 1:
        # A single period is a month: quarters and years are only used for more than one.
        return _("Spent in %(first)s: %(amount)s.") % said
    match size:
        case 12:
            told = pgettext("years", "Spent from %(first)s to %(last)s; most in %(best)s, with %(amount)s.")
        case 3:
            told = pgettext("quarters", "Spent from %(first)s to %(last)s; most in %(best)s, with %(amount)s.")
        case _months:
            told = pgettext("months", "Spent from %(first)s to %(last)s; most in %(best)s, with %(amount)s.")
    return told % said


def _left_out(amount: float, orders: int, first: Period, size: int) -> str:
    if not orders:
        return ""
    said = {"count": short_texts.count(orders), "amount": short_texts.amount(amount), "first": _long(first, size)}
    # Only years can be left out: months and quarters are used if all of them fit.
    told = npgettext(
        "years",
        "Before %(first)s: %(count)s order for %(amount)s.",
        "Before %(first)s: %(count)s orders for %(amount)s.",
        orders,
    )
    return told % said
