"""The published CDNOW sample: 2,357 customers who first bought early in 1997 (Fader, Hardie 2001; brucehardie.com)."""

import gzip
from datetime import date
from functools import cache
from pathlib import Path

from intelligence.lifetime.order_history import History, history

CUT = date(1997, 9, 30).toordinal()  # the end of week 39
WEEKS = 39.0


@cache
def sample() -> list[History]:
    """All order histories, weeks 1 to 78."""
    orders: dict[str, list[tuple[int, float, bool]]] = {}
    with gzip.open(Path(__file__).parent / "data" / "CDNOW_sample.txt.gz", "rt") as file:
        for line in file:
            _, customer, day, _, value = line.split()
            placed = date(int(day[:4]), int(day[4:6]), int(day[6:])).toordinal()
            orders.setdefault(customer, []).append((placed, float(value), False))
    return [one for rows in orders.values() if (one := history(rows)) is not None]
