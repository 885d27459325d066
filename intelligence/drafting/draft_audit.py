"""Ten thousand drafts, judged: `python -m intelligence.drafting.draft_audit [--drafts 10000] [--seed 1]`.

Channels × tones × languages × the demo's tickets, half of them with hostile texts, names and records. Ends with 1 where the
checker finds anything, or where a word of the customer got into a draft.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from intelligence.contract.facts import (
    Conversation,
    CustomerFacts,
    MessageFacts,
    OrderFacts,
    PastTicket,
    Resolution,
    TicketFacts,
)
from intelligence.contract.results import CHANNELS, TONES, CustomerAnalysis, DraftResult, Provenance
from intelligence.drafting import check, hostile_texts
from intelligence.drafting.drafts import composed
from intelligence.drafting.topic_choice import TOPICS
from tickets.demo.records import DemoOrder, DemoShop, DemoTicket
from tickets.demo.shop import build_shop

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LANGUAGES = ("en", "de", "fr", "es", "en", "pl", None)


@dataclass
class Report:
    """The violations that were found, with an example for each rule."""

    drafts: int = 0
    distinct: set[str] = field(default_factory=set)
    findings: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, result: DraftResult, conversation: Conversation) -> None:
        self.drafts += 1
        self.distinct.add(result.content)
        found = check.findings(result.content, conversation, result.language)
        if hostile_texts.CANARY.lower() in result.content.lower():
            found.append(check.Finding("canary", hostile_texts.CANARY))
        for finding in found:
            self.findings[finding.rule] += 1
            self.examples.setdefault(finding.rule, f"{finding.text!r} in {result.language} {result.content!r}")


def audit(drafts: int, seed: int) -> Report:
    """Compose and check the given number of drafts; the same seed makes the same drafts."""
    report = Report()
    for place, (conversation, tone) in enumerate(cases(seed)):
        if place == drafts:
            break
        report.add(composed(conversation, tone), conversation)
    return report


def cases(seed: int) -> Iterator[tuple[Conversation, str | None]]:
    """Endless stream of conversations and tones: each channel, tone and language with each kind of ticket."""
    rng = random.Random(seed)  # noqa: S311  seeded on purpose
    shop = build_shop(NOW, 1)
    orders: dict[str, list[DemoOrder]] = {}
    for order in shop.orders:
        orders.setdefault(order.customer_key, []).append(order)
    place = 0
    while True:
        for ticket in rng.sample(shop.tickets, len(shop.tickets)):
            channel, tone = CHANNELS[place % 5], (*TONES, None)[place // 5 % 6]
            conversation = _conversation(rng, shop, ticket, orders.get(ticket.customer_key, []), channel)
            yield (_made_hostile(rng, conversation) if place % 2 else conversation), tone
            place += 1


def _uuid(rng: random.Random) -> UUID:
    return UUID(int=rng.getrandbits(128))


def _conversation(
    rng: random.Random, shop: DemoShop, ticket: DemoTicket, orders: list[DemoOrder], channel: str
) -> Conversation:
    customer = next(one for one in shop.customers if one.key == ticket.customer_key)
    kept = ticket.messages[: rng.randint(min(1, len(ticket.messages)), len(ticket.messages))]
    messages = tuple(MessageFacts(_uuid(rng), one.from_agent, "", one.content, one.created_at) for one in kept)
    tags = ticket.tags if rng.random() < 0.5 else tuple(rng.sample(TOPICS, rng.randint(0, 2)))
    sentiment = rng.choice((None, 0.1, 0.3, 0.5, 0.9))
    facts = TicketFacts(
        _uuid(rng),
        ticket.subject,
        channel,
        "open",
        "normal",
        ticket.created_at,
        messages,
        tags,
        rng.choice(LANGUAGES),
        sentiment,
    )
    if rng.random() < 0.3:
        when = NOW - timedelta(days=rng.randint(0, 60))
        past = (PastTicket(_uuid(rng), "Late parcel {{ x }}", "closed", when, when),)
        facts = replace(facts, past=past, resolutions=(Resolution(_uuid(rng), "S", "We refund you $5.00.", when),))
    analysis = None
    if rng.random() < 0.3:
        analysis = CustomerAnalysis(_uuid(rng), Provenance("embedded", "1"), churn_level=rng.choice(("low", "high")))
    return Conversation(
        facts,
        CustomerFacts(_uuid(rng), customer.name, 100.0, len(orders), tuple(map(order_facts, orders))),
        NOW,
        analysis,
        rng.choice(("Theo Barrowby", "")),
        rng.choice(("Larkmere Cloth", "", "Stoff & Garn 24")),
    )


def order_facts(order: DemoOrder) -> OrderFacts:
    """A demo order in the form that providers receive."""
    return OrderFacts(
        order.number,
        order.placed_at,
        order.status,
        order.fulfillment_status,
        float(order.total),
        float(order.refunded),
        float(order.discount),
        order.currency,
        (),
        order.tracking_numbers,
        order.tracking_urls,
        order.shipping_carrier or "",
    )


def _made_hostile(rng: random.Random, conversation: Conversation) -> Conversation:
    """The conversation with hostile words added, and sometimes a hostile name, order or signature."""
    ticket, customer = conversation.ticket, conversation.customer
    text = MessageFacts(_uuid(rng), False, hostile_texts.CANARY, rng.choice(hostile_texts.TEXTS), NOW)
    ticket = replace(
        ticket, messages=(*ticket.messages, text), subject=rng.choice((ticket.subject, hostile_texts.TEXTS[0]))
    )
    if rng.random() < 0.5:
        customer = replace(customer, name=rng.choice(hostile_texts.NAMES))
    if rng.random() < 0.5:
        customer = replace(customer, orders=(*customer.orders, _hostile_order(rng)))
    agent = rng.choice(hostile_texts.SIGNATURES) if rng.random() < 0.1 else conversation.agent_name
    return replace(conversation, ticket=ticket, customer=customer, agent_name=agent)


def _hostile_order(rng: random.Random) -> OrderFacts:
    total = rng.choice((0.0, 12.5, 1234567.89))
    return OrderFacts(
        rng.choice(hostile_texts.NUMBERS),
        NOW - timedelta(days=rng.choice((-30, 0, 3, 400))),
        rng.choice(("pending", "paid", "shipped", "delivered", "cancelled", "refunded")),
        rng.choice(("unfulfilled", "partial", "shipped", "delivered", "returned")),
        total,
        rng.choice((0.0, total)),
        rng.choice((0.0, 5.0)),
        rng.choice(("USD", "EUR", "GBP", "CHF", "JPY")),
        (),
        (rng.choice(hostile_texts.TRACKING),),
        (rng.choice(hostile_texts.LINKS),),
        rng.choice(hostile_texts.CARRIERS),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description="Compose drafts and judge each of them.")
    parser.add_argument("--drafts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    report = audit(arguments.drafts, arguments.seed)
    write = sys.stdout.write
    write(f"{report.drafts} drafts, {len(report.distinct)} different, {sum(report.findings.values())} findings\n")
    for rule, count in report.findings.most_common():
        write(f"{rule}: {count}, such as {report.examples[rule]}\n")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main())
