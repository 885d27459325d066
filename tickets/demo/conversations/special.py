"""The tickets that test a screen: hostile markup, right-to-left text, very long, very many, nothing."""

from dataclasses import dataclass

from tickets.demo.catalog import PRODUCTS

Script = tuple[tuple[bool, str], ...]


@dataclass(frozen=True)
class SpecialCase:
    """A ticket written out by hand. `locale` chooses the customer; each script entry is (from agent, text)."""

    key: str
    locale: str
    channel: str
    priority: str
    subject: str
    tags: tuple[str, ...]
    hours_old: float
    pause_seconds: int
    script: Script
    sentiment: float | None
    difficulty: float | None
    note: str = ""


HOSTILE = SpecialCase(
    "special-hostile",
    "hostile",
    "form",
    "normal",
    'Question <script>alert("subject")</script> about "Meadow" & <b>co</b>',
    ("product_question",),
    31,
    5400,
    (
        (
            False,
            "Topic: Product question\nMessage:\nIs the Meadow charm pack pre-washed? "
            '<script>document.title="owned"</script>\n'
            '<img src="x" onerror="alert(1)"> <svg/onload=alert(2)>\n<a href="javascript:alert(3)">my '
            "blog</a>\n"
            "</div></main><style>body{display:none}</style>\n<!-- {{ 7*7 }} {% now 'Y' %} ${7*7} -->\n"
            "Our teacher says 5 < 6 & 7 > 3, and \"quotes\" 'too'.",
        ),
        (
            True,
            "Hello Petra,\n\nnothing in our charm packs is pre-washed, so that the edges stay crisp. What "
            "do you plan to make?\n\n"
            "Best wishes\nTheo, Larkmere Cloth",
        ),
        (
            False,
            'A <em>very</em> small quilt.<iframe src="https://track.example/"></iframe> Is there a `Meadow` '
            "with less pink?",
        ),
    ),
    0.55,
    0.3,
    "The text is full of markup, shown as it was typed. <script>alert('note')</script>",
)

EMOJI = SpecialCase(
    "special-emoji",
    "en",
    "chat",
    "low",
    "😍🧵🪡 my quilt top is DONE 🎉🎉",
    ("praise",),
    3.2,
    90,
    (
        (False, "😍🧵🪡 my quilt top is DONE 🎉🎉"),
        (True, "Congratulations! That calls for cake. Which one did you finish?"),
        (False, "the tidepool one 🌊🐚 with 3 cats helping 🐈🐈‍⬛🐈 and my nan 👵🏽"),
        (False, "👩🏾‍🌾 ➡️ 🧑🏼‍🎨 that's me since march 😂"),
        (True, "Say thanks to all four helpers from us. What comes next?"),
        (False, "backing!! 🤔 do I have to pre-wash it? 🫧 also: 🇨🇭🇯🇵 shipping?"),
    ),
    0.95,
    0.15,
)

ARABIC = SpecialCase(
    "special-rtl",
    "ar",
    "email",
    "normal",
    "هل يتوفر قماش الكتان باللون الأزرق؟",
    ("stock", "product_question"),
    19,
    7200,
    (
        (
            False,
            "السلام عليكم،\n\nأبحث عن قماش كتان لخياطة ستائر لغرفة المعيشة، وأحتاج إلى ثمانية أمتار قطعة "
            "واحدة. هل يتوفر "
            "Moor linen باللون الأزرق الداكن؟ وهل ينكمش بعد الغسل؟\n\nمع جزيل الشكر",
        ),
        (
            True,
            "Hello,\n\nthank you for your message. Moor linen comes in ink, a dark blue. I have asked the "
            "warehouse for eight "
            "metres in one piece and will write as soon as they have counted.\n\nBest wishes\nTheo, "
            "Larkmere Cloth",
        ),
        (False, "شكرًا على الرد السريع. اللون ink مناسب جدًا. (8 أمتار، قطعة واحدة، من فضلكم!)"),
    ),
    None,
    0.3,
    "Translated: eight metres in one piece, asks about shrinking. Warehouse is counting.",
)

HEBREW = SpecialCase(
    "special-rtl-mixed",
    "en",
    "email",
    "low",
    "שאלה על ערכת Fox softie kit",
    ("product_question",),
    52,
    7200,
    (
        (
            False,
            "שלום,\n\nהאם ערכת Fox softie kit מתאימה לילדה בת 9? היא תופרת כבר שנה (2 פרויקטים!), וסבתא שלה "
            "תעזור.\n\nתודה רבה",
        ),
    ),
    None,
    0.2,
)

LONG_SUBJECT = SpecialCase(
    "special-long-subject",
    "en",
    "email",
    "normal",
    (
        "I tried to order the walking foot and the quilting ruler and the site asked me to log in again and "
        "again and then emptied "
        "my basket and now I do not know whether I have bought anything at all, help"
    ).ljust(200, "!"),
    ("account",),
    44,
    7200,
    (
        (
            False,
            "Everything is in the subject, sorry, I wrote into the wrong box and then could not get out of "
            "it again.\n\nPlease tell me "
            "only: have I bought something or not?",
        ),
        (
            True,
            "No harm done! Nothing was bought: there is no new order on your account, and no payment. Would "
            "you like me to put "
            "both things back into your basket?\n\nBest wishes\nLeonie, Larkmere Cloth",
        ),
        (False, "Oh good. Yes please, both. And could the login stop asking?"),
    ),
    0.4,
    0.35,
)

