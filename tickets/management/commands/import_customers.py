"""`manage.py import_customers FILE`; see docs/importing.md."""

from tickets.imports.customers import Customers
from tickets.imports.runs.import_command import ImportCommand


class Command(ImportCommand):
    help = "Imports customers from CSV or JSON lines (docs/importing.md)."
    recipe = Customers
    what = "Customers"
