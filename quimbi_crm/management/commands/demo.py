"""`manage.py demo`: the records' demo shop, then its customers' profiles, so that every screen shows them at once.

Stands before the command of the same name on the floor below, because this app comes first in INSTALLED_APPS.
"""

from typing import Any

from django.core.management import call_command

from intelligence.services import profiles
from tickets.management.commands.demo import Command as Records


class Command(Records):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if profiles.model_in_force() is None and profiles.count_orders():
            call_command("fit_intelligence", verbosity=options["verbosity"], stdout=self.stdout, stderr=self.stderr)
