"""The table of a run: each fault with what was written during it, what was wrong with that, and how long recovery took."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from script.fault_injection.faults import Injected
from script.fault_injection.ledger import Outcome, Write
from script.fault_injection.verify import Finding, Problem

BEFORE = "no fault yet"
WHOLE = "no single write"
COLUMNS = ("Fault", "Times", "Acknowledged", "Unknown", "Refused", "Lost", "Twice", "Incomplete", "Recovered in")


@dataclass
class Row:
    """One kind of fault; `seconds` of each recovery, None without recovery in time."""

    kind: str
    times: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    problems: Counter[Problem] = field(default_factory=Counter)
    seconds: list[float | None] = field(default_factory=list)
    note: str = ""

    def cells(self) -> list[str]:
        counts = [self.times, *(self.outcomes[one] for one in Outcome), *(self.problems[one] for one in Problem)]
        return [self.kind, *(f"{count:,}" for count in counts), self.note or self._recovery()]

    def _recovery(self) -> str:
        known = sorted(value for value in self.seconds if value is not None)
        never = len(self.seconds) - len(known)
        text = f"{known[0]:.0f} to {known[-1]:.0f} s" if known else ""
        return ", ".join(part for part in (text, f"{never} times never" if never else "") if part) or "-"


def tally(
    kinds: Sequence[str], injected: Sequence[Injected], writes: Sequence[Write], findings: Sequence[Finding]
) -> list[Row]:
    """A row for each kind, one for the writes before the first fault, one for findings without a single write, and the sum.

    A write belongs to the last fault that was injected before the write ended.
    """
    rows = {kind: Row(kind) for kind in (BEFORE, *kinds, WHOLE)}
    ordered = sorted(injected, key=lambda one: one.at)
    for one in ordered:
        rows[one.kind].times += 1
        rows[one.kind].seconds.append(None if one.recovered_at is None else max(0.0, one.recovered_at - one.lifted_at))
    during: dict[str, str] = {}
    for write in writes:
        during[write.marker] = next((one.kind for one in reversed(ordered) if one.at <= write.ended_at), BEFORE)
        rows[during[write.marker]].outcomes[write.outcome] += 1
    for finding in findings:
        rows[during.get(finding.marker, WHOLE)].problems[finding.problem] += 1
    total = Row("All", times=len(ordered), seconds=[second for row in rows.values() for second in row.seconds])
    for row in rows.values():
        total.outcomes += row.outcomes
        total.problems += row.problems
    return [*rows.values(), total]


def format_table(rows: Sequence[Row]) -> str:
    """Markdown with aligned columns."""
    lines = [list(COLUMNS), *(row.cells() for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(COLUMNS))]
    numbers = range(1, len(COLUMNS) - 1)

    def show(line: list[str]) -> str:
        cells = [
            text.rjust(width) if n in numbers else text.ljust(width)
            for n, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = ["-" * (width - 1) + (":" if n in numbers else "-") for n, width in enumerate(widths)]
    return "\n".join(show(line) for line in (lines[0], rule, *lines[1:])) + "\n"
