"""From plans to tickets: words, moments, notes, and the figures a model would put beside them."""

import random
from collections import Counter
from datetime import datetime, timedelta

from tickets.demo.agents import GIVEN_NAME, PEOPLE
from tickets.demo.chance import stream, weighted
from tickets.demo.clients import Client
from tickets.demo.conversations.dialogue import Dialogue, Line, timed
from tickets.demo.conversations.slot_values import facts
from tickets.demo.conversations.special import SpecialCase, special_cases
from tickets.demo.conversations.topic import PRIORITIES
from tickets.demo.records import DemoMessage, DemoNote, DemoTicket
from tickets.demo.ticket_plans import Plan

MOST_EQUAL_SUBJECTS = 3
MESSAGE_TRIES = 6


class Desk:
    """Writes tickets one after the other and remembers subjects and openings, so that they do not repeat."""

    def __init__(self, seed: int, now: datetime) -> None:
        self.seed = seed
        self.now = now
        self.subjects: Counter[str] = Counter()
        self.openings: set[str] = set()

    def write(self, plan: Plan) -> DemoTicket:
        rng = stream(self.seed, f"ticket-{plan.seed}")
        author = plan.assigned_to or PEOPLE[plan.seed % len(PEOPLE)].email
        dialogue, subject, opening = self._begin(rng, plan, GIVEN_NAME[author])
        steps = dialogue.steps(plan.status, plan.assigned_to is not None)
        lines = timed(rng, dialogue.lines(steps, opening), plan.created_at, self.now)
        lines = lines or timed(rng, dialogue.lines("C", opening), plan.created_at, self.now)
        lines = lines or [(Line(False, opening[0], 0), plan.created_at)]
        messages = tuple(
            DemoMessage(line.from_agent, author if line.from_agent else None, line.text, moment)
            for line, moment in lines
        )
        topic = plan.topic
        known = topic.language == "en" and rng.random() < 0.94
        return DemoTicket(
            f"ticket-{plan.seed + 1:03d}",
            plan.client.key,
            plan.channel,
            plan.status,
            weighted(rng, PRIORITIES[topic.priorities]),
            self._subject(rng, subject, plan.client),
            topic.tags,
            plan.assigned_to,
            plan.created_at,
            _between(rng, topic.sentiment) if known else None,
            _between(rng, topic.difficulty) if rng.random() < 0.97 else None,
            messages,
            self._notes(rng, dialogue, author, messages),
        )

    def _begin(self, rng: random.Random, plan: Plan, agent: str) -> tuple[Dialogue, str, list[str]]:
        """An unused opening, if a few attempts find one."""
        for _ in range(MESSAGE_TRIES):
            slots = facts(rng, plan.client, plan.topic.language, plan.created_at, plan.order)
            slots |= {"agent": agent, "agent_hint": agent}
            dialogue = Dialogue(rng, plan.topic, plan.channel, slots, agent)
            subject, opening = dialogue.opening()
            if opening[0] not in self.openings and self.subjects[subject] < MOST_EQUAL_SUBJECTS - 1:
                break
        self.openings.add(opening[0])
        return dialogue, subject, opening

    def _subject(self, rng: random.Random, subject: str, client: Client) -> str:
        if self.subjects[subject] >= MOST_EQUAL_SUBJECTS:
            subject = f"{subject} – {client.person.name}"
        self.subjects[subject] += 1
        return subject

    def _notes(
        self, rng: random.Random, dialogue: Dialogue, author: str, messages: tuple[DemoMessage, ...]
    ) -> tuple[DemoNote, ...]:
        """Notes: about every fifth ticket has one, by its agent or a colleague."""
        first, latest = messages[0].created_at, messages[-1].created_at
        end = min(self.now, latest + timedelta(hours=2))
        if rng.random() > 0.23 or end - first < timedelta(minutes=4):
            return ()
        writer = author if rng.random() < 0.6 else rng.choice(PEOPLE).email
        moments = sorted(first + (end - first) * rng.uniform(0.1, 0.95) for _ in range(rng.choice((1, 1, 1, 2))))
        notes: dict[str, DemoNote] = {}
        for moment in moments:
            text = dialogue.note()
            notes.setdefault(text, DemoNote(writer, text, moment.replace(microsecond=0)))
        return tuple(notes.values())


def _between(rng: random.Random, span: tuple[float, float]) -> float:
    return round(rng.uniform(*span), 2)


def special_tickets(clients: list[Client], now: datetime) -> list[DemoTicket]:
    """The handwritten cases, spread over the demo accounts and suitable customers."""
    used: set[str] = set()
    tickets: list[DemoTicket] = []
    for place, case in enumerate(special_cases()):
        client = (
            next(
                c
                for c in clients
                if c.person.locale == case.locale
                and c.key not in used
                and c.email
                and c.phones
                and c.persona != "visitor"
            )
            if case.locale != "hostile"
            else next(c for c in clients if c.person.locale == "hostile")
        )
        used.add(client.key)
        tickets.append(_special(case, client, PEOPLE[place % 5].email, now))
    return tickets


def _special(case: SpecialCase, client: Client, owner: str, now: datetime) -> DemoTicket:
    created_at = now - timedelta(seconds=round(case.hours_old * 3600))
    client.first_ticket_at = min(created_at, client.first_ticket_at or created_at)
    messages = tuple(
        DemoMessage(
            turn.from_agent,
            owner if turn.from_agent else None,
            _signed(turn.text, owner),
            created_at + timedelta(seconds=case.pause_seconds * place),
        )
        for place, turn in enumerate(case.messages)
    )
    notes = (DemoNote(owner, case.note, created_at + timedelta(minutes=5)),) if case.note else ()
    return DemoTicket(
        case.key,
        client.key,
        case.channel,
        "open",
        case.priority,
        case.subject,
        case.tags,
        owner,
        created_at,
        case.sentiment,
        case.difficulty,
        messages,
        notes,
    )


def _signed(text: str, owner: str) -> str:
    """The text signed with the agent's own name, whoever the case was written for."""
    return text.replace("\nTheo, Larkmere", f"\n{GIVEN_NAME[owner]}, Larkmere").replace(
        "\nLeonie, Larkmere", f"\n{GIVEN_NAME[owner]}, Larkmere"
    )
