"""`manage.py reset_second_factor EMAIL`: for the last admin, whom nobody above can help."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents import services
from agents.models import Agent


class Command(BaseCommand):
    help = "Removes a lost second factor from an account and ends its sessions and tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="email address of the account")

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            agent = Agent.objects.get_by_natural_key(options["email"])
        except Agent.DoesNotExist:
            raise CommandError("There is no account with this address.") from None
        services.reset_second_factor(None, agent.pk)
        return f"{agent.name} signs in by password alone now, and can set up a second factor anew."
