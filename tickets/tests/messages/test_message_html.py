"""Messages as safe HTML: paragraphs, links, quotations and long texts."""

import re

import pytest

from tickets.pages.ticket import message_html
from tickets.pages.ticket.message_html import MOST_LINKS, SHOWN_CHARACTERS, parse_message


def test_lines_and_paragraphs_are_kept() -> None:
    assert parse_message("Hello,\nall.\n\n\nBye <b>.\r\n").shown == "<p>Hello,<br>all.</p><p>Bye &lt;b&gt;.</p>"
    assert parse_message("").shown == "" and parse_message("\n \n").shown == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.com/a?b=1&c=2.", "https://example.com/a?b=1&amp;c=2"),
        ("(http://example.com)", "http://example.com"),
        ("HTTPS://EXAMPLE.COM/x", "HTTPS://EXAMPLE.COM/x"),
    ],
)
def test_links_show_their_target(text: str, address: str) -> None:
    shown = parse_message(text).shown
    link = f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{address}</a>'
    assert link in shown and shown.count("<a ") == 1


def test_mailto_address_is_linked() -> None:
    assert '<a href="mailto:a@example.com">mailto:a@example.com</a>' in parse_message("mailto:a@example.com").shown


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "http://[",
        "https://",
        "mailto:",
        "xhttp://example.com",
        "[here](javascript:alert(1))",
        '<a href="javascript:alert(1)">x</a>',
    ],
)
def test_unsafe_or_invalid_address_is_not_linked(text: str) -> None:
    shown = parse_message(text).shown
    assert "<a" not in shown and "<script" not in shown


def test_link_ends_at_a_direction_mark() -> None:
    shown = parse_message('https://example.com/\u202efdp.exe and https://example.com/"onclick=alert(1)').shown
    assert 'href="https://example.com/"' in shown and "onclick=alert(1)</p>" in shown and "fdp.exe and" in shown


def test_link_with_lookalike_host_shows_the_punycode_host() -> None:
    shown = parse_message("https://\u0430pple.com/login").shown  # the first letter is Cyrillic
    assert "https://\u0430pple.com/login</a>" in shown and "(xn--pple-43d.com)" in shown


@pytest.mark.parametrize(
    ("text", "own", "lines"),
    [
        ("Thanks.\n\n> Hello,\n> it is sent.", "Thanks.", 2),
        ("Thanks.\n\nOn Fri 27 Nov 2026 Mara Lindqvist wrote:\n> Hello,\n> it is sent.", "Thanks.", 3),
        ("Danke.\n\nAm 27.11.2026 um 10:22 schrieb Mara:\n\n> Hallo", "Danke.", 2),
        ("Thanks.\n-----Original Message-----\nFrom: Mara\n\nHello", "Thanks.", 3),
        ("On Monday Mara wrote:\nall is well, she is not right.", "", 0),
        ("> only quoted", "", 0),
        ("a > b\nand so on", "", 0),
        ("> first\nThen my answer.", "", 0),
        # Introductions that a program broke over lines, with and without marks behind them.
        (
            "Thanks.\n\nOn Fri, Nov 27, 2026 at 10:22 AM Mara Lindqvist <\nmara@example.com> wrote:\n\n> Hi\n> you",
            "Thanks.",
            4,
        ),
        ("Danke.\n\nAm Fr., 27. Nov. 2026 um\n10:22 Uhr schrieb Mara <\nm@example.com>:\n> Hallo", "Danke.", 4),
        ("Merci.\nLe ven. 27 nov. 2026 à 10:22, Mara Lindqvist\n<m@example.com> a écrit :\n\n> Bonjour", "Merci.", 3),
        ("Gracias.\n\nEl vie, 27 nov 2026 a las 10:22, Mara (<m@example.com>)\nescribió:\n\nHola", "Gracias.", 3),
        # Outlook's headers in four languages, bold ones, and the rule before them.
        ("Ok.\n\n________________________________\nFrom: Mara\nSent: Friday\nTo: Ann\nSubject: Re\n\nHi", "Ok.", 6),
        ("Ok.\n\n*From:* Mara <m@example.com>\n*Date:* Friday\n*To:* Ann\n*Cc:* Bob\n*Subject:* Re\n\nHi", "Ok.", 6),
        ("Gut.\nVon: Mara\nGesendet: Freitag, 27. November 2026 10:22\nAn: Ann\nBetreff: AW: Re\n\nHallo", "Gut.", 5),
        ("Bon.\n\nDe\u00a0: Mara\nEnvoyé\u00a0: vendredi\nÀ\u00a0: Ann\nObjet\u00a0: RE\n\nBonjour", "Bon.", 5),
        ("Bien.\n\nDe: Mara\nEnviado el: viernes\nPara: Ann\nAsunto: RE\n\nHola", "Bien.", 5),
        ("Danke.\n\n-----Ursprüngliche Nachricht-----\nVon: Mara\n\nHallo", "Danke.", 3),
    ],
)
def test_quotation_at_the_end_of_a_message_is_separated(text: str, own: str, lines: int) -> None:
    found = parse_message(text)
    assert found.quoted_lines == lines
    if lines:
        assert found.shown == f"<p>{own}</p>" and not found.rest
        assert not re.search("(?:<p>|<br>)&gt;", found.quoted)
    else:
        assert not found.quoted and found.shown


