"""German cues."""

from intelligence.reading.cues import STRONG, WEAK, Cues

CUES: Cues = {
    "shipping": {
        STRONG: (
            r"sendungsverfolgung\w*", r"sendungsnummer", r"trackingnummer|tracking\w*", r"lieferzeit\w*", r"lieferdatum|liefertermin\w*", r"lieferstatus", r"versandkosten|versandstatus|versanddauer",
            r"wo (?:ist|bleibt|steckt|sind) (?:mein|meine|die|das|unsere?) (?:\w+ ){0,2}(?:paket|bestellung|sendung|lieferung|ware|päckchen)\w*", r"(?:nicht|nie|noch nichts?|immer noch nichts?|nichts) (?:angekommen|geliefert|erhalten|bekommen|eingetroffen|zugestellt|gekommen|da)",
            r"verspät(?:et|ung)\w*", r"zustell\w*", r"nachforschung\w*", r"wann (?:kommt|wird|kommen|trifft)", r"paketdienst|paketbote|zusteller", r"seit \w+ tagen unterwegs", r"liefern sie (?:nach|auch|in)",
        ),
        WEAK: (r"paket\w*", r"sendung\w*", r"lieferung\w*", r"versand\w*", r"geliefert", r"unterwegs", r"dhl|dpd|gls|hermes|ups", r"zoll", r"nachbarn?", r"filiale", r"warte (?:noch )?immer(?: noch)?"),
    },
    "refund": {STRONG: (r"rückerstatt\w*", r"erstatt(?:en|ung|et|ungen)", r"geld zurück\w*", r"zurück(?:zahlen|zahlung|gezahlt|überweisen|überwiesen|erstatte\w*)", r"gutschrift\w*")},
    "return": {
        STRONG: (r"retour\w*", r"rücksend\w*", r"zurück(?:schicken|senden|geben|geschickt|gesendet|gegeben)", r"umtausch\w*", r"umgetauscht", r"rückgabe\w*", r"widerruf\w*"),
        WEAK: (r"zu (?:groß|klein|eng|lang|kurz|weit)", r"passt (?:mir )?(?:leider )?nicht", r"andere größe"),
    },
    "damaged": {STRONG: (r"beschädig\w*", r"kaputt\w*", r"defekt\w*", r"zerbroch\w*", r"gebrochen", r"gerissen", r"riss(?:e)?", r"zerkratzt", r"kratzer", r"funktioniert nicht(?: mehr)?", r"geht nicht (?:mehr|an)", r"ausgelaufen", r"schaden", r"zersplittert", r"verbogen", r"mangelhaft|mangel|mängel")},
    "wrong_item": {STRONG: (r"falsch(?:e|er|en|es|em)? (?:artikel|ware|produkt|farbe|größe|modell|bestellung|paket|lieferung|sorte|ton)\w*", r"falsch geliefert", r"(?:statt|anstatt|anstelle) (?:der|des|dem|den|die|das|in)", r"nicht (?:das|die|den),? (?:was|die|den|das) ich bestellt", r"(?:teil|teile|artikel) (?:fehlt|fehlen)", r"fehl(?:t|en|ende|ender|endes) (?:ein|eine|der|die|das|noch|artikel|teile?)", r"verwechsel\w*", r"unvollständig\w*")},
    "wrong_address": {STRONG: (r"(?:falsch|alt|neu|ander|richtig)e?[nrs]? (?:liefer|versand)?(?:adresse|anschrift)\w*", r"(?:adresse|anschrift|lieferadresse|lieferanschrift) (?:\w+ )?(?:ändern|korrigieren|falsch|anpassen)", r"adressänderung", r"(?:adresse|lieferadresse) (?:ist|war) falsch", r"umgezogen", r"umzug", r"hausnummer")},
    "cancel": {STRONG: (r"stornier\w*", r"storno\w*", r"bestellung (?:\w+ )?(?:widerrufen|zurückziehen|abbestellen)", r"abbestell\w*", r"versehentlich bestellt", r"kündig\w*")},
    "billing": {
        STRONG: (r"rechnung\w*", r"(?:doppelt|zweimal|zu viel|falsch) (?:abgebucht|berechnet|belastet|bezahlt|gezahlt)", r"abgebucht|abbuchung\w*", r"mehrwertsteuer|mwst|umsatzsteuer|ust", r"zahlung (?:\w+ )?(?:fehlgeschlagen|abgelehnt|nicht)", r"lastschrift", r"mahnung\w*", r"kontoauszug"),
        WEAK: (r"bezahlt", r"zahlung\w*", r"paypal|klarna", r"kreditkarte", r"betrag", r"preis"),
    },
    "chargeback_fraud": {STRONG: (r"rückbuch\w*", r"rücklastschrift", r"betrug", r"betrüg\w*", r"unberechtigt\w*", r"nicht (?:von mir )?autorisiert", r"gestohlen\w*", r"gehackt", r"fälschung\w*", r"abzocke", r"bestellung nicht (?:aufgegeben|getätigt)", r"anzeige (?:erstatten|erstattet)")},
    "discount": {STRONG: (r"rabatt\w*", r"gutschein\w*", r"aktionscode|promo\w*", r"geschenkkarte\w*", r"\d+ ?(?:%|prozent) (?:auf|rabatt|nachlass)", r"nachlass", r"treuepunkte")},
    "subscription": {STRONG: (r"abo", r"abos", r"abonn\w*", r"abonnement\w*", r"verlänger(?:ung|t) (?:\w+ )?(?:abo|vertrag)", r"mitgliedschaft", r"newsletter (?:\w+ )?ab(?:bestellen|melden)", r"nächste lieferung (?:\w+ )?(?:pausieren|überspringen|verschieben)")},
    "product_question": {
        STRONG: (r"welche (?:größe|farbe|maße|version|sorte)", r"aus welchem material", r"ist (?:das|der|die|es|er|sie) (?:\w+ )?(?:kompatibel|wasserdicht|waschbar|vegan|spülmaschinenfest|geeignet)", r"kompatibel", r"inhaltsstoffe|zutaten|allergene", r"bedienungsanleitung|anleitung", r"garantie", r"passt (?:das|der|die|es|er|sie) (?:zu|auf|in|für)", r"maße", r"unterschied zwischen", r"wie (?:groß|lang|schwer|breit|reinige|wasche|pflege)", r"geeignet", r"waschbar", r"spülmaschine\w*"),
        WEAK: (r"material", r"größe", r"frage zu[mr]?", r"empfehlen"),
    },
    "account": {STRONG: (r"(?:mein|kunden|benutzer)e?[mns]? ?konto\w*", r"kundenkonto", r"pass ?wort\w*", r"kennwort", r"einloggen|anmelden|login|eingeloggt|anmeldung", r"gesperrt", r"meine daten (?:löschen|ändern)", r"bestätigungs(?:mail|code|link)", r"dsgvo")},
    "stock": {STRONG: (r"ausverkauft", r"wieder (?:verfügbar|lieferbar|erhältlich|da|vorrätig|rein)", r"verfügbar\w*", r"lieferbar", r"vorrätig", r"auf lager", r"vorbestell\w*", r"nachschub"), WEAK: (r"lager",)},
    "praise": {
        STRONG: (r"(?:super|tolle[rns]?|großartige[rns]?|ausgezeichnete[rns]?|hervorragende[rns]?|klasse|fantastische[rns]?|perfekte[rns]?|prima) (?:service|qualität|arbeit|produkt\w*|team|kundenservice|beratung)", r"(?:sehr|total|wirklich|absolut|rundum) (?:zufrieden|glücklich|begeistert)", r"weiter so", r"herzlichen dank", r"begeistert", r"großes lob|ein lob", r"kann ich nur empfehlen"),
        WEAK: (r"vielen dank", r"danke\w*", r"perfekt", r"super", r"toll\w*", r"klasse"),
    },
    "escalation": {STRONG: (r"(?:dritte|dritten|vierte|vierten|fünfte|fünften) ?mal", r"vorgesetzt\w*", r"geschäftsführ\w*", r"anwalt\w*|anwält\w*|rechtsanwalt\w*", r"rechtliche schritte", r"verbraucherschutz\w*|verbraucherzentrale", r"beschwer(?:de|en|e)", r"unverschämt\w*|frechheit|unmöglich", r"inakzeptabel", r"(?:niemand|keiner) (?:antwortet|meldet|reagiert)", r"letzte (?:frist|mahnung|chance)", r"schlechte bewertung", r"mehrfach (?:geschrieben|angerufen|kontaktiert)", r"schlichtungsstelle"), WEAK: (r"noch immer keine antwort|immer noch keine (?:antwort|reaktion)", r"zum zweiten mal", r"stinksauer|wütend")},
    "safety": {STRONG: (r"(?:brand|feuer) (?:gefangen|geraten)", r"in brand", r"verbrannt|verbrennung\w*", r"verletz\w*", r"stromschlag", r"allergisch\w*", r"explodiert", r"überhitzt", r"gefährlich\w*", r"krankenhaus|notaufnahme", r"rauch(?:t|entwicklung)", r"ausschlag")},
}  # fmt: skip
