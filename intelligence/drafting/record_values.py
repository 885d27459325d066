"""Values of records that may appear in a draft: names, numbers and links in their expected form."""

import unicodedata

from agents.common.patterns import compile_unicode
from agents.common.unicode_composition import composed

NAME_LENGTH = 40


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_TITLES = _words("dr mr mrs ms mx miss prof herr frau mme mlle m sr sra srta señor señora ing dipl")
_PARTICLES = _words("von van de der den del della di da dos la le zu zum ten ter bin al el y e und")
_NUMBER = compile_unicode(r"#?[A-Za-z0-9](?:[A-Za-z0-9./_-]{0,38}[A-Za-z0-9])?")
_TRACKING = compile_unicode(r"[A-Za-z0-9](?:[A-Za-z0-9-]{2,38}[A-Za-z0-9])")
_LINK = compile_unicode(r"https?://[A-Za-z0-9.-]+(?::\d+)?(?:/[A-Za-z0-9._~/?#&=%+-]*)?")
_COMPANY = compile_unicode(r"[^\W_][\w &.'’-]{0,58}")


def person(name: str) -> tuple[str, str]:
    """First name and full name for a greeting; both empty if the name is an address or contains markup or digits."""
    text = composed(name).strip()
    parts = text.split()
    while parts and parts[0].rstrip(".").lower() in _TITLES:
        parts.pop(0)
    if not parts or not all(_is_word(part) for part in parts):
        return "", ""
    parts = [_cased(part) for part in parts]
    full = " ".join(parts)
    if len(parts[0].strip(".")) < 2 or len(parts[0]) > NAME_LENGTH:
        return "", ""
    return parts[0], full if len(full) <= NAME_LENGTH else parts[0]


def _is_word(part: str) -> bool:
    """Whether the text consists of letters, with hyphens, apostrophes and the dot of an initial between or after them."""
    bare = part.strip(".").replace("-", "").replace("'", "").replace("’", "")
    return bool(bare) and all(unicodedata.category(char)[0] in "LM" for char in bare) and part.count(".") <= 1


def _cased(part: str) -> str:
    """The name in normal capitals: ANNA and anna become Anna; McCoy and von are kept."""
    shouted = part.isupper() and len(part) > 2
    return part.title() if shouted or (part.islower() and part not in _PARTICLES) else part


def signature(name: str) -> str:
    """The agent's or the shop's name on one line; empty if it contains markup."""
    line = " ".join(name.split())
    return line if _COMPANY.fullmatch(line) and any(char.isalpha() for char in line) else ""


def order_number(number: str) -> str:
    """The order number if it is safe to write in a text, else empty."""
    return number if _NUMBER.fullmatch(number) and any(char.isdigit() for char in number) else ""


def tracking_number(number: str) -> str:
    return number if _TRACKING.fullmatch(number) else ""


def link(url: str) -> str:
    return url if len(url) <= 200 and _LINK.fullmatch(url) else ""


def carrier(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= 40 and _COMPANY.fullmatch(line) and not any(char.isdigit() for char in line) else ""
