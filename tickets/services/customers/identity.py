"""Reject ids and addresses that identify nobody: placeholders of shops, and numbers that a spreadsheet has rounded."""

import unicodedata

from agents.common.patterns import compile_pattern

LONGEST = 400  # characters examined; a placeholder is short
LONGEST_EXACT = 15  # digits that a spreadsheet keeps
_PLACEHOLDERS = frozenset(
    [
        "null", "none", "nil", "nan", "nat", "na", "guest", "guestuser", "guestcustomer", "guestcheckout",
        "guestorder", "gast", "gastkunde", "gastbestellung", "anonymous", "anonymoususer", "anon", "unknown",
        "unknowncustomer", "undefined", "unassigned", "unspecified", "notset", "notavailable", "notapplicable",
        "notprovided", "notgiven", "nodata", "noid", "nocustomer", "nouser", "nocustomerid", "empty", "missing",
        "blank", "default", "visitor", "walkin", "walkincustomer", "true", "false", "yes", "no", "keine", "kein",
        "unbekannt", "leer", "ohne", "nichtangegeben", "invite", "inconnu", "anonyme", "aucun", "invitado",
        "desconocido", "ninguno", "objectobject", "customer", "user", "tbd", "tba", "xxx", "inf", "infinity",
    ]
)  # fmt: skip
_LITERAL = frozenset({"-1", "\\n", "#ref!", "#value!", "#name?", "#num!", "#div/0!", "#null!"})
_EMAIL_WORDS = frozenset(
    [
        "null", "none", "nil", "nan", "na", "guest", "undefined", "unknown", "noemail", "nomail", "noemailaddress",
        "noaddress", "noemailgiven", "noemailprovided", "emailnotprovided", "notprovided", "keineemail", "keinemail",
        "keineadresse", "ohneemail", "sansemail", "sinemail", "anonymous", "missing", "empty", "blank", "no",
        "invalid",
    ]
)  # fmt: skip
# Local parts that belong to no single person, with any domain.
_SHARED_BOXES = _EMAIL_WORDS - {
    "guest",
    "na",
    "no",
    "anonymous",
    "unknown",
    "invalid",
    "nan",
    "nil",
    "missing",
    "empty",
    "blank",
}
_ROUNDED = compile_pattern(r"[+-]?[0-9]{1,40}[.,][0-9]{1,40}[eE][+-]?[0-9]{1,4}|[+-]?[0-9]{1,40}[eE]\+[0-9]{1,4}")
_WHOLE = compile_pattern(r"([0-9]{1,40})\.0{1,6}")
_MAX_ZEROS = 5  # trailing zeros of a number that may be a rounded float


def _folded(text: str) -> str:
    """The letters and digits of a text, case folded; punctuation does not matter in a placeholder."""
    return "".join(character for character in text[:LONGEST].casefold() if character.isalnum())


def _words(name: str) -> list[str]:
    """A name's words in alphabetical order, without case, accents and punctuation."""
    plain = "".join(one for one in unicodedata.normalize("NFKD", name[:LONGEST]) if not unicodedata.combining(one))
    return sorted("".join(one if one.isalnum() else " " for one in plain.casefold()).split())


def have_different_names(one: str | None, other: str | None, stand_in: str = "") -> bool:
    """Whether both are names, and not the same: `Lund, Mia` is `mia lund`.

    An address is no name, nor is the `stand_in` that replaces a missing name.
    """
    names = [_words(name) for name in (one or "", other or "") if "@" not in name and name != stand_in]
    return len(names) == 2 and all(names) and names[0] != names[1]


def is_placeholder(text: str | None) -> bool:
    """Whether the text is a placeholder for a missing id: empty, punctuation, zeros, `null`, `guest`, `n/a`, an empty UUID."""
    given = (text or "").strip()
    if given.casefold() in _LITERAL:
        return True
    folded = _folded(given)
    if not folded:
        return len(given) <= LONGEST
    if folded in _PLACEHOLDERS:
        return True
    zeros = given.strip("()[]{}<>\"'#- ").replace(".", "").replace(",", "")
    return not zeros.strip("0") or (len(folded) == 32 and set(folded) in ({"0"}, {"f"}))


def is_placeholder_email(text: str | None) -> bool:
    """Whether the text is a placeholder for a missing address: `guest`, `n/a`, `no-email`, `none@none.com`,
    `noemail@example.com`.
    """
    given = (text or "").strip()[:LONGEST]
    local, at, domain = given.rpartition("@")
    if not at:
        return is_placeholder(given) or _folded(given) in _EMAIL_WORDS
    name = _folded(local)
    if not name or name in _SHARED_BOXES:
        return True
    return name in _EMAIL_WORDS and _folded(domain.partition(".")[0]) in _EMAIL_WORDS


def is_rounded(text: str) -> bool:
    """Whether the text is a number as a spreadsheet shortens it (`7.04E+12`), or as a float that may have lost digits."""
    given = text.strip()
    if _ROUNDED.fullmatch(given):
        return True
    whole = _WHOLE.fullmatch(given)
    if whole is None:
        return False
    digits = whole.group(1) or ""
    return len(digits) > LONGEST_EXACT or (len(digits) > 10 and digits.endswith("0" * _MAX_ZEROS))


def exact_number(text: str) -> str:
    """Remove `.0` from a whole number such as `5123456789012.0`; other texts are returned unchanged."""
    whole = _WHOLE.fullmatch(text.strip())
    return (whole.group(1) or "") if whole else text
