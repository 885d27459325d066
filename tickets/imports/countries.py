"""Countries as files name them, as the two letters that telephone numbers are read by."""

from functools import cache

from phonenumbers import SUPPORTED_REGIONS
from phonenumbers.geodata.locale import LOCALE_DATA

from tickets.imports.values import folded

# Three-letter codes of ISO 3166, and names that the list of countries lacks.
_OTHERS = {
    "usa": "US", "us of a": "US", "united states of america": "US", "uk": "GB", "gbr": "GB", "great britain": "GB",
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "el": "GR", "deu": "DE", "ger": "DE",
    "fra": "FR", "aut": "AT", "che": "CH", "sui": "CH", "aus": "AU", "can": "CA", "ita": "IT", "esp": "ES", "nld": "NL",
    "holland": "NL", "the netherlands": "NL", "bel": "BE", "swe": "SE", "dnk": "DK", "nor": "NO", "fin": "FI", "pol": "PL",
    "irl": "IE", "nzl": "NZ", "prt": "PT", "jpn": "JP", "chn": "CN", "ind": "IN", "bra": "BR", "mex": "MX", "zaf": "ZA",
    "lux": "LU", "cze": "CZ", "czechia": "CZ", "grc": "GR", "hun": "HU", "republic of ireland": "IE", "brd": "DE",
}  # fmt: skip


@cache
def _names() -> dict[str, str]:
    """Folded country names in all languages of the library, without names that two countries share."""
    meant: dict[str, set[str]] = {}
    for region, names in LOCALE_DATA.items():
        for name in names.values():
            if region in SUPPORTED_REGIONS and not name.startswith("*"):
                meant.setdefault(folded(name), set()).add(region)
    found = {name: next(iter(regions)) for name, regions in meant.items() if len(regions) == 1}
    return found | {folded(name): region for name, region in _OTHERS.items()}


def region_of(text: str) -> str:
    """The country's two letters (ISO 3166), "" if unknown."""
    code = text.strip().upper()
    return code if code in SUPPORTED_REGIONS else _names().get(folded(text[:100]), "")
