"""`manage.py simulate_queue`: does the smart order help? See docs/ordering.md."""

import json
import math
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from tickets.ranking import scoring
from tickets.ranking.weights import parse_weights
from tickets.simulation import (
    Comparison,
    NoArrivalsError,
    Policy,
    Source,
    compare,
    comparison_table,
    draw_chart,
    first_in,
    points_only,
    priority_first,
    replay_or_model,
    sensitivity_table,
    smart,
    variants,
    verdict,
)
from tickets.simulation.database import read_history
from tickets.simulation.replay import stated

MOST_TICKETS = 2_000_000  # tickets in one run; more would take hours and gigabytes


class Command(BaseCommand):
    help = (
        "Simulates the queue in several orders, with the shop's own tickets or, if there is too little history, a stated "
        "model, and reports how long customers wait (docs/ordering.md). Writes nothing to the database."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # Numbers are parsed in `handle`, so that an error gives one sentence instead of the usage.
        parser.add_argument("--model", action="store_true", help="use the stated model")
        parser.add_argument(
            "--replay", action="store_true", help="use the shop's own arrivals and handling times (default)"
        )
        parser.add_argument("--load", help="arriving work divided by the agents' capacity, such as 0.98 or 98%%")
        parser.add_argument("--agents", help="number of agents (model: 10; replay: agents who answered)")
        parser.add_argument("--days", default="60", help="simulated days (60)")
        parser.add_argument("--history", default="180", help="days of the shop's history to replay (180)")
        parser.add_argument("--seeds", default="10", help="number of runs, each with its own random seed (10)")
        parser.add_argument("--weights", metavar="JSON", help="proposed weights, such as '{\"churn_risk\": 8}'")
        parser.add_argument("--sensitivity", action="store_true", help="also simulate each weight halved and doubled")
        parser.add_argument("--svg", metavar="FILE", help="write the chart to this file")
        parser.add_argument("--json", metavar="FILE", help="write all figures to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._simulate(options)
        except KeyboardInterrupt:
            self.stderr.write("Stopped; there are no figures, and nothing was written.")
            sys.exit(130)

    def _simulate(self, options: dict[str, Any]) -> None:
        weights = scoring.current_weights()
        policies = [first_in(), priority_first(), smart(weights)]
        if options["weights"] is not None:
            other = _proposed(options["weights"], weights)
            policies.append(smart(other, "proposed", "Smart, proposed"))
        policies.append(points_only(weights))
        seeds = range(1, _whole("seeds", options["seeds"], 1, 1000) + 1)
        svg, figures = _target("svg", options["svg"]), _target("json", options["json"])
        source = _source(options)
        changes = variants(weights) if options["sensitivity"] else []

        with tqdm(
            total=(len(policies) + len(changes)) * len(seeds),
            desc="Simulating",
            unit=" runs",
            file=getattr(self.stderr, "_out", sys.stderr),
            disable=options["verbosity"] == 0,
        ) as bar:
            comparison = _compared(source, policies, seeds, bar)
            moved = _compared(source, changes, seeds, bar) if changes else None
        self._say(comparison, moved)
        if svg:
            _write(svg, draw_chart(comparison, standalone=True) + "\n")
        if figures:
            found = {**comparison.as_dict(), "sensitivity": moved.as_dict() if moved else None}
            _write(figures, json.dumps(found, indent=2) + "\n")

    def _say(self, comparison: Comparison, moved: Comparison | None) -> None:
        for note in comparison.notes:
            self.stdout.write(f"- {note}")
        load = comparison.load
        self.stdout.write(
            f"- {len(comparison.seeds)} runs of {comparison.tickets:,.0f} tickets on average; the load turned out "
            f"{load.mean:.1%} ± {load.deviation:.1%}. Figures: mean ± standard deviation over the runs (least–most)."
        )
        self.stdout.write(f"\n{comparison_table(comparison)}\n\n{verdict(comparison)}")
        if moved:
            self.stdout.write(f"\n{sensitivity_table(moved)}")


def _compared(source: Source, policies: list[Policy], seeds: range, bar: "tqdm[Any]") -> Comparison:

    def progress(done: int, total: int) -> None:
        bar.update()

    try:
        return compare(source, policies, seeds, progress)
    except NoArrivalsError:
        raise CommandError("A run without a single ticket shows nothing: take more days or more load.") from None


def _source(options: dict[str, Any]) -> Source:
    if options["model"] and options["replay"]:
        raise CommandError("It is either --model or --replay.")
    load = None if options["load"] is None else _load(options["load"])
    agents = None if options["agents"] is None else _whole("agents", options["agents"], 1, 1000)
    days = _whole("days", options["days"], 1, 366)
    back = _whole("history", options["history"], 14, 3660)
    source = stated(agents, days, load) if options["model"] else replay_or_model(read_history(back), agents, days, load)
    if source.tickets > MOST_TICKETS:
        raise CommandError(
            f"That would be {source.tickets:,.0f} tickets a run, and {MOST_TICKETS:,} are the most: take fewer days, "
            "fewer agents or less load."
        )
    return source


def _proposed(text: str, base: scoring.Weights) -> scoring.Weights:
    """The weights of the JSON object, completed by the current ones."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise CommandError('--weights takes a JSON object, such as {"churn_risk": 8, "priority": {"urgent": 5}}.')
    try:
        return parse_weights(given, base)
    except ValidationError as error:
        raise CommandError(f"--weights: {' '.join(error.messages)}") from None


def _whole(name: str, text: Any, least: int, most: int) -> int:
    try:
        value = int(str(text))
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise CommandError(f"--{name} takes a whole number from {least:,} to {most:,}.")
    return value


def _load(text: Any) -> float:
    given = str(text).strip()
    try:
        value = float(given.removesuffix("%")) / (100 if given.endswith("%") else 1)
    except ValueError:
        value = math.nan
    if not 0.01 <= value <= 2:
        raise CommandError("--load takes a share from 0.01 to 2, such as 0.98 or 98%.")
    return value


def _target(name: str, given: str | None) -> Path | None:
    """Check the output path before the simulation, so that no minute's work is lost to a wrong path."""
    if given is None:
        return None
    path = Path(given)
    try:
        good = bool(given) and not path.is_dir() and path.parent.is_dir()
    except OSError:  # for example a file name that is too long
        good = False
    if not good:
        raise CommandError(f"--{name} takes a file in a folder that is there; {given[:200]!r} is none.")
    return path


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"Could not write {path}: {error.strerror}.") from None
