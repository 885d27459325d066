"""What the shop sells. Titles are singular, so that any sentence can say "the <title> is …"."""

from dataclasses import dataclass
from decimal import Decimal

SHOP_NAME = "Larkmere Cloth"
CURRENCY = "USD"
FREE_SHIPPING_FROM = Decimal("75.00")
SHIPPING_FEE = Decimal("6.90")

SIZES = ("XS", "S", "M", "L", "XL")
LINEN = ("flax", "ink", "moss", "rust", "chalk")
COTTON = ("petrol", "moss green", "mustard", "dusk pink", "charcoal")
YARN = ("heather", "oatmeal", "storm blue", "madder")


@dataclass(frozen=True)
class Product:
    """An article; `variants` are sizes or colours, each with its own SKU."""

    title: str
    category: str
    price: Decimal
    variants: tuple[str, ...]

    def sku(self, variant: str) -> str:
        """A SKU of letters only, so that it cannot be mistaken for an order number."""
        parts = [word[:3] for word in f"{self.title} {variant}".replace("-", " ").split()]
        return "-".join("".join(char for char in part if char.isalnum()) for part in parts if part).upper()

    def line_title(self, variant: str) -> str:
        return f"{self.title}, {variant}" if variant else self.title


def _range(category: str, variants: tuple[str, ...], *rows: tuple[str, str]) -> tuple[Product, ...]:
    return tuple(Product(title, category, Decimal(price), variants) for title, price in rows)


PRODUCTS: tuple[Product, ...] = (
    *_range(
        "garment",
        SIZES,
        ("Linden wrap dress", "84.00"),
        ("Harlow coat", "148.00"),
        ("Wren jacket", "112.00"),
        ("Tansy blouse", "58.00"),
        ("Orchard smock", "72.00"),
        ("Fenland culotte", "79.00"),
        ("Sorrel skirt", "64.00"),
        ("Brook cardigan", "96.00"),
        ("Alder work shirt", "69.00"),
        ("Pippin dungaree", "98.00"),
        ("Heron raincoat", "164.00"),
        ("Mallow nightdress", "54.00"),
    ),
    *_range(
        "fabric",
        LINEN,
        ("Moor linen, 1 m", "18.50"),
        ("Washed linen, 1 m", "21.00"),
        ("Linen twill, 1 m", "24.50"),
        ("Linen gauze, 1 m", "19.80"),
        ("Heavy canvas, 1 m", "16.90"),
    ),
    *_range(
        "fabric",
        COTTON,
        ("Cotton lawn, 1 m", "14.80"),
        ("Double gauze, 1 m", "15.60"),
        ("Needlecord, 1 m", "17.40"),
        ("Brushed flannel, 1 m", "13.90"),
        ("Cotton sateen, 1 m", "19.20"),
        ("Ribbed jersey, 1 m", "18.90"),
        ("Boiled wool, 1 m", "36.00"),
        ("Waxed cotton, 1 m", "29.50"),
    ),
    *_range(
        "fabric",
        (),
        ("Autumn Hedgerow jelly roll", "46.00"),
        ("Meadow charm pack", "14.50"),
        ("Tidepool layer cake", "48.00"),
        ("Night Garden fat quarter bundle", "62.00"),
        ("Harvest Star panel", "22.00"),
        ("Cotton batting 80/20, queen", "54.00"),
        ("Wool batting, throw", "58.00"),
        ("Bamboo batting, crib", "29.00"),
    ),
    *_range(
        "yarn",
        YARN,
        ("Fell sock yarn, 100 g", "19.50"),
        ("Tarn merino, 50 g", "9.80"),
        ("Crag aran, 100 g", "14.20"),
        ("Gorse mohair lace, 25 g", "12.60"),
        ("Beck cotton DK, 50 g", "6.40"),
    ),
    *_range(
        "tool",
        (),
        ("Rotary cutter, 45 mm", "24.00"),
        ("Cutting mat, A2", "32.00"),
        ("Thread snip, forged", "44.00"),
        ("Walking foot, universal", "38.00"),
        ("Quilting ruler, 24 in", "27.50"),
        ("Steam iron, compact", "69.00"),
        ("Bamboo knitting needle set", "42.00"),
        ("Interchangeable crochet set", "36.00"),
        ("Bullet journal punch", "18.00"),
        ("Folding craft lamp", "78.00"),
        ("Embroidery hoop set", "16.50"),
        ("Dress form, adjustable", "189.00"),
        ("Point turner, bone", "7.20"),
        ("Tailor's ham", "26.00"),
    ),
    *_range(
        "notion",
        (),
        ("Coconut button set", "8.40"),
        ("Corozo button card", "9.20"),
        ("Cotton thread box, 24 spools", "39.00"),
        ("Invisible zip, 40 cm", "3.60"),
        ("Bias tape, 25 m", "12.80"),
        ("Sashiko thread trio", "11.40"),
        ("Glass-head pin tin", "7.90"),
        ("Machine needle assortment", "9.60"),
        ("Woven label pack", "13.50"),
        ("Fusible interfacing, 3 m", "14.70"),
    ),
    *_range(
        "kit",
        (),
        ("Harvest Star quilt kit", "128.00"),
        ("Fox softie kit", "28.00"),
        ("First cardigan kit", "74.00"),
        ("Sashiko sampler kit", "32.00"),
        ("Punch needle cushion kit", "39.00"),
        ("Linen apron kit", "42.00"),
        ("Advent bunting kit", "34.00"),
        ("Visible mending kit", "26.00"),
    ),
    *_range(
        "pattern",
        (),
        ("Wren jacket PDF pattern", "12.00"),
        ("Linden dress PDF pattern", "12.00"),
        ("Harvest Star PDF pattern", "10.00"),
        ("Fell socks PDF pattern", "6.00"),
        ("Tote and pouch PDF pattern", "8.00"),
    ),
    *_range(
        "subscription",
        (),
        ("Fabric Club box", "39.00"),
        ("Sock Yarn Club box", "27.00"),
        ("Quilt Block Club box", "34.00"),
    ),
)

BY_CATEGORY: dict[str, tuple[Product, ...]] = {
    category: tuple(product for product in PRODUCTS if product.category == category)
    for category in ("garment", "fabric", "yarn", "tool", "notion", "kit", "pattern", "subscription")
}
PARCEL_CATEGORIES = ("garment", "fabric", "fabric", "yarn", "tool", "notion", "kit")
MIXED_CATEGORY = "coloured"  # products that come in colours
COLOURED: tuple[Product, ...] = tuple(
    product for product in PRODUCTS if product.variants and product.category in ("fabric", "yarn")
)
