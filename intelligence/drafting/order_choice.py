"""Find the order that the customer means: the one they name if it is theirs, else the only candidate, else ask."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agents.common.patterns import compile_unicode
from intelligence.contract.facts import Conversation, OrderFacts
from intelligence.drafting import record_values

RECENT = timedelta(days=60)
OLDEST = timedelta(days=180)  # older orders must be named by the customer
MIN_LENGTH = 4  # digits of a number that counts as an order number without the word "order"
SCANNED = 20_000  # characters of a message searched for numbers
OPEN_STATES = frozenset({"unfulfilled", "partial", "shipped"})

# Topics that need an order, with the order states they can concern, likeliest first.
STATES: dict[str, tuple[frozenset[str], ...]] = {
    "shipping": (OPEN_STATES, frozenset({"delivered"})),
    "wrong_address": (OPEN_STATES,),
    "cancel": (OPEN_STATES,),
    "damaged": (frozenset({"delivered", "shipped", "partial"}),),
    "missing": (frozenset({"delivered", "shipped", "partial"}),),
    "wrong_item": (frozenset({"delivered", "shipped", "partial"}),),
    "return": (frozenset({"delivered", "returned", "shipped", "partial"}),),
    "refund": (frozenset({"returned", "cancelled", "refunded"}), frozenset({"delivered", "shipped", "partial"})),
}

_TOKEN = compile_unicode(r"[A-Za-z0-9][A-Za-z0-9_-]{0,58}")
_LONG_TOKEN = compile_unicode(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,58}[A-Za-z0-9]")
# A number that the customer calls an order number: at least four digits, and not a year.
_CALLED = compile_unicode(
    r"(?:#|\b(?:order|bestellung|bestellnummer|auftrag|commande|pedido)\b\s{0,3}"
    r"(?:number|no\b|nr\b|nummer|numéro|n°|nº|número|id\b)?[\s.:#]{0,3})"
    r"((?!(?:19|20)\d\d\b)[A-Za-z-]{0,8}[0-9]{4}[A-Za-z0-9-]{0,32})",
    ignore_case=True,
)


@dataclass(frozen=True)
class Choice:
    """The order that a conversation is about.

    `how`: named, only (one recent order), several (see `candidates`), foreign (the number is not this customer's) or none.
    """

    how: str
    order: OrderFacts | None = None
    candidates: tuple[OrderFacts, ...] = ()


def state(order: OrderFacts) -> str:
    """The order's state, or "unclear" if its own fields contradict each other."""
    if order.status == "cancelled":
        return "cancelled"
    if order.fulfillment_status == "returned":
        return "returned"
    if order.status == "refunded":
        return "refunded"
    behind = {"shipped": {"unfulfilled"}, "delivered": {"unfulfilled", "partial", "shipped"}}
    return "unclear" if order.fulfillment_status in behind.get(order.status, ()) else order.fulfillment_status


def choose(conversation: Conversation, about: str) -> Choice:
    """Find the order that the conversation is about."""
    usable = [order for order in conversation.customer.orders if record_values.order_number(order.number)]
    named, foreign = _named(conversation, usable)
    if named:
        return Choice("named", named[0]) if len(named) == 1 else Choice("several", candidates=tuple(named))
    if foreign:
        return Choice("foreign")
    past = [order for order in usable if OLDEST >= conversation.now - order.placed_at >= timedelta(0)]
    for states in STATES.get(about, ()):
        candidates = _recent([order for order in past if state(order) in states], conversation.now)
        if len(candidates) == 1:
            return Choice("only", candidates[0])
        if candidates:
            return Choice("several", candidates=tuple(candidates))
    return Choice("none")


def _recent(orders: Iterable[OrderFacts], now: datetime) -> list[OrderFacts]:
    """The orders of the last weeks, newest first; if there are none, the newest order alone."""
    newest = sorted(orders, key=lambda order: (order.placed_at, order.number), reverse=True)
    return [order for order in newest if now - order.placed_at <= RECENT] or newest[:1]


def _named(conversation: Conversation, orders: list[OrderFacts]) -> tuple[list[OrderFacts], bool]:
    """The customer's orders that the newest text with an order number names, and whether that text names a foreign number."""
    by_number = {_plain(order.number): order for order in orders}
    by_tracking = {_plain(number): order for order in orders for number in order.tracking_numbers}
    texts = [message.content for message in reversed(conversation.ticket.messages) if not message.from_agent]
    for text in [*texts, conversation.ticket.subject]:
        part = text[:SCANNED]
        called = {_plain(match) for match in _CALLED.findall(part)}
        found: dict[str, OrderFacts] = {}
        for token in map(_plain, _TOKEN.findall(part) + _LONG_TOKEN.findall(part)):
            order = by_number.get(token) or by_tracking.get(token)
            # "5 days" refers to no order, even if the shop has an order 5.
            if order is not None and len(token) >= MIN_LENGTH:
                found[order.number] = order
        if found:
            return list(found.values()), False
        if any(token not in by_number and token not in by_tracking for token in called):
            return [], True
    return [], False


def _plain(number: str) -> str:
    return compile_unicode(r"[^a-z0-9]").sub("", number.lower())
