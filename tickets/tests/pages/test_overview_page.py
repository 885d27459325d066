"""The overview as HTML and CSV: permissions, invalid parameters, hostile names and query counts."""

import csv
import io
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets.pages.overview.daily_charts import CHARTS
from tickets.services import CustomerData, PastEntry, PastTicket, save_histories
from tickets.tests.factories import NOW, make_customer, make_ticket
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine: Any) -> datetime:
    time_machine.move_to(NOW, tick=False)
    return NOW


@pytest.fixture
def client(lead: Agent) -> Client:
    return browser(lead)


def html(client: Client, query: str = "") -> str:
    answer = client.get(f"/overview{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def card(page: str, key: str) -> str:
    return page[page.index(f'aria-labelledby="{key}">') :].partition("</section>")[0]


def rows(client: Client, chart: str, query: str = "") -> list[list[str]]:
    answer: Any = client.get(f"/overview/{chart}.csv{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(answer).decode()
    assert content[0] == "\ufeff"
    return list(csv.reader(io.StringIO(content[1:], newline="")))


def many(number: int, **fields: Any) -> None:
    """Creates answered tickets over several weeks."""
    customer = CustomerData(external_id=make_customer(churn=0.4, value="100").external_id)
    made = [NOW - timedelta(hours=place % 900 + 2) for place in range(number)]
    outcomes = save_histories(
        PastTicket(
            external_id=f"m{number}-{place}",
            customer=customer,
            subject="Parcel",
            channel=("email", "chat", "sms")[place % 3],
            created_at=at,
            status=("open", "closed")[place % 2],
            closed_at=at + timedelta(hours=1),
            messages=[PastEntry("Where?", at), PastEntry("There.", at + timedelta(minutes=30), from_agent=True)],
            **fields,
        )
        for place, at in enumerate(made)
    )
    assert all(one.error is None for one in outcomes)


# --- What it says ------------------------------------------------------------------------------------------------------
def test_overview_without_tickets_explains_each_empty_chart(client: Client) -> None:
    page = html(client)
    assert page.count('class="nothing"') == len(CHARTS)  # all but the agents, who are there, and with the drafts
    assert "No customers are waiting." in text(page) and "No open tickets" in text(page)
    assert "Lea Lead" in card(page, "agents")
    assert rows(client, "flow") == [["Day", "New", "Resolved"]]


def test_every_chart_has_title_description_table_and_csv_link(client: Client, lead: Agent) -> None:
    create_alert(lead, "parcel")
    many(12)
    page = html(client)
    for key in CHARTS:
        part = card(page, key)
        assert f'role="img" aria-labelledby="{key}-name {key}-says"' in part, key
        for kind in ("title", "desc"):
            told = re.search(rf'<{kind} id="{key}-\w+">([^<]+)</{kind}>', part)
            assert told and told[1].strip(), (key, kind)
        assert "<table" in part and f'href="/overview/{key}.csv?days=30"' in part
        assert 'class="small how"' in part
        assert rows(client, key)[1:], key
    assert "style=" not in page and len(set(re.findall(r'\bid="([^"]+)"', page))) == len(re.findall(r'\bid="', page))


def test_tiles_name_the_comparison_period(client: Client) -> None:
    for days, hours in ((2, 1), (40, 3)):
        at = NOW - timedelta(days=days)
        one = PastTicket(
            external_id=f"x{days}",
            customer=CustomerData(external_id=make_customer().external_id),
            subject="Parcel",
            channel="email",
            created_at=at,
            status="closed",
            closed_at=at + timedelta(hours=5),
            messages=[PastEntry("Where?", at), PastEntry("There.", at + timedelta(hours=hours), from_agent=True)],
        )
        assert save_histories([one])[0].error is None
    page = text(html(client))
    assert "Median first reply 1 h 2 h faster than in the previous 30 days" in page
    assert "Median resolution 5 h same as in the previous 30 days" in page
    assert "Resolved 1 Incomplete data for the previous 30 days." in page
    assert "Resolved 1 1 more than in the previous 7 days" in text(html(client, "?days=7"))


def test_days_before_the_first_ticket_have_empty_values(client: Client) -> None:
    make_ticket(days=3)
    table = rows(client, "flow", "?days=7")[1:]
    assert [row[1:] for row in table] == [["", ""]] * 3 + [["1", "0"], ["0", "0"], ["0", "0"], ["0", "0"]]
    assert [row[0] for row in table][-1] == "2026-03-01"


def test_unknown_durations_are_empty_in_csv_and_dashes_on_the_page(client: Client) -> None:
    at = NOW - timedelta(days=2)
    one = PastTicket(
        external_id="y",
        customer=CustomerData(external_id=make_customer().external_id),
        subject="Parcel",
        channel="email",
        created_at=at,
        messages=[PastEntry("Where?", at), PastEntry("There.", at + timedelta(minutes=90), from_agent=True)],
    )
    assert save_histories([one])[0].error is None
    table = rows(client, "first-reply", "?days=7")
    assert table[0] == ["Day", "Tickets", "Median (minutes)", "90th percentile (minutes)"]
    assert table[5] == ["2026-02-27", "1", "90.0", "90.0"] and table[6] == ["2026-02-28", "0", "", ""]
    assert (
        card(html(client, "?days=7"), "first-reply").count('<td class="num">–</td>') == 6 * 2 + 4
    )  # and four days before the first ticket


def test_channel_filter_applies_to_overview_page_and_csv(client: Client) -> None:
    make_ticket(channel="chat")
    make_ticket(channel="email")
    assert rows(client, "flow", "?channel=chat")[-2][1:] == ["1", "0"]
    page = html(client, "?channel=chat&days=90")
    assert '<option value="chat" selected>' in page and "/overview/flow.csv?days=90&amp;channel=chat" in page


def test_single_channel_is_not_called_the_slowest(client: Client) -> None:
    many(9)
    assert "Slowest:" in text(html(client))
    page = text(html(client, "?channel=chat"))
    assert "Slowest:" not in page and "Chat: median" in page


def test_ticket_with_two_keywords_counts_once_in_the_total(client: Client, lead: Agent) -> None:
    create_alert(lead, "recall")
    create_alert(lead, "broken")
    make_ticket(text="A recall of what is broken", days=1)
    assert "New tickets with an alert keyword: 1; open now: 1." in text(html(client))
    heads, *found = rows(client, "alerts", "?days=7")
    assert [row[:3] for row in found] == [["broken", "1", "1"], ["recall", "1", "1"]]
    assert heads[3:] == [f"{NOW - timedelta(days=back):%Y-%m-%d}" for back in range(6, -1, -1)]


def test_overview_is_completely_translated_to_german(lead: Agent) -> None:
    many(9)
    client = browser(lead, HTTP_ACCEPT_LANGUAGE="de")
    page = text(html(client))
    assert f"{NOW.day}. " in page and ".." not in page and f" {NOW:%b} {NOW.year}" not in page.replace(". ", "")
    assert rows(client, "first-reply")[0] == ["Tag", "Tickets", "Median (Minuten)", "90. Perzentil (Minuten)"]


# --- Asked for wrongly -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("days", ["0", "-1", "8", "9" * 5000, "seven", "٧", "<script>", "7.0", "\x00"])
def test_invalid_range_is_reported_and_the_default_shown(client: Client, days: str) -> None:
    answer = client.get("/overview", {"days": days})
    page = answer.content.decode()
    assert answer.status_code == 200 and len(page) < 100_000
    assert "The range must be 7, 30 or 90 days, not" in text(page)
    assert '<option value="30" selected>' in page and "<script>;" not in page
    refused = client.get("/overview/flow.csv", {"days": days})
    assert refused.status_code == 400 and "these are" not in refused.content.decode()


def test_unknown_channel_is_reported_and_all_channels_are_shown(client: Client) -> None:
    assert "There is no channel “fax”; this page shows all channels." in text(html(client, "?channel=fax"))
    refused = client.get("/overview/flow.csv?channel=fax")
    assert (refused.status_code, refused.content.decode()) == (400, "There is no channel “fax”.")


def test_unknown_chart_is_404_and_post_is_405(client: Client) -> None:
    assert client.get("/overview/secrets.csv").status_code == 404
    assert client.post("/overview").status_code == client.post("/overview/flow.csv").status_code == 405
    assert "The range must be" not in html(client, "?unknown=1&days=&channel=")


# --- Who may -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["agent", "senior_agent", "team_lead", "manager", "admin"])
def test_only_team_leads_and_above_see_the_overview(make_agent: Any, role: str) -> None:
    client = browser(make_agent(role))
    leads = role in ("team_lead", "manager", "admin")
    wanted = 200 if leads else 403
    assert client.get("/overview").status_code == client.get("/overview/flow.csv").status_code == wanted
    assert ('href="/overview"' in client.get("/").content.decode()) is leads


def test_overview_tells_a_refused_agent_the_required_role(senior: Agent) -> None:
    assert "team lead" in text(browser(senior).get("/overview").content.decode())


def test_anonymous_overview_request_redirects_to_sign_in() -> None:
    assert Client().get("/overview/flow.csv").headers["Location"] == "/accounts/login/?next=/overview/flow.csv"


# --- Absurd names, and many --------------------------------------------------------------------------------------------
ABSURD = ["x" * 200, "‮evil‬", "👩‍👩‍👧‍👦" * 20, "שלום עולם", "漢字" * 40, HOSTILE, "=HYPERLINK(1)", "Z̸̡" * 50]


def test_hostile_agent_names_are_safe_on_overview_page_and_csv(client: Client, make_agent: Any) -> None:
    for name in ABSURD:
        make_agent("agent", name=name)
    page = html(client)
    assert HOSTILE not in page and "<script>alert" not in page
    drawn = re.findall(r'text-anchor="end">([^<]*)</text>', card(page, "agents"))
    assert len(drawn) == len(ABSURD) + 1 and max(len(unescape(name)) for name in drawn if "Z" not in name) <= 45
    assert not any("\u202e" in name for name in drawn)
    names = {row[0] for row in rows(client, "agents")[1:]}
    assert "'=HYPERLINK(1)" in names and "x" * 200 in names and HOSTILE in names


def test_overview_query_count_is_independent_of_record_count(client: Client, lead: Agent, make_agent: Any) -> None:
    for word in ("parcel", "refund", "where"):
        create_alert(lead, word)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            html(client, "?days=90")
        return len(seen)

    many(10)
    few = queries()
    many(1000)
    for _ in range(10):
        make_agent("agent")
    assert queries() == few <= 20
