"""`manage.py changepassword EMAIL`: through the service, so that sessions and tokens end and the audit log says so."""

import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agents import services
from agents.models import Agent


class Command(BaseCommand):
    help = "Sets the password of an account and ends its sessions and tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="email address of the account")

    def handle(self, *args: Any, **options: Any) -> str:
        try:
            agent = Agent.objects.get_by_natural_key(options["email"])
        except Agent.DoesNotExist:
            raise CommandError("There is no account with this address.") from None
        self.stdout.write(f"A new password for {agent.name}, {agent.get_role_display().lower()}.")
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Password (again): "):
            raise CommandError("The two passwords do not match; nothing was changed.")
        try:
            validate_password(password, agent)
            services.set_password(None, agent.pk, password)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from None
        return f"The password of {agent.name} was set; their sessions and tokens have ended."
