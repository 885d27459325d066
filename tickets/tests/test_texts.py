"""What people wrote as safe HTML: paragraphs, links, quotes, long texts."""

import pytest

from tickets.pages.texts import SHOWN_CHARACTERS, read


def test_lines_and_paragraphs_stay() -> None:
    assert read("Hello,\nall.\n\n\nBye <b>.\r\n").shown == "<p>Hello,<br>all.</p><p>Bye &lt;b&gt;.</p>"
    assert read("").shown == "" and read("\n \n").shown == ""


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.com/a?b=1&c=2.", "https://example.com/a?b=1&amp;c=2"),
        ("(http://example.com)", "http://example.com"),
        ("HTTPS://EXAMPLE.COM/x", "HTTPS://EXAMPLE.COM/x"),
    ],
)
def test_links_say_where_they_lead(text: str, address: str) -> None:
    shown = read(text).shown
    link = f'<a href="{address}" target="_blank" rel="noopener noreferrer nofollow">{address}</a>'
    assert link in shown and shown.count("<a ") == 1


def test_mail_links() -> None:
    assert '<a href="mailto:a@example.com">mailto:a@example.com</a>' in read("mailto:a@example.com").shown


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
def test_what_is_no_link_stays_a_text(text: str) -> None:
    shown = read(text).shown
    assert "<a" not in shown and "<script" not in shown


def test_a_link_ends_where_a_sign_would_turn_it_around() -> None:
    shown = read('https://example.com/\u202efdp.exe and https://example.com/"onclick=alert(1)').shown
    assert 'href="https://example.com/"' in shown and "onclick=alert(1)</p>" in shown and "fdp.exe and" in shown


def test_letters_that_look_like_others_are_spelt_out() -> None:
    shown = read("https://\u0430pple.com/login").shown  # the first letter is Cyrillic
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
    ],
)
def test_what_is_quoted_at_the_end_is_apart(text: str, own: str, lines: int) -> None:
    found = read(text)
    assert found.quoted_lines == lines
    if lines:
        assert found.shown == f"<p>{own}</p>" and "&gt;" not in found.quoted
    else:
        assert not found.quoted and found.shown


def test_long_texts_are_cut_between_lines() -> None:
    text = "\n".join(f"Line {number} of many words in a letter." for number in range(200))
    found = read(text)
    assert len(found.shown) < SHOWN_CHARACTERS * 1.5 and found.rest_lines > 100
    assert f"{found.shown}{found.rest}".count("Line ") == 200
    assert not read("\n".join("short" for _ in range(30))).rest
    whole = read("x" * 50_000)
    assert len(whole.shown) > 50_000 and not whole.rest


@pytest.mark.parametrize("text", ["On " * 30_000, "> " * 30_000, "https://" * 10_000, "\n>" * 40_000, "-" * 90_000])
def test_hostile_texts_are_read_in_no_time(text: str) -> None:
    import time

    begun = time.process_time()
    read(text)
    assert time.process_time() - begun < 1
