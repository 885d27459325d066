"""The whole invented shop, drawn up in the only order in which everything that is said can be true."""

from datetime import datetime

from tickets.demo.agents import TEAM
from tickets.demo.chance import stream
from tickets.demo.clients import Client, invent_clients
from tickets.demo.records import DemoShop, DemoTicket
from tickets.demo.ticket_plans import plan_tickets
from tickets.demo.tickets import Desk, special_tickets

FIRST_ORDER_NUMBER = 41007


def build_shop(now: datetime, seed: int = 7) -> DemoShop:
    """Build the shop; the same `now` (timezone-aware) and `seed` make the same shop in every process.

    First people and their order histories, then the tickets' topics with orders made to fit, then the numbers of all orders by
    date, and last the words, which quote the numbers.
    """
    now = now.replace(microsecond=0)
    clients = invent_clients(stream(seed, "clients"), now)
    plans = plan_tickets(stream(seed, "plans"), clients, now)
    _number_orders(clients, seed)
    desk = Desk(seed, now)
    written = [desk.write(plan) for plan in plans] + special_tickets(clients, now)
    moods = _moods(written)
    orders = sorted(
        (order.record(client.key) for client in clients for order in client.orders),
        key=lambda order: order.number,
    )
    return DemoShop(
        agents=TEAM,
        customers=tuple(client.record(now, moods.get(client.key)) for client in clients),
        orders=tuple(orders),
        tickets=tuple(sorted(written, key=lambda ticket: (ticket.created_at, ticket.key))),
    )


def _moods(tickets: list[DemoTicket]) -> dict[str, float]:
    """The lowest sentiment among each customer's unsolved tickets."""
    moods: dict[str, float] = {}
    for ticket in tickets:
        if ticket.status != "closed" and ticket.customer_sentiment is not None:
            moods[ticket.customer_key] = min(moods.get(ticket.customer_key, 1.0), ticket.customer_sentiment)
    return moods


def _number_orders(clients: list[Client], seed: int) -> None:
    """Five digits, rising with time, with small gaps for abandoned checkouts."""
    rng = stream(seed, "numbers")
    number = FIRST_ORDER_NUMBER
    everything = [(order.placed_at, client.key, order) for client in clients for order in client.orders]
    for _, _, order in sorted(everything, key=lambda entry: entry[:2]):
        number += rng.randint(1, 4)
        order.number = str(number)
