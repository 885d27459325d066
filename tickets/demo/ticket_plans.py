"""Which ticket comes from whom, when, by which channel, about what, and who looks after it."""

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.channels import find_channel
from tickets.demo.agents import DEMO_ACCOUNTS, PEOPLE, SPEAKERS
from tickets.demo.chance import weighted
from tickets.demo.clients import Client
from tickets.demo.commissions import SHORT_LIVED, commission
from tickets.demo.conversations.topic import Topic, topics
from tickets.demo.orders import OrderDraft

OPEN, PENDING, CLOSED = 222, 90, 280
LANGUAGES = (
    ("de", 30),
    ("fr", 20),
    ("es", 18),
    ("pl", 5),
    ("it", 5),
    ("nl", 5),
    ("pt", 4),
    ("ja", 3),
    ("tr", 2),
)
OWNED_BY_EACH_ACCOUNT = 26
UNASSIGNED = 60
VISITORS = {"open": 16, "pending": 4, "closed": 8}


@dataclass
class Plan:
    """A ticket before its texts are written."""

    status: str
    created_at: datetime
    topic: Topic
    channel: str
    client: Client
    assigned_to: str | None
    order: OrderDraft | None
    seed: int

    @property
    def closed(self) -> bool:
        return self.status == "closed"


def plan_tickets(rng: random.Random, clients: list[Client], now: datetime) -> list[Plan]:
    """All tickets that follow a topic; makes the orders that they are about."""
    statuses = ["open"] * OPEN + ["pending"] * PENDING + ["closed"] * CLOSED
    owners = _owners(rng)
    visitors = dict(VISITORS)
    languages = [language for language, count in LANGUAGES for _ in range(count)]
    languages += ["en"] * (len(statuses) - len(languages))
    rng.shuffle(languages)
    plans: list[Plan] = []
    for index, (status, language) in enumerate(zip(statuses, languages, strict=True)):
        created_at = now - timedelta(seconds=round(_age(rng, status) * 86400))
        visitor = language == "en" and visitors[status] > 0
        visitors[status] -= visitor
        topic = _topic(rng, language, status, (now - created_at).total_seconds() / 86400, visitor)
        channel = _channel(rng, topic)
        client = _client(rng, clients, topic, channel, visitor)
        order = None if topic.need == "none" else commission(rng, topic, created_at, status == "closed", now)
        if order:
            client.add_order(order)
        client.tickets += 1
        client.first_ticket_at = min(created_at, client.first_ticket_at or created_at)
        owner = owners[index] if index < OPEN else rng.choice(PEOPLE).email
        plans.append(Plan(status, created_at, topic, channel, client, _speaker(rng, owner, language), order, index))
    return plans


def _age(rng: random.Random, status: str) -> float:
    """Age in days: open tickets are mostly fresh, closed ones up to five months old."""
    if status == "open":
        return 0.003 + math.pow(rng.random(), 2.4) * 20.5
    if status == "pending":
        return 0.15 + math.pow(rng.random(), 1.6) * 12
    return 1.5 + math.pow(rng.random(), 1.3) * 148


def _owners(rng: random.Random) -> list[str | None]:
    others = [agent.email for agent in PEOPLE if agent.email not in DEMO_ACCOUNTS]
    owners: list[str | None] = [email for email in DEMO_ACCOUNTS for _ in range(OWNED_BY_EACH_ACCOUNT)]
    owners += [None] * UNASSIGNED
    owners += [others[index % len(others)] for index in range(OPEN - len(owners))]
    rng.shuffle(owners)
    return owners


def _speaker(rng: random.Random, owner: str | None, language: str) -> str | None:
    """An agent who speaks the ticket's language, if the ticket is assigned."""
    able = SPEAKERS.get(language, ())
    return rng.choice(able) if owner and able and owner not in able else owner


def _topic(rng: random.Random, language: str, status: str, age: float, visitor: bool) -> Topic:
    pool = [topic for topic in topics() if topic.language == language]
    if visitor:
        pool = [topic for topic in pool if topic.before_sale]
    if status != "closed" and age > 2.5:
        rest = [topic for topic in pool if topic.need not in SHORT_LIVED]
        pool = rest or pool
    if age < 2:
        pool = [topic for topic in pool if topic.key != "angry_third_message"]
    return weighted(rng, [(topic, topic.weight) for topic in pool])


def _channel(rng: random.Random, topic: Topic) -> str:
    ways = [("email", 42), ("form", 13)]
    ways += [("chat", 20)] if topic.chat else []
    ways += [("sms", 17)] if topic.sms else []
    ways += [("phone", 15)] if topic.spoken else []
    return weighted(rng, ways)


def _client(rng: random.Random, clients: list[Client], topic: Topic, channel: str, visitor: bool) -> Client:
    """A customer who uses this channel and speaks the language; those with few tickets first."""
    by_phone = find_channel(channel).contact == "phone"
    pool = [
        client
        for client in clients
        if bool(client.phones if by_phone else client.email)
        and (client.persona == "visitor") == visitor
        and (topic.language in ("en", client.person.locale))
        and client.person.locale != "hostile"
        and (topic.need == "none" or (client.persona != "lapsed" and not _has_its_one_order(client)))
    ]

    def weight(client: Client) -> int:
        own = 3 if client.person.locale == topic.language else 1
        return max(1, own * 360 // (1 + client.tickets * 2) ** 2)

    return weighted(rng, [(client, weight(client)) for client in pool])


def _has_its_one_order(client: Client) -> bool:
    return client.persona == "one_time" and client.commissioned
