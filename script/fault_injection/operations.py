"""The writes that are made: what each asks for, and what must be in the database if it was done."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

TEXTS = (
    "Where is my parcel? I have been waiting for a week.",
    "The mug arrived broken and I would like my money back.",
    "Please change the address of my order before it is shipped.",
    "Thank you, that was quick and everything is fine now.",
    "I am very unhappy, this is the third time that I write to you.",
)
PRIORITIES = ("low", "normal", "high", "urgent")
CHANNELS = ("email", "sms", "chat", "phone", "form")
TAGS_AT_MOST = 15  # tags per ticket; the program allows 30


@dataclass
class Ticket:
    """A ticket that only this writer changes; `priority` is the last acknowledged one."""

    id: str
    priority: str = "normal"
    tags: int = 0


@dataclass
class Operation:
    """One write. `learn` receives the acknowledging body, `forget` is called if the result is unknown."""

    kind: str
    method: str
    path: str
    body: Any
    expect: dict[str, Any]
    keyed: bool = False  # sent with an Idempotency-Key, and repeated if the outcome is unknown
    form: bool = False
    learn: Callable[[dict[str, Any]], None] = lambda body: None
    forget: Callable[[], None] = lambda: None


@dataclass
class Facts:
    """What a writer knows: its account, the other agents, and the tickets shared by all writers."""

    writer: int
    agent: str
    agents: list[str]
    shared: list[str]


@dataclass
class Operations:
    """Draws one write after the other."""

    facts: Facts
    chance: random.Random
    own: list[Ticket] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    waiting: list[Callable[[str], Operation]] = field(default_factory=list)  # follow-up operations made from an answer

    def draw(self, marker: str) -> Operation:
        """The next write; each kind only if there is something to change."""
        if self.waiting and self.chance.random() < 0.8:
            return self.waiting.pop(0)(marker)
        if len(self.own) < 3 or not self.customers:
            return self.create(marker)
        kinds = list(WEIGHTS)
        kind: str = self.chance.choices(kinds, [WEIGHTS[one] for one in kinds])[0]
        made: Operation = getattr(self, kind)(marker)
        return made

    # --- Tickets and conversations ---
    def create(self, marker: str) -> Operation:
        writer = self.facts.writer
        email = f"customer{self.chance.randrange(20)}.of{writer}@example.com"
        body = {
            "author_email": email,
            "subject": f"Matter {marker}",
            "channel": self.chance.choice(CHANNELS),
            "priority": "normal",
            "initial_message": self._text(marker),
        }
        return Operation("create", "POST", "/api/tickets", body, {"from_agent": False}, self._keyed(), learn=self._made)

    def _made(self, body: dict[str, Any]) -> None:
        self.own.append(Ticket(body["id"]))
        self.own = self.own[-40:]
        if body["customer_id"] not in self.customers:
            self.customers.append(body["customer_id"])

    def reply(self, marker: str) -> Operation:
        ticket = self._anyone()
        body = {"content": self._text(marker)}
        return Operation("reply", "POST", f"/api/tickets/{ticket}/messages", body, {"ticket": ticket}, self._keyed())

    def customer_message(self, marker: str) -> Operation:
        ticket = self._anyone()
        body = {"content": self._text(marker), "from_agent": False}
        expect = {"ticket": ticket, "from_agent": False}
        return Operation("customer message", "POST", f"/api/tickets/{ticket}/messages", body, expect, self._keyed())

    def note(self, marker: str) -> Operation:
        ticket = self._anyone()
        body = {"content": self._text(marker)}
        return Operation("note", "POST", f"/api/tickets/{ticket}/notes", body, {"ticket": ticket})

    def later(self, marker: str) -> Operation:
        ticket = self._anyone()
        body = {"content": self._text(marker), "undo_seconds": self.chance.randint(1, 8)}
        path = f"/api/tickets/{ticket}/messages"
        taken_back = self.chance.random() < 0.3

        def learn(answer: dict[str, Any]) -> None:
            if taken_back:
                self.waiting.insert(0, lambda other: self._undo(other, marker, path, answer["id"]))

        return Operation("undo send", "POST", path, body, {"ticket": ticket}, self._keyed(), learn=learn)

    def _undo(self, marker: str, target: str, path: str, message: str) -> Operation:
        expect = {"target": target, "message": message}
        return Operation("taken back", "POST", f"{path}/{message}/undo", None, expect)

    # --- Changes ---
    def change(self, marker: str) -> Operation:
        ticket = self._mine()
        kind = self.chance.choice(("priority", "status", "subject", "tag"))
        if kind == "tag" and ticket.tags < TAGS_AT_MOST:
            ticket.tags += 1
            return self._patch(marker, ticket, {"add_tags": [marker]})
        if kind == "subject":
            return self._patch(marker, ticket, {"subject": f"Matter, said again {marker}"})
        if kind == "status":
            status = self.chance.choice(("open", "pending", "closed"))
            return self._patch(marker, ticket, {"status": status, **self._another(ticket)})
        return self._patch(marker, ticket, self._another(ticket))

    def assign(self, marker: str) -> Operation:
        ticket = self._mine()
        wanted = {"assigned_to": self.chance.choice(self.facts.agents), **self._another(ticket)}
        return self._patch(marker, ticket, wanted, "assign")

    def _patch(self, marker: str, ticket: Ticket, values: dict[str, Any], kind: str = "change") -> Operation:
        """A change to a value that differs from the current one: otherwise nothing would be written."""

        def learn(answer: dict[str, Any]) -> None:
            ticket.priority = values.get("priority", ticket.priority)

        expect = {"ticket": ticket.id, "values": values}
        body = {**values, "reason": f"Because of {marker}"}
        path = f"/api/tickets/{ticket.id}"
        return Operation(kind, "PATCH", path, body, expect, learn=learn, forget=lambda: self._drop(ticket))

    def _another(self, ticket: Ticket) -> dict[str, str]:
        return {"priority": self.chance.choice([one for one in PRIORITIES if one != ticket.priority])}

    def snooze(self, marker: str) -> Operation:
        ticket = self._mine()
        until = datetime.now(UTC) + timedelta(seconds=self.chance.randint(40, 4000))
        body = {"until": until.isoformat(), "until_reply": self.chance.random() < 0.5}
        return Operation("snooze", "POST", f"/api/tickets/{ticket.id}/snooze", body, {"ticket": ticket.id})

    def bulk(self, marker: str) -> Operation:
        tickets = [one for one in self.own if one.tags < TAGS_AT_MOST][-3:] or [self._mine()]
        for ticket in tickets:
            ticket.tags += 1
        ids = [ticket.id for ticket in tickets]
        body = {"do": "tag", "tag": marker, "ticket": ids}
        return Operation("bulk", "POST", "/tickets/bulk", body, {"tickets": ids}, form=True)

    # --- The queue ---
    def take_next(self, marker: str) -> Operation:
        def learn(answer: dict[str, Any]) -> None:
            if ticket := answer.get("id"):
                self.waiting.append(lambda other: self._hand_back(other, ticket))

        return Operation(
            "next", "POST", "/api/tickets/next", {}, {"agent": self.facts.agent}, self._keyed(), learn=learn
        )

    def _hand_back(self, marker: str, ticket: str) -> Operation:
        body = {"reason": f"Not mine {marker}"}
        path = f"/api/tickets/{ticket}/hand-back"
        return Operation("hand back", "POST", path, body, {"ticket": ticket}, self._keyed())

    # --- Customers and orders ---
    def order(self, marker: str) -> Operation:
        number, total = f"order-{marker}", self.chance.randrange(100, 90000) / 100
        customer = self.chance.choice(self.customers)
        body = self._order_body(customer, total)
        expect = {"number": number, "total": total, "lines": len(body["lines"])}

        def again(other: str) -> Operation:
            return self._change_order(other, number, customer, total)

        def learn(answer: dict[str, Any]) -> None:
            if self.chance.random() < 0.5:
                self.waiting.append(again)

        # PUT replaces the whole order, so it is safe to repeat.
        return Operation("order", "PUT", f"/api/orders/{number}", body, expect, keyed=True, learn=learn)

    def _change_order(self, marker: str, number: str, customer: str, before: float) -> Operation:
        total = round(before + 1 + self.chance.randrange(1000) / 100, 2)
        body = self._order_body(customer, total)
        expect = {"number": number, "total": total, "lines": len(body["lines"])}
        return Operation("order change", "PUT", f"/api/orders/{number}", body, expect, keyed=True)

    def _order_body(self, customer: str, total: float) -> dict[str, Any]:
        lines = [{"title": f"Mug {count}", "quantity": count} for count in range(1, self.chance.randint(2, 4))]
        return {"customer_id": customer, "placed_at": "2026-01-01T00:00:00Z", "total": total, "lines": lines}

    def customer_change(self, marker: str) -> Operation:
        customer = self.chance.choice(self.customers)
        name = f"Customer {marker}"
        return Operation(
            "customer change",
            "PATCH",
            f"/api/customers/{customer}",
            {"name": name},
            {"customer": customer, "name": name},
        )

    def _text(self, marker: str) -> str:
        return f"{self.chance.choice(TEXTS)} {marker}"

    def _keyed(self) -> bool:
        return self.chance.random() < 0.6

    def _mine(self) -> Ticket:
        return self.chance.choice(self.own)

    def _anyone(self) -> str:
        return self.chance.choice(self.facts.shared) if self.chance.random() < 0.4 else self._mine().id

    def _drop(self, ticket: Ticket) -> None:
        """Forget the ticket's state, which is unknown now."""
        self.own = [one for one in self.own if one is not ticket]


WEIGHTS = {
    "create": 14,
    "reply": 12,
    "customer_message": 12,
    "note": 8,
    "later": 9,
    "change": 14,
    "assign": 6,
    "snooze": 5,
    "bulk": 4,
    "take_next": 5,
    "order": 8,
    "customer_change": 5,
}
