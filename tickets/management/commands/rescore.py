"""`manage.py rescore`: ranks all open tickets again, or checks that they are ranked as the formula says."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from tickets.models import Ticket
from tickets.ranking import counts, scoring
from tickets.services.orders import wrong_figures
from tickets.services.weights import rerank_all, restart_ranking


class Command(BaseCommand):
    help = "Ranks all open and pending tickets with the weights in force; --check only counts stored ranks that differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 if a rank differs")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        state = restart_ranking()
        try:
            with tqdm(total=state.to_rank, unit=" tickets", desc="Ranking", file=sys.stderr) as bar:
                ranked = rerank_all(state.pk, bar.update)
        except KeyboardInterrupt:
            raise CommandError("Stopped; the worker finishes it, or run it again.", returncode=130) from None
        self.stdout.write(f"{ranked} tickets ranked.")

    def _check(self) -> None:
        wrong = scoring.stale_ranks().count()
        differing = counts.recount()
        total = Ticket.objects.ranked().count()
        self.stdout.write(f"{total} open and pending tickets: {wrong} with a rank that is not the formula's.")
        for (status, channel), (summed, counted) in sorted(differing.items()):
            self.stdout.write(f"{status}, {channel}: counted {counted}, the counters say {summed}.")
        figures = wrong_figures()
        self.stdout.write(f"{figures} customers with a lifetime value or count that is not their orders'.")
        if wrong or differing or figures:
            raise CommandError("Something is wrong; manage.py rescore mends the ranks.")
