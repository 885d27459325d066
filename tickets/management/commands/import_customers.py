"""`manage.py import_customers FILE`; see docs/importing.md."""

from tickets.imports.command import ImportCommand
from tickets.imports.customers import Customers


class Command(ImportCommand):
    help = "Imports customers from CSV or JSON lines (docs/importing.md)."
    recipe = Customers
    what = "Customers"
