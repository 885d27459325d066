"""Customers and orders that a search in the inbox finds beside tickets."""

from typing import Any

from agents.models import Agent
from tickets.models import Customer, Order
from tickets.search import find_customers, find_orders

SHOWN = 6


def find_records(agent: Agent, words: list[str]) -> dict[str, Any]:
    """The first customers that contain all words (newest first) and the first orders with such a number that the agent may
    see, and whether there are more. Two queries.
    """
    customers = Customer.objects.visible_to(agent).filter(pk__in=find_customers(words)).order_by("-id")
    orders = Order.objects.visible_to(agent).filter(pk__in=find_orders(words)).select_related("customer")
    people, numbers = list(customers[: SHOWN + 1]), list(orders[: SHOWN + 1])
    return {
        "customers": people[:SHOWN],
        "orders": numbers[:SHOWN],
        "more": len(people) > SHOWN or len(numbers) > SHOWN,
    }
