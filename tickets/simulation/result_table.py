"""The figures as Markdown tables, which also read well in a terminal."""

from collections.abc import Sequence

from tickets.simulation.comparison import Comparison, PolicyResult
from tickets.simulation.waiting_times import MEASURES, Spread

_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;", "&": "&amp;"} | {sign: f"\\{sign}" for sign in "\\|`*_[]"})


def hours(value: float) -> str:
    """As many digits as mean something: 0.13, 28.4, 1,405."""
    if value < 9.995:
        return f"{value:.2f}"
    return f"{value:.1f}" if value < 99.95 else f"{value:,.0f}"


def comparison_table(comparison: Comparison) -> str:
    """One row a policy: mean over the seeds ± standard deviation (least–most), in hours."""
    rows = [[result.label, *(shown(result.measure(measure)) for measure in MEASURES)] for result in comparison.results]
    return _table(["Order", *(f"{label} (h)" for label in MEASURES.values())], rows)


def shown(found: Spread | None) -> str:
    """A figure in hours with its spread; a dash if no ticket counts for it."""
    if found is None:
        return "–"
    if found.least == found.most:
        return hours(found.mean)
    return f"{hours(found.mean)} ± {hours(found.deviation)} ({hours(found.least)}–{hours(found.most)})"


def sensitivity_table(comparison: Comparison) -> str:
    """One row a change of the weights: each figure, and by how much it differs from the first row's."""
    base, *others = comparison.results
    rows = [[base.label, *(_moved(base, base, measure) for measure in MEASURES)]]
    rows += [[result.label, *(_moved(result, base, measure) for measure in MEASURES)] for result in others]
    return _table(["Weights", *(f"{label} (h)" for label in MEASURES.values())], rows)


def _moved(result: PolicyResult, base: PolicyResult, measure: str) -> str:
    one, two = result.measure(measure), base.measure(measure)
    if one is None or two is None:
        return "–"
    if result is base or two.mean <= 0:
        return hours(one.mean)
    percent = round((one.mean / two.mean - 1) * 100)
    return f"{hours(one.mean)} ({f'{percent:+d} %' if percent else '='})"


def verdict(comparison: Comparison, name: str = "smart") -> str:
    """The effect of the smart order on customers at risk and its cost, in a sentence; "" if it was not compared."""
    names = {result.name for result in comparison.results}
    if not {name, "first_in"} <= names:
        return ""
    label = comparison.result(name).label
    at_risk, fair = (comparison.result(one).measure("at_risk") for one in (name, "first_in"))
    longest = comparison.result(name).measure("longest")
    if at_risk is None or fair is None or longest is None:
        return "No ticket has revenue at risk: no churn risk is known, or no customer has bought anything."
    times = comparison.ratio("at_risk", name, "first_in")
    less = f"{times:.1f} times less" if times is not None and times >= 1 else "no less"
    return (
        f"{label}: customers at risk wait {less} than first in, first out ({hours(at_risk.mean)} instead of "
        f"{hours(fair.mean)} hours); the longest wait in any run is {hours(longest.most)} hours."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [[_cell(text) for text in row] for row in (head, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    # Align figures to the right, in Markdown (`---:`) and in plain text.
    rule[1:] = [f"{dashes[:-1]}:" for dashes in rule[1:]]
    return "\n".join(_line(line, widths) for line in (lines[0], rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join([first, *rest])} |"


def _cell(text: str) -> str:
    """Labels may be anybody's: no cell ends early, none becomes a row or markup."""
    return " ".join(text.split()).translate(_ESCAPES)
