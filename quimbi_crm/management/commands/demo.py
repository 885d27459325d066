"""`manage.py demo`: the records' demo shop, then what its orders and conversations say, so that every screen shows it at once.

Stands before the command of the same name on the floor below, because this app comes first in INSTALLED_APPS.
"""

from typing import Any

from django.core.management import call_command

from intelligence.services import profiles
from intelligence.services.message_reading import unread
from tickets.demo.load import is_empty
from tickets.management.commands.demo import Command as Records


class Command(Records):
    def handle(self, *args: Any, **options: Any) -> None:
        loads = is_empty()
        super().handle(*args, **options)
        if not loads:
            return  # the worker analyzes imported data, so the start does not wait for it
        if profiles.model_in_force() is None and profiles.count_orders():
            call_command("fit_intelligence", verbosity=options["verbosity"], stdout=self.stdout, stderr=self.stderr)
        if unread().exists():
            call_command("read_messages", stdout=self.stdout, stderr=self.stderr)
