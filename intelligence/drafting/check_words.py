"""The checker's word lists per language: dates, amounts, promises and claims. The generator does not use them."""

from dataclasses import dataclass

from agents.common.patterns import Pattern, compile_unicode


@dataclass(frozen=True)
class Words:
    """Patterns of one language. `claims` maps a state of an order to the phrases that assert it."""

    months: str
    common: frozenset[str]
    greeting: Pattern
    promises: tuple[Pattern, ...]
    claims: tuple[tuple[str, Pattern], ...]
    refund: Pattern
    discount: Pattern


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _all(*patterns: str) -> tuple[Pattern, ...]:
    return tuple(compile_unicode(pattern, ignore_case=True) for pattern in patterns)


def _claims(**patterns: str) -> tuple[tuple[str, Pattern], ...]:
    return tuple((state, compile_unicode(pattern, ignore_case=True)) for state, pattern in patterns.items())


ENGLISH = Words(
    "january february march april may june july august september october november december",
    _set("the you your and is of for to we are it that with has have our will this what if not us"),
    compile_unicode(r"^(?:hi|hello|dear|hey)(?: there)?(?: ([^,:!.\n]+))?[,:!]", ignore_case=True),
    _all(
        r"\b(?:i|we)(?:['’](?:ll|m|re|d|ve)| (?:will|shall|can|could|would|am|are"
        r"|have))\b(?: \w+){0,4}? (?:refund|reimburs\w+|replac\w+"
        r"|re-?send|re-?ship|credit|compensat\w+|discount|waive|upgrade|expedite|cancel|ship|issue|offer"
        r"|give you|send (?:you|out)"
        r"|send a (?:new|replacement))(?:e?d|ing)?\b",
        r"\b(?:refund|replacement|credit|voucher|discount|compensation)\b(?: \w+){0,3}? (?:is on (?:its"
        r"|the) way|has been|will be|is approved)",
        r"\byou(?:['’]ll| will| are going to| should) (?:get|receive|have it|be refunded|be sent)\b",
        r"\b(?:will|should) (?:arrive|be delivered|reach you|ship|be there|be with you|come)\b",
        r"\b(?:guarantee\w*|promis\w+|free of charge|for free|at no (?:extra )?cost|on the house|complimentary)\b",
        r"\bfree (?:shipping|replacement|return\w*|gift)\b",
        r"\b(?:today|tonight|tomorrow|next week|shortly|soon|immediately|within|business days?)\b",
        r"\b(?:by|until|before|on|this|next) (?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\bby (?:the end|then)\b",
        r"\bin (?:the next |a |about )?(?:\w+ )?(?:minutes|hours?|days?|weeks?)\b",
    ),
    _claims(
        unfulfilled=r"has(?: not|n['’]t) (?:left|shipped|been shipped)|not shipped",
        shipped=r"(?<!part of your )(?<!part of )order \S+(?: of [^,.]+)? (?:has (?:left|shipped|been shipped)|is on its way)",
        partial=r"part of (?:your )?order",
        delivered=r"(?<!not marked )(?<!not )\b(?:as|was|been|is) delivered(?! yet)",
        returned=r"as returned|was returned",
        cancelled=r"as cancelled|(?:is|was|been) cancelled",
    ),
    compile_unicode(r"refund", ignore_case=True),
    compile_unicode(r"discount", ignore_case=True),
)
GERMAN = Words(
    "januar februar märz april mai juni juli august september oktober november dezember",
    _set("der die das und ist sie ihre ihr ihnen nicht uns wir mir bitte den von zu es bei haben danke noch"),
    compile_unicode(r"^(?:hallo|guten tag|sehr geehrte\w*|liebe\w*)(?: ([^,:!.\n]+))?[,:!]", ignore_case=True),
    _all(
        r"\b(?:wir|ich)\b[^.?!]{0,60}\b(?:erstatten|erstatte|erstattet|ersetzen|ersetze|ersatz\w*"
        r"|gutschreib\w*|gutschein|gutschrift|"
        r"rabatt|stornieren|storniere|überweis\w+|zurückzahl\w*|neu (?:zu)?send\w*|liefern)\b",
        r"\b(?:erstatten|erstatte|ersetzen|ersetze|schenken|schicken|senden|stornieren) (?:wir|ich)\b",
        r"\bsie (?:erhalten|bekommen)\b|\b(?:erhalten|bekommen) sie\b",
        r"\bwird\b[^.?!]{0,40}\b(?:geliefert|ankommen|zugestellt|erstattet|ersetzt|eintreffen)\b",
        r"\b(?:garantier\w*|versprech\w*|kostenlos\w*|gratis|kostenfrei\w*|umsonst|auf unsere kosten)\b",
        r"\b(?:heute|übermorgen|morgen|innerhalb|binnen|nächste woche|umgehend|sofort|bald|in kürze|werktag\w*)\b",
        r"\bin (?:den nächsten |etwa )?\w+ (?:minuten|stunden|tagen|wochen)\b|\bbis (?:zum )?(?:montag"
        r"|dienstag|mittwoch|donnerstag|freitag)\b",
    ),
    _claims(
        unfulfilled=r"lager noch nicht verlassen|noch bei uns im lager|noch nicht (?:versandt|verschickt)",
        shipped=r"(?<!teil ihrer )(?<!teil von )bestellung \S+(?: vom \d+\. \w+(?: \d{4})?)?"
        r" (?:hat unser lager verlassen|ist unterwegs)",
        partial=r"ein teil",
        delivered=r"(?<!noch nicht )als zugestellt|wurde zugestellt",
        returned=r"als zurückgesendet",
        cancelled=r"als storniert|wurde storniert",
    ),
    compile_unicode(r"erstattung|erstattet", ignore_case=True),
    compile_unicode(r"rabatt", ignore_case=True),
)
FRENCH = Words(
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    _set(
        "le la les de des du et est vous votre nous je pour que en un une ce pas merci qui ne sur"
        " nos il toutes quelle est ici à avec au si ave"
        "z"
    ),
    compile_unicode(r"^(?:bonjour|bonsoir|cher|chère)(?: ([^,:!.\n]+))?\s?[,:!]", ignore_case=True),
    _all(
        r"\b(?:nous|je|on)\b[^.?!]{0,40}\b(?:rembours(?:er|ons|erai|erons|e)|remplac\w+|annul(?:er|ons"
        r"|erai|erons|e)|offr(?:ons|irai|irons|ir|e)"
        r"|renverr\w+|renvoyons|expédi\w+|dédommag\w+|crédit\w+|compens\w+)\b",
        r"\bvous (?:recevrez|aurez|serez (?:remboursé|livré|crédité)\w*|allez recevoir)\b",
        r"\bser(?:a|ont) (?:livré|remboursé|remplacé|envoyé|annulé|crédité)\w*\b|\barrivera\b",
        r"\b(?:garanti\w*|promet\w*|promis\w*|gratuit\w*|gratuitement|à nos frais|sans frais|offerte?s?)\b",
        r"\b(?:aujourd['’]hui|demain|d['’]ici|sous peu|immédiatement|semaine prochaine|jours? ouvr\w+)\b|(?<!à )\bbientôt\b",
        r"\b(?:dans|sous|en) (?:les |environ )?(?:\w+ )?(?:minutes|heures?|jours?|semaines?)\b"
        r"|\bavant (?:lundi|mardi|mercredi|jeudi|vendredi)\b",
    ),
    _claims(
        unfulfilled=r"n['’](?:a|est) pas encore (?:quitté|partie)",
        shipped=r"(?<!partie de votre )(?<!partie de la )commande \S+(?: du \d+ \w+(?: \d{4})?)?"
        r" (?:a quitté|est partie|est en route)",
        partial=r"une partie de (?:votre|la) commande",
        delivered=r"(?<!pas encore )signalée comme livrée|a été livrée|est livrée",
        returned=r"comme retournée",
        cancelled=r"comme annulée|a été annulée",
    ),
    compile_unicode(r"remboursement|rembours", ignore_case=True),
    compile_unicode(r"remise|réduction", ignore_case=True),
)
SPANISH = Words(
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    _set("el la los de del y es su se que en un una por con no lo le nos gracias para si al qué más está"),
    compile_unicode(
        r"^[¡]?(?:hola|buenos días|buenas tardes|estimad[oa])(?:,? (?!le habla)([^,:!.\n]+))?[,:!]", ignore_case=True
    ),
    _all(
        r"\b(?:reembols(?:aremos|amos|aré|ar)|devolver(?:emos|é) (?:el|su)|reemplaz\w+|sustitu\w+"
        r"|cancelar(?:emos|é)|cancelamos|ofrec\w+|"
        r"regal\w+|compens\w+|abonar\w+|enviar(?:emos|é)|le enviamos|reenvi\w+)\b",
        r"\b(?:recibirá|le llegará|llegará|va a recibir|será \w+do|se le (?:reembolsará|abonará|enviará))\b",
        r"\b(?:garantiz\w*|garantía|promet\w*|promesa|gratis|gratuit\w*|sin cost[eo]|sin cargo)\b",
        r"\b(?:hoy|mañana|inmediatamente|próxima semana|en breve|días? hábil\w*)\b|(?<!hasta )\bpronto\b",
        r"\b(?:en|dentro de) (?:las próximas |los próximos |unas |unos )?(?:\w+ )?(?:minutos|horas?"
        r"|días?|semanas?)\b|\bantes del\b",
    ),
    _claims(
        unfulfilled=r"(?:todavía )?no ha salido",
        shipped=r"(?<!parte de su )(?<!parte del )pedido \S+(?: del \d+ de \w+(?: de \d{4})?)? (?:ha salido|está en camino)",
        partial=r"una parte de(?:l| su) pedido",
        delivered=r"(?<!no )consta (?:como )?entregado|fue entregado",
        returned=r"consta (?:como )?devuelto",
        cancelled=r"consta (?:como )?cancelado|fue cancelado",
    ),
    compile_unicode(r"reembolso", ignore_case=True),
    compile_unicode(r"descuento", ignore_case=True),
)
WORDS = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH}
