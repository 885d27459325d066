"""Conversations in German."""

from tickets.demo.conversations.topic import NORMAL, PRESSING, RELAXED, Topic

SPAET = Topic(
    key="de_late",
    language="de",
    tags=("shipping",),
    need="late",
    weight=9,
    priorities=PRESSING,
    sentiment=(0.2, 0.4),
    difficulty=(0.35, 0.55),
    subjects=(
        "Wo bleibt [meine Bestellung|Bestellung] {order}?",
        "Paket seit {days} Tagen unterwegs",
        "Sendung {tracking} bewegt sich nicht",
        "Bestellung {order} nicht angekommen",
    ),
    email=(
        "am {order_date} habe ich {item} bestellt (Bestellung {order}), und bis heute ist nichts da. In der "
        "Sendungsverfolgung steht seit Tagen derselbe Satz. Können Sie bitte nachsehen, wo das Paket steckt?",
        "mein Paket ist nun seit {days} Tagen unterwegs. Bestellnummer {order}, Versand mit {carrier}. Am "
        "Samstag beginnt mein Kurs, und ohne {item} stehe ich vor zwölf Leuten mit leeren Händen da.",
        "ich warte noch immer auf die Bestellung {order}. {carrier} verweist mich an Sie, deshalb frage ich "
        "hier: Ist die Sendung {tracking} verloren gegangen? Das Geschenk wird bald gebraucht.",
    ),
    sms=("Hallo, wo bleibt Bestellung {order}? Sind jetzt {days} Tage. {me}",),
    chat=("Hallo, ich suche mein Paket\nBestellung {order}, seit {days} Tagen unterwegs",),
    spoken=(
        "Guten Tag, {name} hier. Es geht um die Bestellung {order}, die ist immer noch nicht da. Rufen Sie "
        "mich doch bitte zurück.",
    ),
    ask=(
        "vielen Dank für Ihre Nachricht, und bitte entschuldigen Sie die Wartezeit. Ich habe bei {carrier} "
        "einen Nachforschungsauftrag für {tracking} gestellt. Stimmt die Anschrift {street}, {city}?",
    ),
    ask_short=("Das tut mir leid! Ich habe eine Nachforschung zu {tracking} gestartet. Stimmt die Adresse {street}?",),
    answer=("Ja, die Anschrift stimmt.", "Stimmt so, {street}. Beim Nachbarn war auch nichts."),
    nudge=(
        "Gibt es schon etwas Neues? Es ist leider immer noch nichts gekommen.",
        "Heute war wieder nichts in der Post. Bitte sagen Sie mir Bescheid, ob ich noch warten soll.",
    ),
    resolve=(
        "{carrier} hat das Paket im Verteilzentrum gefunden, und es ist heute als zugestellt gemeldet. "
        "Danke für Ihre Geduld, und entschuldigen Sie bitte noch einmal die Verspätung.",
    ),
    resolve_short=("Gefunden! {carrier} meldet die Zustellung heute früh. Entschuldigung für die Verspätung.",),
    thanks=("Ist da, herzlichen Dank!", "Angekommen und alles heil. Danke, {agent}."),
    notes=("Kundin schreibt deutsch, bitte auch so antworten. Trace is open with {carrier}.",),
)

FALSCH = Topic(
    key="de_wrong_item",
    language="de",
    tags=("wrong_item",),
    need="delivered",
    categories=("coloured",),
    weight=7,
    priorities=NORMAL,
    sentiment=(0.25, 0.4),
    difficulty=(0.35, 0.5),
    subjects=(
        "Falsche Farbe geliefert[ – Kurs beginnt am Freitag|]: {item}",
        "Bestellung {order}: falscher Artikel",
        "Das habe ich nicht bestellt ({order})",
    ),
    email=(
        "in meinem Paket (Bestellung {order}) lag {item} in der falschen Farbe. Auf dem Lieferschein steht "
        "es richtig, in der Tüte ist etwas anderes. Ich habe noch nichts angeschnitten. Wie gehen wir vor?",
        "leider wurde mir bei Bestellung {order} der falsche Farbton geschickt. Bei {item} kommt es mir "
        "gerade auf die Farbe an, denn die andere Hälfte der Decke ist schon genäht. Ein Foto kann ich gern "
        "schicken.",
    ),
    sms=("Falsche Farbe im Paket! {Item}, Bestellung {order}. {me}",),
    chat=("Guten Tag, bei Bestellung {order} ist die Farbe falsch\nes geht um {item}",),
    ask=(
        "das war unser Fehler, bitte entschuldigen Sie. Könnten Sie mir ein Foto vom Etikett schicken? Die "
        "richtige Farbe lege ich inzwischen für Sie zurück.",
    ),
    ask_short=("Entschuldigung! Schicken Sie mir bitte ein Foto vom Etikett? Die richtige Farbe liegt schon bereit.",),
    answer=("Das Foto hängt an. Bis Freitag wäre wunderbar.", "Anbei das Bild vom Etikett."),
    nudge=("Ist der Ersatz schon unterwegs?", "Ich wollte nur fragen, ob mein Foto angekommen ist."),
    resolve=(
        "der Ersatz in der richtigen Farbe ist heute kostenlos an Sie hinausgegangen. Das falsche Stück "
        "dürfen Sie gern behalten.",
    ),
    resolve_short=("Der Ersatz ist heute raus, kostenlos. Das falsche Stück dürfen Sie behalten.",),
    thanks=("Die Farbe stimmt jetzt genau, vielen Dank!", "Danke, sehr freundlich."),
)

