"""The slots of a conversation, filled from the records, and the small language the texts are written in."""

import random
import re
from datetime import datetime, timedelta

from tickets.demo.catalog import BY_CATEGORY, COLOURED, COTTON, LINEN, SHOP_NAME, SIZES, Product
from tickets.demo.clients import Client
from tickets.demo.conversations.voices import VOICES
from tickets.demo.orders import OrderDraft

CITIES: dict[str, tuple[str, ...]] = {
    "en": (
        "Columbus",
        "Portland",
        "Asheville",
        "Duluth",
        "Leeds",
        "Savannah",
        "Boise",
        "Halifax",
        "Madison",
        "Truro",
    ),
    "de": ("Lübeck", "Freiburg", "Erfurt", "Göttingen"),
    "fr": ("Nantes", "Annecy", "Rennes", "Nîmes"),
    "es": ("Oviedo", "Málaga", "Zaragoza", "Vigo"),
    "pl": ("Gdynia", "Lublin"),
    "it": ("Lecce", "Trieste"),
    "nl": ("Zwolle", "Leiden"),
    "pt": ("Braga", "Coimbra"),
    "ja": ("金沢", "松本"),
    "tr": ("Bursa", "İzmir"),
}
STREETS: dict[str, tuple[str, ...]] = {
    "en": (
        "14 Tannery Row",
        "7 Quarry Lane",
        "212 Linden Court",
        "39 Millpond Street",
        "5 Weaver's Yard",
        "88 Alder Hill",
    ),
    "de": ("Weberstraße 9", "Am Bleichgraben 3", "Lindenhof 27"),
    "fr": ("12 rue des Tisserands", "4 allée du Lavoir"),
    "es": ("calle del Telar 8", "plaza del Lino 3"),
    "pl": ("ul. Tkacka 5",),
    "it": ("via dei Tessitori 6",),
    "nl": ("Weversgracht 21",),
    "pt": ("Rua do Tear 15",),
    "ja": ("機織町2-7",),
    "tr": ("Dokumacı Sokak 11",),
}
REASONS = (
    "I teach a class on {weekday} and counted on it.",
    "It is a birthday present, and the birthday is on {weekday}.",
    "The craft fair in {city} is this weekend.",
    "I had taken {weekday} off to sew.",
    "It is for my sister's wedding.",
    "The baby it is meant for is due any day.",
    "My quilting group meets on {weekday}.",
    "I leave for a retreat on {weekday}.",
    "My own customer is waiting for it.",
    "The school play is on {weekday} and the costumes are not finished.",
    "A friend swears by your shop, so I am surprised.",
    "Everything else for the project is cut and waiting.",
    "My mother-in-law visits on {weekday} and it was meant for her room.",
    "Otherwise I must buy it elsewhere.",
)
HANDED = ("rotary cutter", "thread snip", "quilting ruler", "crochet set", "point turner")
CODES = ("LARK-10", "HELLO-15", "AUTUMN-20", "THREAD-10", "CLUB-12", "FIRST-15", "STITCH-10")
ALTERNATIVES = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")


def word(rng: random.Random, text: str, slots: dict[str, str]) -> str:
    """Choose among `[a|b]`, then fill the `{slots}`."""
    chosen = ALTERNATIVES.sub(lambda match: rng.choice(match.group(1).split("|")), text)
    return chosen.format_map(slots)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plain_title(product: Product, language: str) -> str:
    """The title as it stands in a sentence: no measure, and tools in small letters in English."""
    title = product.title.split(",")[0]
    common = product.category in ("tool", "notion") and language == "en"
    return title[:1].lower() + title[1:] if common else title


def facts(rng: random.Random, client: Client, language: str, at: datetime, order: OrderDraft | None) -> dict[str, str]:
    """Every slot a text of this conversation may use."""
    slots = {
        "name": client.person.name,
        "shop": SHOP_NAME,
        "me": client.person.given if language != "en" else client.person.given_latin,
        "first": client.person.given if language != "en" else client.person.given_latin,
        "email": client.email or "your address",
        "city": rng.choice(CITIES.get(language, CITIES["en"])),
        "street": rng.choice(STREETS.get(language, STREETS["en"])),
        "weekday": rng.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")),
        "friend": rng.choice(("sister", "neighbour", "colleague", "aunt", "daughter-in-law", "best friend")),
        "code": rng.choice(CODES),
        "metres": str(rng.randint(3, 14)),
        "skeins": str(rng.randint(5, 16)),
        "bolt": str(rng.choice((20, 25, 30, 40, 60, 80, 120))),
    }
    slots["reason"] = rng.choice(REASONS).format_map(slots)
    slots |= _goods(rng, language)
    if order:
        slots |= _order_facts(rng, order, language, at)
    return slots | {capital(key): capital(value) for key, value in slots.items()}


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
        "cutter": rng.choice(HANDED),
        "fabric": plain_title(fabric, language),
        "colour": rng.choice(colours),
        "size": SIZES[smaller],
        "size2": SIZES[smaller + 1],
    }


def _order_facts(rng: random.Random, order: OrderDraft, language: str, at: datetime) -> dict[str, str]:
    voice = VOICES.get(language, VOICES["en"])
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
