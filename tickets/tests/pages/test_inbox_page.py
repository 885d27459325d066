"""The inbox as HTML: ranking and reasons, filters, pages, visibility, hostile data and query counts."""

import gzip
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from redis.exceptions import ConnectionError

from agents.common import shared_cache
from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets import services
from tickets.live import watching
from tickets.models import Ticket
from tickets.pages.inbox.inbox_filters import PAGE_SIZE
from tickets.tests.factories import NOW, make_customer, make_ticket, make_tickets
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


@pytest.fixture
def client(senior: Agent) -> Client:
    return browser(senior)


def html(client: Client, query: str = "", status: int = 200, **extra: Any) -> str:
    answer = client.get(f"/{query}", **extra)
    assert answer.status_code == status
    return answer.content.decode()


def subjects(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<a id="t\d+"[^>]*>([^<]*)</a>', page)]


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


# --- Order and reasons -------------------------------------------------------------------------------------------------
def test_inbox_has_the_apis_ranking_and_each_row_shows_reasons(client: Client) -> None:
    angry = make_customer("Dorothy Pelham", churn=0.65, value="2840.00")
    make_ticket(angry, "Nine days without a scan.", subject="Never arrived", days=2.3, customer_sentiment=0.1)
    make_ticket(make_customer("Oskar"), subject="Does not fit", days=0.8)
    make_ticket(make_customer("Priya"), subject="Urgent one", days=0.1, priority="urgent")
    page = html(client)
    api = [row["subject"] for row in client.get("/api/tickets").json()["tickets"]]
    assert subjects(page) == api == ["Never arrived", "Urgent one", "Does not fit"]
    row = text(page[page.index("Dorothy Pelham") : page.index("Urgent one")])
    for said in ("Email", "Nine days without a scan.", "2,840", "high: 65", "Unassigned", "2 d old"):
        assert said in row
    # The three strongest parts, strongest first: ln(1 + 2840/250) = 2.5, 2.3 days, 5 × .65² = 2.1; not the tone's 0.6.
    assert re.findall(r'class="chip \w+">([^<]*)</li>', page)[:3] == [
        "value 2,840",
        "2.3 days waiting",
        "churn risk 65\u00a0%",
    ]
    assert "19 hours waiting" in text(page) and "urgent priority" in text(page)


def test_score_bar_shows_score_parts_relative_to_the_highest_score(client: Client) -> None:
    make_ticket(make_customer(), subject="Old", days=9.5)  # and half a day for the normal priority
    make_ticket(make_customer(), subject="New", days=4.5)
    page = html(client)
    bars = re.findall(r'aria-label="Score breakdown ([^"]*)">(.*?)</svg>', page)
    assert [told for told, _ in bars] == ["waiting 9.5, priority 0.5", "waiting 4.5, priority 0.5"]
    widths = [[float(width) for width in re.findall(r'width="([\d.]+)%"', bar)] for _, bar in bars]
    assert widths == [[93.8, 3.8], [43.8, 3.8]]  # less the gap of 1.2
    assert "style=" not in page


def test_topic_alerts_change_ranking_and_show_match_counts(client: Client, senior: Agent, lead: Agent) -> None:
    make_ticket(make_customer(), "It was recalled.", subject="Recall", days=1)
    make_ticket(make_customer(), subject="Older", days=3)
    assert subjects(html(client)) == ["Older", "Recall"]
    create_alert(senior, "recall")
    create_alert(lead, "chargeback", team=True)
    create_alert(lead, "somebody else's word")
    page = html(client)
    assert subjects(page) == ["Recall", "Older"]
    assert "recall 1 open tickets" in text(page) and "chargeback team 0 open tickets" in text(page)
    assert "somebody else" not in page
    assert "topic alert: recall" in text(page) and "Remove topic alert recall" in page
    assert "Remove topic alert chargeback" not in page  # the team's takes a team lead


def test_topic_alert_matches_are_counted_up_to_a_limit(
    client: Client, senior: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tickets.topic_alerts.pages.COUNTED", 3)
    for word, tickets in (("recall", 2), ("chargeback", 3), ("zipper", 4)):
        create_alert(senior, word)
        for _ in range(tickets):
            make_ticket(make_customer(), f"About a {word}.")
    told = re.findall(r'class="keyword"[^>]*>(\w+)</span><b>([^<]*)<', html(client))
    assert dict(told) == {"recall": "2", "chargeback": "3+", "zipper": "3+"}


def test_closed_tickets_have_a_separate_tab(client: Client) -> None:
    make_ticket(subject="Open one")
    make_ticket(subject="Done", status="closed")
    page = html(client, "?status=closed")
    assert subjects(page) == ["Done"]
    assert "Open 1" in text(page) and "Pending 0" in text(page) and "Closed 1" in text(page)


# --- Filters -----------------------------------------------------------------------------------------------------------
def test_inbox_filters_narrow_the_list_and_stay_in_forms_and_links(client: Client, senior: Agent) -> None:
    make_ticket(subject="Mine by SMS", channel="sms", assigned_to=senior, tags=["refund"])
    make_ticket(subject="Nobody's by SMS", channel="sms")
    make_ticket(subject="Nobody's by mail", priority="high")
    assert subjects(html(client, "?channel=sms&assigned_to=me")) == ["Mine by SMS"]
    assert set(subjects(html(client, "?assigned_to=none"))) == {"Nobody's by SMS", "Nobody's by mail"}
    assert subjects(html(client, "?priority=high")) == ["Nobody's by mail"]
    assert subjects(html(client, f"?assigned_to={senior.pk}")) == ["Mine by SMS"]
    page = html(client, "?tag=Refund&q=")
    assert subjects(page) == ["Mine by SMS"]
    assert 'value="Refund"' in page and "/?tag=Refund&amp;status=closed" in page


def test_inbox_search_covers_every_status(client: Client) -> None:
    make_ticket(subject="Blue mug", status="closed")
    make_ticket(subject="Blue plate")
    make_ticket(subject="Red plate")
    assert set(subjects(html(client, "?q=blue"))) == {"Blue mug", "Blue plate"}
    assert subjects(html(client, "?q=blue&status=open")) == ["Blue plate"]
    assert "No tickets match" in html(client, "?q=green")


def test_list_of_several_statuses_labels_tickets_that_are_not_open(client: Client, senior: Agent) -> None:
    make_ticket(subject="Blue mug", status="closed")
    make_ticket(subject="Blue plate", status="pending")
    make_ticket(subject="Blue cup")
    page = html(client, "?q=blue")
    rows = {subjects(row)[0]: text(row) for row in re.findall(r"<li class=.row.*?</article></li>", page, re.S)}
    assert "Closed · Where is" in rows["Blue mug"] and "Pending · Where is" in rows["Blue plate"]
    assert "Open ·" not in rows["Blue cup"] and "Closed ·" not in html(client, "?status=closed")
    assert 'value="reopen"' in page and 'value="close"' in page and 'value="hours"' in page
    services.snooze_ticket(senior, Ticket.objects.get(status="pending").pk, until=None)
    page = html(client, "?snoozed=true")
    assert "Pending · Where is" in text(page) and 'value="reopen"' not in page and 'value="wake"' in page


def test_assignee_filter_shows_the_selected_agent_even_if_inactive(client: Client, agent: Agent) -> None:
    make_ticket(subject="Hers", assigned_to=agent)
    agent.is_active = False
    agent.save()
    page = html(client, f"?assigned_to={agent.pk}")
    assert subjects(page) == ["Hers"] and f'<option value="{agent.pk}" selected>{agent.name}</option>' in page
    page = html(client, f"?assigned_to={uuid4()}")
    assert subjects(page) == ["Hers"] and "The filter “assignee” has no value" in text(page)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?status=nonsense", "The filter “status” has no value “nonsense”"),
        ("?status=all", "The filter “status” has no value “all”"),
        ("?channel=pigeon&priority=high", "The filter “channel” has no value “pigeon”"),
        ("?assigned_to=nobody", "The filter “assignee” has no value “nobody”"),
        ("?q=a", "A search needs a word of at least 2 characters."),
        ("?q=a%00b", "left out"),
        ("?tag=" + "x" * 60, "The filter “tag” has no value “xxx"),
        ("?cursor=abc", "The ranking has changed since this page was loaded"),
    ],
)
def test_invalid_filter_is_reported_and_ignored(client: Client, query: str, told: str) -> None:
    make_ticket(subject="Here all the same", priority="high")
    page = html(client, query)
    assert subjects(page) == ["Here all the same"]
    assert told in text(page) or "NUL" in text(page)