EMPTY = SpecialCase(
    "special-empty",
    "en",
    "phone",
    "normal",
    "Missed call, no message left",
    (),
    6.5,
    60,
    (),
    None,
    None,
)

FOOTER = (
    "--\nThis message and any attachment are meant for the person named above and for nobody else. If you "
    "are not that person, "
    "please delete it, tell us, and try to forget what you read. Mail can be changed on its way; the "
    "Ashgrove Guild of Stitchers "
    "is not liable for typing errors, viruses, lost pins or opinions of single members. Think of the trees "
    "before you print, and "
    "if you must print, use the back for pattern notes. Registered as a society; meetings on the first "
    "Thursday, bring a chair."
)
SHOP_FOOTER = (
    "--\nLarkmere Cloth · fabrics, yarns and clothes that last · the counter is open Tuesday to Saturday, "
    "ten to six\n"
    "Returns are free for 60 days. Please keep this mail: the number in the subject helps us to find your "
    "words again. "
    "We read every message ourselves and answer within one working day, in the season within two.\n"
    "New this month: Tidepool, a collection of twelve cotton prints by the sea; the autumn workshops with "
    "Fenna and Clement; "
    "offcuts by weight on the last Saturday, bring your own bag. If you don't want to read about such "
    "things under our mails, "
    "tell us in one word. We print nothing, and what has to be printed we print on the backs of cutting "
    "diagrams."
)
THREAD: tuple[tuple[bool, str], ...] = (
    (
        False,
        "We are a guild of thirty-one stitchers and want to make a hanging for the library: nine panels, "
        "each 60 by 90 cm, all on the same "
        "ground cloth. Our treasurer has asked me to find out what you would suggest for the ground, how "
        "much of it we need, and whether "
        "you would cut it into nine pieces for us. Several of us have arthritis and one long cut is enough "
        "for an evening.",
    ),
    (
        True,
        "Thank you, what a lovely plan. For a hanging I would take heavy canvas: it does not stretch, takes "
        "a needle well and hangs straight. With "
        "5 cm to turn in on every side you need a little over seven metres. We can cut it into nine "
        "numbered pieces. Which colour do you "
        "have in mind?",
    ),
    (
        False,
        "We met on Thursday and had a vote. Flax won with seventeen, ink had nine, and five were for a "
        "colour you do not have. Two questions came "
        "up. First: does the canvas fray while thirty-one people handle it? Second: the library has a south "
        "window, and Muriel, who dyed "
        "for a living, says that everything fades and that I should ask you how fast.",
    ),
    (
        True,
        "Muriel is right, everything fades. Our canvas is rated 6 of 8, which means that in a south window "
        "you will see a difference after some "
        "years, and it will be even. As for fraying: zigzag the edges first or let us do it, it takes our "
        "cutting table ten minutes.",
    ),
    (
        False,
        "Please do the zigzag, we were all relieved. Now the threads. Half of us would like the cotton "
        "thread box with 24 spools, the other half say "
        "that stranded cotton is what you use and nothing else. We also need glass-head pins (the others "
        "melt under Desmond's iron) and at least "
        "four hoops. The treasurer says that the whole thing may cost 300 dollars and not a cent more.",
    ),
    (
        True,
        "The 24 spools are machine thread, so the second half is right about the stitching and the first "
        "half about the hems. Within your sum I would "
        "put the canvas with cutting and edging, two embroidery hoop sets, two tins of pins and the thread "
        "for the hems. I can set all of it aside for two weeks.",
    ),
    (
        False,
        "Two weeks are short: our next meeting is after that, and without a vote I may not even buy a "
        "stamp. Could you hold it for three? And "
        "Ottilie asks whether the point turner is really made of bone, because she is a vegetarian and has "
        "been for forty years.",
    ),
    (
        True,
        "Three weeks are fine, I have noted it. And yes, it is bone, but tell Ottilie there is a bamboo one "
        "at the counter that we do not have on the "
        "website. It costs the same and does the same.",
    ),
    (
        False,
        "Ottilie has cried a little and bought two. Now Cordelia asks, and I promised to pass it on word for word: if the "
        "canvas is cut on the straight grain, will the panels hang straight even if the embroidery is heavier on one side? "
        "Hers is the one with the whale. She also wants you to know that the whale is not up for discussion any more.",
    ),
    (
        True,
        "The whale is safe with us. On the straight grain the canvas holds a good deal, but an uneven panel does turn in the "
        "long run. Our workshop suggests a wooden lath in the lower hem; ten millimetres are enough and nobody will see it.",
    ),
    (
        False,
        "The vote is done, unanimous but for Desmond. Before we order I have to send you the list once "
        "more, with the whole correspondence below, because "
        "the treasurer wants all of it in one mail for the files.",
    ),
)
SHOPPING_LIST = (
    "Good morning,\n\nforgive the length, I was told to be complete. Here is what the Guild has decided, "
    "point by point.\n\n"
    "1. Heavy canvas in flax, seven and a half metres, cut into nine pieces of 70 by 100 cm, edges "
    "zigzagged, and please number them in "
    "pencil on the back, because last time two members embroidered the same piece from both ends.\n\n"
    "2. Two embroidery hoop sets. If a set has a size that nobody needs, we will use it for the children.\n\n"
    "3. Two tins of glass-head pins. Not the plastic ones. Desmond has promised nothing.\n\n"
    "4. One cotton thread box for the hems. Winifred will keep it at her house, and she wants that in "
    "writing, so here it is in writing.\n\n"
    "5. One point turner, bamboo, for Ottilie, to be paid separately. She will send you the money herself "
    "and does not want it to be on the Guild's bill.\n\n"
    "Our questions: Can you send an invoice before we pay? Does the price you mentioned still hold? Could "
    "the parcel go to the library instead of to "
    "me? The caretaker is there from seven to three, and he is stronger than I am. And if one of the nine "
    "pieces should come out short, would you cut "
    "a tenth rather than let us find out on the first Thursday?\n\nWith kind regards from all thirty-one of "
    "us"
)