GROESSE = Topic(
    key="de_size",
    language="de",
    tags=("product_question",),
    need="none",
    before_sale=True,
    weight=6,
    priorities=RELAXED,
    sentiment=(0.5, 0.6),
    difficulty=(0.15, 0.3),
    subjects=("Frage vor der Bestellung",),
    email=(
        "{Garment}: {size} oder {size2}?:: ich liege laut Ihrer Tabelle genau zwischen {size} und {size2}. "
        "Wie fällt {garment} aus? Ich bin 1,72 m groß und trage gern einen Pullover darunter.",
        "Läuft {fabric} ein?:: läuft {fabric} beim Waschen ein? Ich bräuchte {metres} Meter für Vorhänge in "
        "{city} und möchte nicht zu knapp kaufen.",
        "{kit} für Anfänger?:: ist {kit} für Anfänger geeignet? Meine Nichte ist elf, sehr geduldig und hat "
        "bald Geburtstag.",
    ),
    chat=("Hallo, fällt {garment} eher groß aus?\nIch schwanke zwischen {size} und {size2}",),
    ask=(
        "danke für Ihre Frage. Damit ich Ihnen etwas Genaues sagen kann: Wofür möchten Sie es verwenden, "
        "eher für jeden Tag oder für besondere Anlässe?",
    ),
    ask_short=("Gern! Ist es eher für jeden Tag oder für besondere Anlässe gedacht?",),
    answer=("Für jeden Tag.", "Für jeden Tag, es soll etwas aushalten."),
    nudge=("Konnten Sie schon nachfragen?",),
    resolve=(
        "unsere Werkstatt hat es ausprobiert und sagt: gut geeignet, im Zweifel eine Nummer größer oder "
        "etwas reichlicher nehmen. Zurückgeben können Sie 60 Tage lang.",
    ),
    resolve_short=("Unsere Werkstatt sagt: gut geeignet, im Zweifel etwas größer nehmen. Rückgabe 60 Tage.",),
    thanks=("Dann bestelle ich heute noch. Danke!", "Vielen Dank für die ehrliche Auskunft."),
)

ERSTATTUNG = Topic(
    key="de_refund",
    language="de",
    tags=("refund", "return"),
    need="returned",
    weight=6,
    priorities=PRESSING,
    sentiment=(0.15, 0.3),
    difficulty=(0.45, 0.6),
    subjects=(
        "Wann kommt meine Erstattung? ({order})",
        "Rücksendung {order}: noch kein Geld",
        "Zweite Mahnung: {total}",
    ),
    email=(
        "die Rücksendung zur Bestellung {order} ist längst bei Ihnen angekommen, den Beleg habe ich hier. "
        "Die {total} sind aber noch nicht auf meinem Konto. Bitte kümmern Sie sich darum.",
        "vor über zwei Wochen habe ich {item} zurückgeschickt. Versprochen waren fünf Werktage. Wo bleibt "
        "mein Geld? Bestellung {order}, {total}.",
    ),
    sms=("Immer noch keine Erstattung zu {order}. Bitte um Antwort. {me}",),
    spoken=(
        "Ja, {name}. Ich warte auf die Erstattung zur Bestellung {order}. Das sind {total}, die hätte ich "
        "schon gern wieder.",
    ),
    ask=(
        "bitte entschuldigen Sie. Ihre Rücksendung ist hier verbucht, die Erstattung über {total} liegt bei "
        "der Buchhaltung. Ist die Karte, mit der Sie bezahlt haben, noch gültig?",
    ),
    ask_short=("Entschuldigung! Ist die Karte, mit der Sie bezahlt haben, noch gültig?",),
    answer=("Ja, die Karte ist noch gültig.", "Gültig bis nächstes Jahr, ja."),
    nudge=("Auch diese Woche ist nichts eingegangen.", "Ich bitte um eine kurze Rückmeldung."),
    resolve=(
        "die Erstattung über {refund} ist heute auf Ihre Karte gebucht worden und erscheint in drei bis "
        "fünf Tagen. Es tut mir leid, dass Sie nachfragen mussten.",
    ),
    resolve_short=("Heute gebucht: {refund}, in 3 bis 5 Tagen auf Ihrer Karte.",),
    thanks=("Das Geld ist da. Danke!",),
)

LOB = Topic(
    key="de_praise",
    language="de",
    tags=("praise",),
    need="delivered",
    weight=4,
    priorities=RELAXED,
    sentiment=(0.9, 0.95),
    difficulty=(0.05, 0.1),
    subjects=("Einfach mal danke", "Ein Lob an die Packerei", "{Item}: wunderschön"),
    email=(
        "keine Frage, nur ein Dank: {item} aus der Bestellung {order} ist noch schöner als auf dem Bild. "
        "Und das Päckchen war ein Geschenk für sich.",
        "sagen Sie bitte allen, die bei Ihnen packen, einen Gruß aus {city}. So liebevoll kam bei mir noch "
        "keine Bestellung an ({order}).",
    ),
    sms=("{item} ist wunderschön, danke!! {me}",),
    ask=(
        "wie schön, damit fängt der Tag gut an! Dürfen wir einen Satz davon mit Ihrem Vornamen auf unserer "
        "Seite zeigen?",
    ),
    ask_short=("Wie schön! Dürfen wir das mit Vornamen zitieren?",),
    answer=("Aber gern.",),
    nudge=("PS: Auch mein Mann ist begeistert.",),
    resolve=("herzlichen Dank, dass Sie sich die Zeit genommen haben. Ihre Zeilen hängen jetzt über dem Packtisch.",),
    resolve_short=("Danke! Ihre Zeilen hängen jetzt über dem Packtisch.",),
    thanks=("Da gehören sie hin!",),
)

TOPICS = (SPAET, FALSCH, GROESSE, ERSTATTUNG, LOB)
