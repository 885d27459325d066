"""`manage.py read_messages`: reads the conversations that nobody has read, such as imported ones."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from intelligence.services.message_reading import MovingOn, read_ticket, unread
from tickets.models import Ticket


class Command(BaseCommand):
    help = (
        "Analyzes language, sentiment, difficulty and tags of open and pending tickets that were not analyzed yet; existing "
        "figures and tags stay. If it is stopped, run it again: it continues with the remaining tickets."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--again", action="store_true", help="analyze all open and pending tickets, and replace their figures"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        again = options["again"]
        tickets = Ticket.objects.ranked() if again else unread()
        ids = list(tickets.order_by("-id").values_list("pk", flat=True))
        done = 0
        try:
            for ticket_id in tqdm(ids, unit=" tickets", desc="Reading", file=sys.stderr):
                try:
                    done += read_ticket(ticket_id, keep=not again) is not None
                except MovingOn:  # the job of its newest message reads it
                    continue
        except KeyboardInterrupt:
            raise CommandError(f"Stopped after {done} tickets; run it again to go on.", returncode=130) from None
        self.stdout.write(f"{done} conversations read.")