def long_mail() -> str:
    """Some twelve thousand characters: the list, and under it the thread with its footers, quoted deeper."""
    parts = [SHOPPING_LIST, FOOTER]
    for depth, (from_agent, text) in enumerate(reversed(THREAD), start=1):
        writer = "Larkmere Cloth" if from_agent else "the Guild"
        quoted = f"In an earlier mail {writer} wrote:\n\n{text}\n\n{SHOP_FOOTER if from_agent else FOOTER}".strip()
        parts.append("\n".join(f"{'>' * depth} {line}".rstrip() for line in _folded(quoted)))
    return "\n\n".join(parts)


def _folded(text: str, width: int = 68) -> list[str]:
    """Lines as an old mail program breaks them before it quotes."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for part in paragraph.split():
            if line and len(line) + 1 + len(part) > width:
                lines.append(line)
                line = ""
            line = f"{line} {part}".strip()
        lines.append(line)
    return lines


LONG_MAIL = SpecialCase(
    "special-long-mail",
    "en",
    "email",
    "high",
    "Library hanging: our list, and the whole correspondence",
    ("product_question", "billing"),
    67,
    7200,
    ((False, long_mail()),),
    0.58,
    0.7,
)

ASKS = (
    "do you have the {title} at the moment?",
    "next on my list: {title}",
    "and {title}, how does it look?",
    "what about {title}?",
    "then I need {title}, is it there?",
    "{title}, yes or no? :)",
    "one more: {title}",
    "could I also get {title}?",
)
ANSWERS = (
    "Yes, {count} on the shelf.",
    "We have {count} of it, all from the last delivery.",
    "{count} left here, more on Thursday.",
    "Plenty, I count {count}.",
    "It is there: {count}.",
    "Let me look … yes, {count}.",
)
TAKES = (
    "great, {few} please",
    "I'll take {few}",
    "put {few} on my list",
    "{few} then, thanks",
    "only {few}, the shelf at the studio is small",
    "{few}!",
)
NOTED = (
    "Noted, {few}.",
    "{few} it is.",
    "On the list.",
    "Got it, {few} set aside.",
    "Done. What's next?",
    "Written down.",
)


def restocking_chat() -> Script:
    """A studio owner goes through her shelf article by article: two hundred messages."""
    turns: list[tuple[bool, str]] = [
        (
            False,
            "hi! I'm restocking my studio for the spring courses, have you got a minute? it's a long list",
        ),
        (True, "Hello! I have tea and the stock list in front of me. Fire away."),
    ]
    for place in range(49):
        title = PRODUCTS[(place * 7) % len(PRODUCTS)].title
        slots = {"title": title, "count": str(9 + place * 5 % 31), "few": str(2 + place * 3 % 7)}
        bank = (ASKS[place % 8], ANSWERS[place % 6], TAKES[place * 5 % 6], NOTED[(place + place // 6) % 6])
        turns += [(index % 2 == 1, text.format_map(slots)) for index, text in enumerate(bank)]
    turns += [
        (True, "I think that was every shelf you named. Shall I write it all up with prices?"),
        (False, "phew, yes please. the whole list, so I can check it against my shelves"),
    ]
    return tuple(turns)


LONG_CHAT = SpecialCase(
    "special-long-chat",
    "en",
    "chat",
    "normal",
    "Restocking my studio, it's a long list",
    ("stock",),
    9.5,
    70,
    restocking_chat(),
    0.66,
    0.5,
    "Long list, 49 articles. I am writing it up; please do not answer in between.",
)

CASES = (HOSTILE, EMOJI, ARABIC, HEBREW, LONG_SUBJECT, EMPTY, LONG_MAIL, LONG_CHAT)
