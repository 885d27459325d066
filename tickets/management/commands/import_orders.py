"""`manage.py import_orders FILE`; see docs/importing.md."""

from typing import Any

from django.core.management.base import CommandParser

from tickets.imports.columns import Columns
from tickets.imports.import_errors import ImportProblem
from tickets.imports.orders import Orders
from tickets.imports.runs.import_command import ImportCommand
from tickets.imports.values import Reader


class Command(ImportCommand):
    help = "Imports orders from CSV or JSON lines (docs/importing.md)."
    recipe = Orders
    what = "Orders"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--number-from",
            default="",
            metavar="FIELD,FIELD",
            help="for orders without numbers: make one from these fields, joined by -, and a running count",
        )

    def make_recipe(self, reader: Reader, options: dict[str, Any]) -> Orders:
        return Orders(reader, _names(options))

    def check_columns(self, found: Columns, options: dict[str, Any]) -> None:
        names = _names(options)
        if names and found.has("number"):
            raise ImportProblem("--number-from makes numbers, but the file has some: --map number= ignores them.")
        Orders.check_number_from(names, found)


def _names(options: dict[str, Any]) -> list[str]:
    return [name.strip() for name in options["number_from"].split(",") if name.strip()]
