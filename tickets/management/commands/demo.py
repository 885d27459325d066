"""`manage.py demo`: fills an empty installation with an invented shop, so that every screen has something to show."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from tqdm import tqdm

from tickets.demo.load import PASSWORD, SERVICE_KEY, is_empty, load, size
from tickets.demo.shop import build_shop


class Command(BaseCommand):
    help = "Loads an invented shop: 400 customers, their orders, 8 agents and 600 tickets. Never in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing if there are agents or customers")
        parser.add_argument(
            "--seed", type=int, default=7, help="random seed: another seed makes another shop (default 7)"
        )
        parser.add_argument("--now", help="the shop's present time, such as 2026-03-01T12:00:00Z (default: now)")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("ENVIRONMENT is production, where demo accounts are never made.")
        if not is_empty():
            if options["if_empty"]:
                return
            raise CommandError("There are agents or customers already; the demo is only loaded into an empty database.")
        now = timezone.now()
        if options["now"]:
            given = parse_datetime(options["now"])
            if given is None or given.tzinfo is None:
                raise CommandError("--now takes a moment with its time zone, such as 2026-03-01T12:00:00Z.")
            now = given
        total = size(build_shop(now, options["seed"]))
        with tqdm(
            total=total, desc="Demo shop", unit=" records", file=sys.stderr, disable=options["verbosity"] == 0
        ) as bar:
            shop = load(now, options["seed"], bar.update)
        self.stdout.write(
            f"Loaded {len(shop.customers)} customers, {len(shop.orders)} orders, {len(shop.tickets)} tickets and "
            f"{len(shop.agents)} agents; sign in as any of admin@, manager@, lead@, senior@ or agent@quimbi.example "
            f"with {PASSWORD}, or send X-API-Key: {SERVICE_KEY}."
        )