def test_unknown_query_parameters_are_ignored(client: Client) -> None:
    make_ticket()
    assert "left out" not in html(client, "?utm_source=x&page=9&limit=1&topic_alerts=a")


# --- Unread, snoozed, watched ------------------------------------------------------------------------------------------
def test_unread_tickets_are_marked_counted_and_filtered(client: Client, senior: Agent) -> None:
    read = make_ticket(subject="Read")
    make_ticket(subject="News", days=2)
    services.mark_read(senior, read.pk)
    page = html(client)
    assert page.count("is-unread") == 1 and "Unread. " in page and "2 open, 1 unread here" in text(page)
    assert subjects(html(client, "?unread=true")) == ["News"] and subjects(html(client, "?unread=false")) == ["Read"]
    assert [row["subject"] for row in client.get("/api/tickets?unread=true").json()["tickets"]] == ["News"]
    assert client.get("/api/tickets?unread=true").json()["total"] == 1
    assert client.get("/api/tickets?unread=perhaps").status_code == 400
    assert "is-unread" not in html(client, "?unread=false")


def test_snoozed_tickets_have_a_tab_and_show_the_end_of_the_snooze(client: Client, senior: Agent, agent: Agent) -> None:
    until, reply = make_ticket(subject="Later", days=3), make_ticket(subject="When they write", assigned_to=agent)
    make_ticket(subject="Now")
    services.snooze_ticket(senior, until.pk, until=NOW + timedelta(days=1))
    services.snooze_ticket(senior, reply.pk, until=None)
    assert subjects(html(client)) == ["Now"]
    page = html(client, "?snoozed=true")
    assert subjects(page) == ["Later", "When they write"] and "End snooze" in page
    assert "until Mon 12:00" in text(page) and "until a reply" in text(page)
    assert "Snoozed 2" in text(html(client)) and "Snoozed 1" in text(html(browser(agent)))
    assert "Open 0" in text(html(browser(agent))) and "Show snoozed tickets" in html(browser(agent))
    assert "No snoozed tickets" in html(browser(agent), "?snoozed=true&status=pending")


