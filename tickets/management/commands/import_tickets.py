"""`manage.py import_tickets FILE`; see docs/importing.md."""

from tickets.imports.runs.import_command import ImportCommand
from tickets.imports.tickets import Tickets


class Command(ImportCommand):
    help = "Imports tickets with their conversations from CSV or JSON lines (docs/importing.md)."
    recipe = Tickets
    what = "Tickets"
