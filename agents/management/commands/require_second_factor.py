"""`manage.py require_second_factor ROLE [--off]`: the one way to lift the rule that binds all admins."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agents import services
from agents.models import Agent


class Command(BaseCommand):
    help = "Requires a second factor for agents with a role; --off lifts the requirement."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", choices=Agent.Role.values)
        parser.add_argument("--off", action="store_true", help="lift the requirement")

    def handle(self, *args: Any, **options: Any) -> str:
        rule = services.require_second_factor(None, options["role"], not options["off"])
        return f"{rule}."
