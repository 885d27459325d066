"""`manage.py fit_intelligence`: fits the shop to its orders and profiles every customer."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from intelligence.services import profiles
from tickets.models import Customer


class Command(BaseCommand):
    help = "Fits the models to the shop's orders and profiles every customer; --resume continues an interrupted run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--resume", action="store_true", help="do not fit again: only finish profiling with the latest fit"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        try:
            model = profiles.model_in_force() if options["resume"] else profiles.fit_shop(self._tell(quiet))
            if model is None:
                raise CommandError("There is no fit to go on with; run it without --resume.")
            total = Customer.objects.count()
            if model.profiled_up_to is not None:
                total = Customer.objects.filter(pk__gt=model.profiled_up_to).count()
            with tqdm(total=total, unit=" customers", desc="Profiling", file=sys.stderr, disable=quiet) as bar:
                done = profiles.profile_customers(progress=bar.update)
        except KeyboardInterrupt:
            raise CommandError("Stopped; run it again, with --resume to go on profiling.", returncode=130) from None
        self.stdout.write(
            f"{model.version}: {model.customers:,} customers with {model.orders:,} orders, churn within "
            f"{model.horizon_days} days; {done:,} customers profiled."
        )

    def _tell(self, quiet: bool) -> profiles.Tell:
        return str if quiet else lambda words: self.stderr.write(f"{words} …")
