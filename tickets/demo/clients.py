"""The shop's customers while it is being drawn up: who they are, how to reach them, what they bought."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tickets.demo.customer_names import Person, invent_people
from tickets.demo.orders import OrderDraft, churn_risk, history
from tickets.demo.records import DemoCustomer

PERSONAS = (
    ("one_time", 130),
    ("regular", 120),
    ("lapsed", 55),
    ("whale", 22),
    ("deal_hunter", 48),
    ("visitor", 25),
)
HOSTILE_NAME = 'Petra <b onmouseover="alert(1)">Klee</b>'
DOMAINS = ("example.com", "example.org", "example.net")
# Telephone numbers reserved for fiction: +1 xxx 555 01xx, +44 7700 900xxx, +49 30 23125xxx, +33 6 39 98 xx xx.
AREA_CODES = (212, 312, 415, 503, 617, 206, 303, 512, 614, 718)


@dataclass
class Client:
    """A customer while the shop is built; `commissioned` says that an order was made for one of their tickets."""

    key: str
    person: Person
    persona: str
    email: str | None
    phones: tuple[str, ...]
    extra_emails: tuple[str, ...]
    orders: list[OrderDraft] = field(default_factory=list)
    tickets: int = 0
    first_ticket_at: datetime | None = None
    commissioned: bool = False

    def add_order(self, order: OrderDraft) -> None:
        """Add an order; a one-time buyer gets only the order that was made for the ticket."""
        if self.persona == "one_time":
            self.orders.clear()
        self.orders.append(order)
        self.orders.sort(key=lambda one: one.placed_at)
        self.commissioned = True

    def record(self, now: datetime, mood: float | None) -> DemoCustomer:
        seen = [order.placed_at for order in self.orders[:1]]
        seen += [self.first_ticket_at] if self.first_ticket_at else []
        lead = timedelta(minutes=11 + len(self.person.name) * 7)
        created_at = min(seen, default=now - timedelta(days=3)) - lead
        return DemoCustomer(
            self.key,
            self.person.name,
            self.email,
            self.phones,
            self.extra_emails,
            created_at,
            self.persona,
            churn_risk(self.orders, now, mood),
        )


def invent_clients(rng: random.Random, now: datetime) -> list[Client]:
    """All customers with their ordinary histories; orders made for tickets are added later."""
    personas = [persona for persona, count in PERSONAS for _ in range(count)]
    people = invent_people(rng)
    clients: list[Client] = []
    for index, (person, persona) in enumerate(zip(people, personas, strict=True)):
        email: str | None = f"{person.email_local}@{DOMAINS[index % 3]}"
        phones = (_phone(index, person.locale),) if index % 5 < 3 else ()
        if index % 37 == 1:
            email, phones = None, (_phone(index, person.locale),)
        extra = (f"{person.email_local}.work@{DOMAINS[(index + 1) % 3]}",) if email and index % 23 == 4 else ()
        orders = history(rng, persona, now) if persona != "visitor" else []
        clients.append(Client(f"customer-{index + 1:03d}", person, persona, email, phones, extra, orders))
    hostile = next(c for c in clients if c.person.locale == "de" and c.email and c.persona == "regular")
    hostile.person = Person(HOSTILE_NAME, "Petra", "Petra", "petra.klee", "hostile")
    hostile.email, hostile.extra_emails = "petra.klee@example.net", ()
    return clients


def _phone(index: int, locale: str) -> str:
    if locale == "de":
        return f"+493023125{index:03d}"
    if locale == "fr":
        return f"+33639980{index:03d}"
    if locale in ("en", "ja", "ko", "es"):
        return f"+1{AREA_CODES[index % 10]}55501{index // 10:02d}"
    return f"+447700900{index:03d}"