def test_row_shows_other_viewers_of_the_ticket(client: Client, senior: Agent, lead: Agent) -> None:
    ticket = make_ticket()
    watching.note(ticket.pk, senior, "viewing", "a")
    assert 'class="viewing"' not in html(client).split("<template")[0]
    watching.note(ticket.pk, lead, "typing", "b")
    try:
        assert "Lea is viewing" in text(html(client))
    finally:
        watching.forget(ticket.pk, senior.pk, "a"), watching.forget(ticket.pk, lead.pk, "b")


def test_inbox_works_without_redis_and_without_viewers(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ConnectionError("gone")

    make_ticket(subject="Here")
    monkeypatch.setattr(shared_cache, "client", fail)
    assert subjects(html(client)) == ["Here"]


def test_live_update_does_not_consume_messages(client: Client) -> None:
    client.post("/tickets/bulk", {"do": "close"})
    live = html(client, headers={"X-Quimbi-Live": "1"})
    assert "<html" not in live and "Select tickets first" not in live and 'id="news"' not in live
    assert "Select tickets first" in html(client)


# --- Pages -------------------------------------------------------------------------------------------------------------
def test_next_page_continues_after_the_last_ticket(client: Client) -> None:
    customer = make_customer()
    for number in range(30):
        make_ticket(customer, subject=f"Number {number:02}", days=40 - number)
    first = html(client)
    assert len(subjects(first)) == PAGE_SIZE and f"Show the next {PAGE_SIZE} of 30" in text(first)
    more = unescape(re.findall(r'id="more" href="([^"]+)"', first)[0])
    Ticket.objects.filter(subject="Number 03").update(status="closed", closed_at=NOW)  # work on the list moves nothing
    second = client.get(more).content.decode()
    assert subjects(second) == [f"Number {number:02}" for number in range(PAGE_SIZE, 30)]
    assert "Back to the first tickets" in second and 'id="more"' not in second


def test_page_without_remaining_tickets_shows_the_first_page(client: Client) -> None:
    customer = make_customer()
    for number in range(PAGE_SIZE + 2):
        make_ticket(customer, subject=f"Number {number:02}", days=40 - number)
    more = unescape(re.findall(r'id="more" href="([^"]+)"', html(client))[0])
    Ticket.objects.filter(subject__gte=f"Number {PAGE_SIZE}").update(status="closed", closed_at=NOW)
    page = client.get(more).content.decode()
    assert len(subjects(page)) == PAGE_SIZE and "The ranking has changed" in page and 'id="first"' not in page
    assert "The ranking has changed" not in client.get(more, headers={"X-Quimbi-Live": "1"}).content.decode()


# --- Who sees what -----------------------------------------------------------------------------------------------------
def test_agent_sees_only_own_tickets_and_no_assignee_filter(agent: Agent, senior: Agent) -> None:
    make_ticket(make_customer("Own Customer"), subject="Mine", assigned_to=agent)
    make_ticket(make_customer("Foreign Customer"), subject="Hers", assigned_to=senior)
    make_ticket(make_customer("Unseen Customer"), subject="Nobody's")
    page = html(browser(agent))
    assert subjects(page) == ["Mine"] and "Open 1" in text(page)
    assert "Foreign" not in page and "Unseen" not in page and 'id="f-who"' not in page
    assert "first unassigned ticket" in page  # that there is one, not whose


def test_next_ticket_is_named_and_marked_if_visible_to_the_agent(client: Client, senior: Agent) -> None:
    make_ticket(make_customer("First One"), subject="Taken", days=5, assigned_to=senior)
    make_ticket(make_customer("Second One"), subject="Free", days=3)
    page = html(client)
    assert "Next ticket Second One" in text(page)
    assert page.count("is-next") == 1 and page.index("Taken") < page.index("is-next") < page.index("Free")


def test_only_team_leads_are_offered_other_assignees(client: Client, lead: Agent, agent: Agent) -> None:
    make_ticket()
    choice = f'<option value="{agent.pk}">{agent.name}</option>'
    assert html(client).count(choice) == 1  # the filter
    assert html(browser(lead)).count(choice) == 2
    assert "Whole team" in html(browser(lead)) and "Whole team" not in html(client)


def test_anonymous_visitor_gets_start_page_or_is_redirected_to_sign_in(db: None) -> None:
    assert "Quimbi CRM" in html(Client()) and "There is no account yet" in html(Client())
    answer = Client().get("/?status=closed")
    assert answer.status_code == 302 and answer["Location"] == "/accounts/login/?next=/%3Fstatus%3Dclosed"


# --- Empty, failed, hostile --------------------------------------------------------------------------------------------
def test_inbox_without_open_tickets_says_so(client: Client) -> None:
    make_ticket(status="closed")
    page = text(html(client))
    assert "No open tickets" in page and "No unassigned tickets" in page and "Closed today" in page


def test_agent_without_assigned_tickets_sees_an_empty_inbox_message(agent: Agent) -> None:
    make_ticket()
    assert "No open tickets assigned to you" in html(browser(agent))


def test_inbox_without_database_answers_503_with_a_retry_link(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("tickets.pages.inbox.views.list_tickets", fail)
    page = html(client, "?channel=sms", status=503)
    assert "The tickets could not be loaded." in page and 'href="/?channel=sms"' in page


def test_hostile_texts_are_escaped_in_the_inbox(client: Client, senior: Agent) -> None:
    senior.name = HOSTILE
    senior.save()
    create_alert(senior, HOSTILE[:100])
    make_ticket(make_customer(HOSTILE), HOSTILE, subject=HOSTILE, assigned_to=senior, tags=["<b>"])
    for query in ("", f"?q={HOSTILE[:8]}", f"?tag={HOSTILE[:20]}", f"?channel={HOSTILE}", f"?status={HOSTILE}"):
        page = html(client, query)
        assert "<script>alert" not in page and "<img" not in page and 'onerror="' not in page
    assert subjects(html(client)) == [HOSTILE]


@pytest.mark.parametrize(
    "name", ["x" * 200, "Ünal " * 40, "محمد عبد الرحمن", "👩‍👩‍👧‍👦🎉", "\u202eevil", "O'Brien & {{ 7*7 }} {% x %}"]
)
def test_inbox_shows_unusual_customer_names(client: Client, name: str) -> None:
    make_ticket(make_customer(name[:200].strip()), "z" * 500, subject=(name * 10)[:200].strip())
    name = name.replace("\u202e", "")  # what turns the letters around it has no place in a name
    assert f"<bdi>{name.strip()[:5].replace(chr(39), '&#x27;')}" in html(client)


# --- htmx, weight, queries ---------------------------------------------------------------------------------------------
def test_htmx_request_gets_a_fragment_and_history_restore_the_whole_page(client: Client) -> None:
    make_ticket(subject="Here")
    part = html(client, headers=HTMX)
    assert subjects(part) == ["Here"] and "<title>Inbox, 1 open · Quimbi</title>" in part and "<html" not in part
    assert "<html" in html(client, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert "no-store" in client.get("/")["Cache-Control"]


def test_htmx_request_of_an_ended_session_redirects_to_sign_in(db: None) -> None:
    here = {**HTMX, "HX-Current-URL": "http://testserver/?channel=sms"}
    for answer in (Client().get("/", headers=here), Client().post("/tickets/alerts", headers=here)):
        assert answer["HX-Redirect"] == "/accounts/login/?next=/%3Fchannel%3Dsms"
    foreign = Client().get("/", headers={**HTMX, "HX-Current-URL": "https://evil.example/x"})
    assert foreign["HX-Redirect"] == "/accounts/login/?next=/"


@pytest.mark.parametrize("who", ["agent", "lead"])
def test_inbox_query_count_is_equal_for_five_and_three_hundred_tickets(
    who: str, request: pytest.FixtureRequest, make_agent: Callable[..., Agent]
) -> None:
    person: Agent = request.getfixturevalue(who)
    create_alert(person, "parcel")
    client = browser(person)

    def measured(number: int) -> int:
        make_tickets(number, assigned_to=person)
        client.get("/")
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert len(subjects(html(client))) == min(Ticket.objects.count(), PAGE_SIZE)
        return len(found)

    few = measured(5)
    assert measured(295) == few <= 21


def test_inbox_page_weight_stays_below_its_limits(client: Client) -> None:
    """Counts the page and all scripts and styles, without images. Sources are served unminified."""
    customer = make_customer("Anneliese Krahwinkel", churn=0.7, value="3415.00")
    for number in range(25):
        make_ticket(customer, "Guten Tag, " * 20, subject=f"Falsche Farbe geliefert, Kurs beginnt am Freitag {number}")
    page = html(client)
    files = re.findall(r'(?:src|href)="/static/([^"#]+\.(?:js|css))"', page)
    assert len(files) == 8
    loaded = [page.encode(), *(Path(str(finders.find(name))).read_bytes() for name in files)]
    plain, compressed = sum(map(len, loaded)), sum(len(gzip.compress(one)) for one in loaded)
    assert plain < 165_000 and compressed < 45_000, (plain, compressed)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("?q=a", "Eine Suche braucht ein Wort von mindestens 2 Zeichen."),
        ("?q=" + "+".join("abcdefghijkl"), "Eine Suche hat höchstens 10 Wörter und 200 Zeichen."),
        ("?q=ab%00", "NUL-Zeichen"),
        ("?channel=pigeon", "Der Filter „Kanal“ hat keinen Wert „pigeon“"),
        ("?assigned_to=x", "Der Filter „Bearbeiter“ hat keinen Wert „x“"),
    ],
)
def test_invalid_filter_is_reported_in_the_readers_language(senior: Agent, query: str, told: str) -> None:
    make_ticket()
    assert told in text(html(browser(senior, HTTP_ACCEPT_LANGUAGE="de"), query))


def test_inbox_rows_are_translated_to_the_readers_language(senior: Agent) -> None:
    make_ticket(make_customer(churn=0.9), days=17.5, text="A recall")
    create_alert(senior, "recall")
    page = text(html(browser(senior, HTTP_ACCEPT_LANGUAGE="de")))
    for said in ("Ungelesen. ", "Risiko", "hoch: ", "Niemand", "Themenalarm: ", "seit 17 Tagen"):
        assert said in page, said
    assert "Unassigned" not in page and "topic alert" not in page
