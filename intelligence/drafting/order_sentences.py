"""What a draft says about an order, and what it asks. Every figure comes from the record."""

from dataclasses import dataclass
from datetime import datetime

from intelligence.contract.facts import OrderFacts
from intelligence.contract.results import Used
from intelligence.drafting import record_values
from intelligence.drafting.order_choice import STATES, Choice, state
from intelligence.drafting.packs import Pack
from intelligence.drafting.topic_choice import Matter

LISTED = 3  # orders offered for choice in one sentence
_STATUS = frozenset({"shipping", "missing", "wrong_address", "cancel", "unknown"})
_BESIDE_ASK = frozenset({"damaged", "wrong_item", "missing", "return", "wrong_address"})
_UNDER_WAY = frozenset({"partial", "shipped"})
_ENDED = frozenset({"cancelled", "returned", "refunded"})


@dataclass(frozen=True)
class Facts:
    """The sentences about an order in each length; empty if no record supports one."""

    full: str = ""
    short: str = ""
    carrier: str = ""
    tracking: str = ""
    tracking_short: str = ""
    link: str = ""
    used: tuple[Used, ...] = ()


def facts_of(pack: Pack, matter: Matter, choice: Choice, now: datetime) -> Facts:
    """The one fact that answers the customer's matter, with tracking if it is about the parcel."""
    if matter.topic in ("thanks", "check_in", "praise"):
        return Facts()
    if choice.how == "several":
        return _several(pack, choice, now)
    order = choice.order
    if order is None:
        return Facts()
    key = _fact_key(matter, order, named=choice.how == "named")
    if not key:
        return Facts()
    values = _values(pack, order, now)
    full, short = pack.say("facts", key), pack.say("facts_short", key)
    used = [Used("order", order.number, f"Order {order.number}")]
    carrier = tracking = tracking_short = link = ""
    if matter.about == "shipping" and state(order) in _UNDER_WAY:
        carrier, tracking, tracking_short, link = _parcel(pack, order)
        if tracking:
            number = record_values.tracking_number(order.tracking_numbers[0])
            used.append(Used("tracking", number, f"Tracking number {number}"))
    return Facts(full.format(**values), short.format(**values), carrier, tracking, tracking_short, link, tuple(used))


def _several(pack: Pack, choice: Choice, now: datetime) -> Facts:
    """The orders that could be meant, for the customer to choose from; empty if there are too many to list."""
    if len(choice.candidates) > LISTED:
        return Facts()
    form = pack.say("facts", "one_of_several")
    listed = pack.listed([form.format(**_values(pack, order, now)) for order in choice.candidates])
    used = tuple(Used("order", order.number, f"Order {order.number}") for order in choice.candidates)
    return Facts(full=pack.say("facts", "several").format(orders=listed), used=used)


def _fact_key(matter: Matter, order: OrderFacts, *, named: bool) -> str:
    """The key of the fact that answers the matter; an order that contradicts itself is only named."""
    where, about = state(order), matter.about
    if order.refunded > 0 and (about in ("refund", "return") or where == "refunded"):
        return "refunded"
    if about == "billing":
        return "charged"
    if about == "discount" and order.discount > 0:
        return "discounted"
    if where in ("unclear", "refunded"):
        return "reference"
    if about in _STATUS or (about == "refund" and where in _ENDED) or (about == "return" and where == "returned"):
        return where
    return "reference" if named or about in STATES else ""


def _values(pack: Pack, order: OrderFacts, now: datetime) -> dict[str, str]:
    return {
        "number": order.number,
        "date": pack.date(order.placed_at, now),
        "total": pack.money(order.total, order.currency),
        "refunded": pack.money(order.refunded, order.currency),
        "discount": pack.money(order.discount, order.currency),
    }


def _parcel(pack: Pack, order: OrderFacts) -> tuple[str, str, str, str]:
    """Carrier, tracking, short tracking and link. If only one parcel fits, the first of several."""
    carrier = record_values.carrier(order.carrier)
    by_carrier = pack.say("facts", "carrier").format(carrier=carrier) if carrier else ""
    numbers = [record_values.tracking_number(number) for number in order.tracking_numbers]
    if len(numbers) != 1 or not numbers[0]:
        return by_carrier, "", "", ""
    key = "tracking_carrier" if carrier else "tracking"
    tracking = pack.say("facts", key).format(carrier=carrier, tracking=numbers[0])
    short = pack.say("facts_short", "tracking").format(tracking=numbers[0])
    url = record_values.link(order.tracking_urls[0]) if len(order.tracking_urls) == 1 else ""
    return by_carrier, tracking, short, pack.say("facts", "link").format(url=url) if url else ""


def ask_keys(matter: Matter, choice: Choice) -> tuple[str, ...]:
    """Keys of what the reply asks or says next, in order."""
    if matter.topic in ("thanks", "check_in", "praise"):
        return (matter.topic,)
    if choice.how == "foreign":
        return ("foreign",)
    if choice.how == "several":
        return ("which" if len(choice.candidates) <= LISTED else "which_open",)
    if matter.topic in ("follow_up", "escalation"):
        return (matter.topic,)
    about = matter.about
    if choice.order is None:
        if about not in STATES:
            return ("given" if matter.given else about,)
        if about in _BESIDE_ASK:
            return ("given" if matter.given else about, "order")
        return ("order",)
    return ("given" if matter.given else _stated(about, choice.order),)


def _stated(about: str, order: OrderFacts) -> str:
    """The question that fits the order's state, such as shipping.delivered."""
    where = state(order)
    ended = where in _ENDED
    if about == "missing" and where == "partial":
        return "shipping.unfulfilled"
    if about == "shipping" and where in ("unfulfilled", "delivered"):
        return f"{about}.{where}"
    if about in ("shipping", "wrong_address") and where in _UNDER_WAY:
        return f"{about}.shipped"
    if about == "cancel" and where in ("shipped", "delivered"):
        return f"{about}.{where}"
    if about == "refund" and order.refunded > 0:
        return "refund.refunded"
    if (about in ("shipping", "cancel", "refund", "return") and ended) or (
        about == "wrong_address" and (ended or where == "delivered")
    ):
        return f"{about}.ended"
    return about
