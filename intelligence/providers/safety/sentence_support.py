"""Tell whether a sentence is of a kind that needs no record, or which record it needs.

A list of forbidden words is never complete, so every clause must be recognised as harmless: thanks, an apology, understanding,
a question, a request, what we are looking into, or the state of an order. Any other clause states something unverifiable.
"""

from agents.common.patterns import compile_unicode
from intelligence.contract.facts import OrderFacts
from intelligence.providers.safety.forbidden_words import ServiceWords
from intelligence.providers.safety.plain_text import folded

_NEW = compile_unicode(r"\b(?:new|another|neu\w*|weitere\w*|nouve\w+|autre|nuev[oa]s?|otr[oa]s?)\b")
_ASKS = compile_unicode(
    r"(?:what|which|how|when|where|who|why|do|did|have|has|are|is|was|were|does|could|can|would|may|was|wie|wo|wann|wer|warum|welche\w*|haben|möchten|sind|ist"
    r"|könn(?:en|ten)|hat|gibt|stimmt|que|quel\w*|comment|quand|où|qui|avez|est-ce|êtes|pourriez|pouvez|souhaitez|y|qué|cuál\w*|cómo|cuándo|dónde|quién|ha|tiene"
    r"|puede|podría|desea|sigue|es|está)\b"
)
_COMMA = compile_unicode(r", ")
_LEFT = " ,;:.!?-–¡¿\"'()"


def unsupported(sentence: str, words: ServiceWords, orders: list[OrderFacts]) -> str | None:
    """The first clause that is of no permitted kind, or `None`."""
    text = folded(sentence)
    contact = words.contact.search(text)
    if contact:
        return contact.group()
    clauses = [clause.strip(_LEFT) for clause in words.clauses.split(text)]
    clauses = [clause for clause in clauses if clause]
    question = text.rstrip(_LEFT.replace("?", "")).endswith("?")
    for place, clause in enumerate(clauses):
        asked = question and (place == len(clauses) - 1 or _ASKS.match(clause))
        if not asked and not _supported(clause, words, orders):
            return clause
    return None


def _supported(clause: str, words: ServiceWords, orders: list[OrderFacts]) -> bool:
    """Whether the clause is permitted by its beginning (also after an introductory clause), or states a record of an order."""
    rest = clause
    for _ in range(3):
        if words.frames.match(rest):
            return True
        shorter = words.leads.sub("", rest, count=1).strip(_LEFT)
        if shorter == rest and words.subordinate.match(rest):
            mains = [rest[match.end() :] for match in _COMMA.finditer(rest)]
            shorter = next((main for main in mains if words.frames.match(main)), mains[0])
        if not shorter:
            return True
        if shorter == rest:
            break
        rest = shorter
    return _recorded(rest, words, orders)


def _recorded(clause: str, words: ServiceWords, orders: list[OrderFacts]) -> bool:
    """Whether the clause speaks of an order's record; whether the state is right is checked elsewhere."""
    if _NEW.search(clause):
        return False
    named = any(folded(order.number) in clause for order in orders if order.number)
    known = (*(number for order in orders for number in order.tracking_numbers), *(order.carrier for order in orders))
    if any(folded(one) in clause for one in known if one):
        return True
    states = any(pattern.search(clause) for _, pattern in words.states)
    if named:
        return states or words.told.search(clause) is not None
    return states and words.subjects.search(clause) is not None