@pytest.mark.parametrize(
    "text",
    [
        "My parcel went wrong.\nVon: Hamburg\nAn: München\nGesendet: Montag\nWhere is it?",
        "Hello,\nFrom: Berlin\nTo: Paris\nDate: 3 March\nplease change my seat.",
        "De: Madrid\nA: Sevilla\nFecha: mañana",
        "Von: Hamburg steht auf dem Etikett, und der Betreff: leer.",
        "Hello,\nOn Monday Mara wrote:\nit is sent. But it never came!",
        "Hello,\nAm Montag schrieb ich Ihnen:\nmeine Tasse ist kaputt.",
        "Subject: refund\nI want my money.",
        "Hello,\n________\nname and date",
        "On it.\n\nLe chat a mangé 3 souris :\nil va bien.",
        "One\n\nFrom: me\n\nSubject: you\n\nTo: them",
    ],
)
def test_text_resembling_a_quotation_header_is_not_separated(text: str) -> None:
    found = parse_message(text)
    assert not found.quoted and not found.rest


def test_long_message_is_folded_between_lines() -> None:
    text = "\n".join(f"Line {number} of many words in a letter." for number in range(200))
    found = parse_message(text)
    assert len(found.shown) < SHOWN_CHARACTERS * 1.5 and found.rest_lines > 100
    assert f"{found.shown}{found.rest}".count("Line ") == 200
    assert not parse_message("\n".join("short" for _ in range(30))).rest


@pytest.mark.parametrize(
    "word", ["many words ", "x", "\u00e9", "👍🏽", "👩\u200d👩\u200d👧", "🇩🇪", "e\u0323\u0302", "字"]
)
def test_long_line_is_folded_at_the_end_of_a_word_or_grapheme(word: str) -> None:
    text = word * (99_000 // len(word))
    found = parse_message(text)
    assert 0 < len(found.shown) <= SHOWN_CHARACTERS + len("<p></p>")
    shown, rest = (str(part).removeprefix("<p>").removesuffix("</p>") for part in (found.shown, found.rest))
    if word.endswith(" "):
        assert f"{shown} {rest}" == text
    else:
        assert f"{shown}{rest}" == text and len(shown) % len(word) == 0
    assert shown and found.rest_lines == 1


def test_long_line_is_folded_but_a_slight_excess_is_not() -> None:
    found = parse_message("Hello,\n" + "word " * 2_000 + "\nBye")
    assert found.shown.startswith("<p>Hello,<br>word") and found.shown.endswith("word</p>")
    assert found.rest.endswith("<br>Bye</p>") and len(found.shown) <= SHOWN_CHARACTERS + 20
    assert not parse_message("x" * (SHOWN_CHARACTERS + 100)).rest
    assert not parse_message(" " * 10_000 + "\nHello").rest


def test_link_is_never_split_by_folding() -> None:
    """The beginning of a split link would lead to another address."""
    link = "http://example.com/" + "x" * 1_400
    found = parse_message("a" * 1_000 + "," + link + " " + "and so on " * 200)
    assert found.shown == f"<p>{'a' * 1_000},</p>" and f">{link}</a> and so on" in found.rest
    assert "<a " not in parse_message("http://example.com/" + "x" * 50_000).shown
    behind = parse_message("Hello, this is what I mean:\n" + "b" * 1_000 + "\n" + link + link)
    assert "<a " not in behind.shown


def test_number_of_links_in_a_message_is_limited() -> None:
    found = parse_message("See http://example.com/a now\n" * 200)
    assert f"{found.shown}{found.rest}{found.quoted}".count("<a ") == MOST_LINKS
    assert f"{found.shown}{found.rest}".count("http://example.com/a now") == 200 - MOST_LINKS


def test_host_longer_than_dns_allows_is_not_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Converting many long hosts to ASCII took a second for one message."""
    asked: list[str] = []

    def spelt_out(host: str) -> str:
        asked.append(host)
        return host

    monkeypatch.setattr(message_html, "_spelt_out", spelt_out)
    found = parse_message(("http://" + "é." * 480 + "x ") * 100)
    assert "<a " not in f"{found.shown}{found.rest}" and asked == []
    assert "<a " in parse_message("http://" + "é." * 100 + "x").shown and len(asked) == 1
    assert "<a " not in parse_message("http://example.com/" + "x" * 5_000).shown


def test_repeated_host_is_converted_to_punycode_once() -> None:
    message_html._spelt_out.cache_clear()
    parse_message("http://\u00e9xample.com/a " * 40)
    assert message_html._spelt_out.cache_info().misses == 1


@pytest.mark.parametrize(
    "text",
    [
        "On " * 200_000,
        ("On " + "wrote " * 40 + "x\n") * 4_000,
        ("On a day 1 of\n" * 3) * 20_000,
        "From: x\n" * 60_000,
        "-" * 900_000,
        ("-" * 150 + " " * 140 + "x\n") * 3_000,
        "\n" * 500_000 + "From: a\nTo: b\nSubject: c",
        "x\n" + "_" * 500_000 + "\nFrom: a\nTo: b\nSubject: c",
        "http://[" * 60_000,
        "http://" + "a\u0301\u0316" * 200_000,
        "> " * 300_000,
        "\n>" * 300_000,
    ],
    ids=lambda text: repr(text[:24]),
)
def test_very_long_texts_are_parsed_in_linear_time(text: str) -> None:
    """Texts at least six times as long as the longest message; a quadratic rule would not finish."""
    assert parse_message(text).shown is not None
