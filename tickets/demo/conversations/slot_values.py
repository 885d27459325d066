"""The facts that fill the slots of a conversation's texts, taken from the records."""

import random
from datetime import datetime, timedelta

from tickets.demo.catalog import BY_CATEGORY, COLOURED, COTTON, LINEN, SHOP_NAME, SIZES, Product
from tickets.demo.clients import Client
from tickets.demo.conversations.text_filling import capitalize
from tickets.demo.conversations.voices import phrases, voices
from tickets.demo.orders import OrderDraft


def plain_title(product: Product, language: str) -> str:
    """The title as used in a sentence: without measures, and tools in small letters in English."""
    title = product.title.split(",")[0]
    common = product.category in ("tool", "notion") and language == "en"
    return title[:1].lower() + title[1:] if common else title


def facts(rng: random.Random, client: Client, language: str, at: datetime, order: OrderDraft | None) -> dict[str, str]:
    """The value of each slot that a text of this conversation may use, except the agent's name."""
    voice, shared = voices()[language], phrases()
    slots = {
        "name": client.person.name,
        "shop": SHOP_NAME,
        "me": client.person.given if language != "en" else client.person.given_latin,
        "first": client.person.given if language != "en" else client.person.given_latin,
        "email": client.email or "your address",
        "city": rng.choice(voice.cities),
        "street": rng.choice(voice.streets),
        "weekday": rng.choice(shared.weekdays),
        "friend": rng.choice(shared.friends),
        "code": rng.choice(shared.codes),
        "metres": str(rng.randint(3, 14)),
        "skeins": str(rng.randint(5, 16)),
        "bolt": str(rng.choice((20, 25, 30, 40, 60, 80, 120))),
    }
    slots["reason"] = rng.choice(shared.reasons).format_map(slots)
    slots |= _goods(rng, language)
    if order:
        slots |= _order_facts(rng, order, language, at)
    return slots | {capitalize(key): capitalize(value) for key, value in slots.items()}


def _goods(rng: random.Random, language: str) -> dict[str, str]:
    """Articles to ask about; colour and sizes fit them."""
    fabric = rng.choice([product for product in COLOURED if product.category == "fabric"])
    smaller = rng.randrange(len(SIZES) - 1)
    goods = {
        key: plain_title(rng.choice(BY_CATEGORY[key]), language)
        for key in ("garment", "tool", "yarn", "kit", "pattern")
    }
    colours = LINEN if fabric.variants == LINEN else COTTON
    return goods | {
        "cutter": rng.choice(phrases().cutters),
        "fabric": plain_title(fabric, language),
        "colour": rng.choice(colours),
        "size": SIZES[smaller],
        "size2": SIZES[smaller + 1],
    }


def _order_facts(rng: random.Random, order: OrderDraft, language: str, at: datetime) -> dict[str, str]:
    voice = voices()[language]
    others = [variant for variant in order.product.variants if variant != order.variant]
    if order.product.category == "garment" and order.variant:
        place = SIZES.index(order.variant)
        others = [SIZES[near] for near in (place - 1, place + 1) if 0 <= near < len(SIZES)]
    delivered = order.delivered_at or order.placed_at + timedelta(days=4)
    return {
        "order": order.number,
        "order_date": voice.date(order.placed_at),
        "delivered_date": voice.date(delivered),
        "days": str((at - order.placed_at).days),
        "item": plain_title(order.product, language),
        "variant": order.variant,
        "other": rng.choice(others) if others else "",
        "total": f"${order.total}",
        "refund": f"${order.refunded}",
        "carrier": order.carrier or "our courier",
        "tracking": order.tracking or "",
        "price": f"${order.product.price}",
    }
