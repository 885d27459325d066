"""Customers, orders, tickets and imports in the admin site; each registers itself."""

from tickets.admin.assignment import AssignmentRulesAdmin
from tickets.admin.customers import CustomerAdmin
from tickets.admin.imports import ImportRunAdmin
from tickets.admin.orders import OrderAdmin
from tickets.admin.tickets import TicketAdmin
from tickets.admin.weights import WeightSetAdmin

__all__ = ["AssignmentRulesAdmin", "CustomerAdmin", "ImportRunAdmin", "OrderAdmin", "TicketAdmin", "WeightSetAdmin"]
