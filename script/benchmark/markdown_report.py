"""What a run has measured, as docs/performance.md: tables and ratios, the method, and what was not measured."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import psutil

from script.benchmark.figures import megabytes, milliseconds, p50, p95, ratio, size_name, times
from script.benchmark.run_results import Results

METHOD = """\
Each number is the time of a whole HTTP request in milliseconds, over a keep-alive connection from the same machine. \
All programs
run at the same time, and the benchmark sends a few requests to each in turn, round after round, so that all meet \
the same
conditions. Compare only **ratios within this run**: the milliseconds change with the machine.

| Term | Meaning |
| --- | --- |
| **ours** | the program as the `Procfile` runs it (gunicorn with two workers, its log, the worker); a senior agent \
with a bearer token sends the requests |
| data | made by `script/bench`: open tickets, plus 3 % pending and 3 % closed ones, three messages each, a third as \
many customers, tags on a quarter |
| **baseline** | an architecture that loads every open ticket, scores it in Python, sorts and slices (FastAPI, async \
SQLAlchemy, one process), on the same PostgreSQL, without authentication, with fewer columns and no log; its few \
requests are spread over the same rounds |
| **constant view** | a view that returns as many constant bytes as the first page has, behind the same middleware, \
authentication and permission; the time above it is the cost of the list itself |
| keywords of topic alerts | *rare* is in 3.6 % of the tickets, *common* in every one, a *number* in a single one; \
the *phrase* is that number between words that every ticket has, the worst case for a trigram index |
| memory | of all processes of a program together, each with its own memory and its share of shared memory (PSS), at \
the peak under eight clients; without PostgreSQL, which serves both, and Valkey (a few MB), which only ours has |
"""


def document(results: Results) -> str:
    """The whole report in Markdown."""
    sizes = results.options.sizes
    parts = [
        "# Performance\n",
        f"Measured by `script/bench` on {datetime.now(UTC):%Y-%m-%d}: {machine()}.\n",
        METHOD,
        *(_section(results, size) for size in sizes),
        _growth(results),
        _crowd(results),
        _parts(results),
        _experiments(results),
        _left_out(results),
    ]
    return "\n".join(part for part in parts if part)


def machine() -> str:
    """The machine in general terms."""
    processors, memory = os.cpu_count() or 1, psutil.virtual_memory().total / 1e9
    return (
        f"{processors} processors shared with other work, {memory:.0f} GB of memory, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are figures."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _section(results: Results, size: int) -> str:
    """One size: every operation, compared with the baseline and with the constant view."""
    floor = p50(results.times("ours", size, "constant"))
    rows = []
    for (of, key), title in results.titles.items():
        if of != size:
            continue
        ours, theirs = results.times("ours", size, key), results.times("baseline", size, key)
        rows.append(
            [
                title,
                milliseconds(p50(ours)),
                milliseconds(p95(ours)),
                times(ratio(p50(ours), floor)),
                f"{milliseconds(p50(theirs))} ({len(theirs)})" if theirs else "–",
                times(ratio(p50(theirs), p50(ours))),
            ]
        )
    head = ["Request, one client", "p50", "p95", "/ constant view", "baseline p50 (requests)", "baseline / ours"]
    return f"## {size_name(size)} open tickets\n\n{table(head, rows)}"


def _growth(results: Results) -> str:
    """The largest size compared with the smallest, and each operation compared with the first page."""
    sizes = results.options.sizes
    if len(sizes) < 2:
        return ""
    small, large = sizes[0], sizes[-1]
    rows = []
    for (of, key), title in results.titles.items():
        if of != large:
            continue
        few, many = p50(results.times("ours", small, key)), p50(results.times("ours", large, key))
        page = p50(results.times("ours", large, "list"))
        rows.append([title, times(ratio(many, few)), times(ratio(many, page))])
    head = [
        "Request, one client, p50",
        f"{size_name(large)} / {size_name(small)}",
        f"/ list at {size_name(large)}",
    ]
    return f"## Growth\n\n{table(head, rows)}"


def _crowd(results: Results) -> str:
    rows = []
    for (name, size), found in results.crowds.items():
        if name != "ours":
            continue
        theirs = results.crowds.get(("baseline", size))
        memory, other = (results.memory.get((who, size), float("nan")) for who in ("ours", "baseline"))
        rows.append(
            [
                size_name(size),
                f"{found.per_second:,.0f}",
                milliseconds(p50(found.times)),
                milliseconds(p95(found.times)),
                f"{theirs.per_second:.3g}" if theirs else "–",
                times(ratio(found.per_second, theirs.per_second)) if theirs else "–",
                megabytes(memory),
                megabytes(other),
                times(ratio(memory, other)),
            ]
        )
    head = ["Open tickets", "ours, requests/s", "p50", "p95", "baseline, requests/s", "ours / baseline"]
    head += ["memory, ours", "baseline", "ours / baseline"]
    return f"## Eight clients on the first page\n\n{table(head, rows)}"


def _parts(results: Results) -> str:
    """How the time of a list request is spent; `script/benchmark/parts.py` measures it."""
    found = results.parts
    if not found:
        return ""
    whole = p50(results.times("ours", results.tried, "list"))
    rows = [
        ("server, thread, socket: the time over HTTP minus the time in one process", whole - found["whole"]),
        ("middleware, routing, view without its content", found["constant"] - found["authentication"]),
        ("authentication: token and account row", found["authentication"]),
        ("list: PostgreSQL", found["database"]),
        ("list: build statements, read rows, make dicts", found["listing"] - found["database"]),
        ("parameters, response and JSON", found["whole"] - found["constant"] - found["listing"]),
    ]
    body = table(["Part", "ms", "share"], [[name, milliseconds(s), times(ratio(s, whole))] for name, s in rows])
    return f"## Time of the first page by part ({size_name(results.tried)} open tickets)\n\n{body}"


def _experiments(results: Results) -> str:
    again, closing, both = results.rerank, results.closing, results.together
    if again is None or closing is None or both is None:
        return ""
    slower = times(ratio(again.p95_during, again.p95_without))
    lines = [
        f"## During many changes ({size_name(results.tried)} open tickets)\n",
        f"- **Re-ranking** {again.tickets:,} open and pending tickets with other weights took {again.alone:.1f} s alone and "
        f"{again.seconds:.1f} s beside four writers, in batches. The writers' p95 was {milliseconds(again.p95_during)} ms "
        f"during it and {milliseconds(again.p95_without)} ms without ({slower}, {again.writes:,} writes).",
        f"- **Changing one customer's churn risk**, with the re-rank of their tickets: p50 "
        f"{milliseconds(p50(results.customers))} ms, p95 {milliseconds(p95(results.customers))} ms.",
        f"- **Closing the {closing.closed:,} highest-ranked** in one statement ({closing.seconds:.1f} s) leaves dead entries at "
        f"the head of the index. First page before: {milliseconds(closing.before.list)} ms; the first request afterwards: "
        f"{milliseconds(closing.first)} ms; then p50:\n",
        table(
            ["Seconds after", "p50", "/ constant view then", "/ before"],
            [
                [str(at), milliseconds(page.list), times(page.times), times(page.times / closing.before.times)]
                for at, page in [("before", closing.before), *closing.after.items()]
            ],
        ),
        f"\n- **{both.writes:,} writes and {both.reads:,} reads** by eight clients each in {both.seconds:.0f} s, while "
        f"all tickets were ranked again twice: afterwards {both.stale} ranks and {both.miscounted} totals were wrong.",
    ]
    return "\n".join(lines)


def _left_out(results: Results) -> str:
    """What was not measured."""
    lines = ["\n## Not measured\n", "- A network, TLS, a proxy, PostgreSQL on another machine."]
    alone = [size_name(size) for size in results.options.sizes if ("baseline", size, "list") not in results.lanes]
    if alone:
        lines.append(f"- The baseline at {', '.join(alone)}: it loads each ticket for each request.")
    lines.append("- Detail, breakdown, writes and cursor of the baseline: it has none.")
    lines.append("- More than eight clients on the first page, sixteen in all.")
    for size, found in results.verified.items():
        if found["stale"] or found["miscounted"]:
            lines.append(f"- **Wrong at {size_name(size)}**: {found['stale']} ranks, {found['miscounted']} totals.")
    if results.verified and not any(found["stale"] or found["miscounted"] for found in results.verified.values()):
        lines.append("\nAfterwards every stored rank agreed with the formula, and every total with the count.")
    return "\n".join(lines) + "\n"
