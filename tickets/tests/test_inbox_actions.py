"""What the inbox's forms do: the next ticket, topic alerts, many tickets at once; each goes back and says what happened."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets import services
from tickets.models import Ticket, TopicAlert
from tickets.tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db
BACK = "/?channel=email"


def post(client: Client, path: str, **data: Any) -> tuple[str, list[str]]:
    """Where it leads, and what it says."""
    answer = client.post(path, {"next": BACK, **data})
    assert answer.status_code == 302, answer.content[:300]
    return answer["Location"], [str(message) for message in client.get("/order").context["messages"]]


def keys(tickets: Iterable[Ticket]) -> list[str]:
    return [str(ticket.pk) for ticket in tickets]


# --- The next ticket ---------------------------------------------------------------------------------------------------
def test_next_claims_the_first_and_opens_it(agent: Agent) -> None:
    make_ticket(days=1)
    first = make_ticket(days=3)
    assert post(browser(agent), "/tickets/next") == (f"/tickets/{first.pk}", ["This ticket is yours now."])
    first.refresh_from_db()
    assert first.assigned_to_id == agent.pk


def test_next_says_when_nothing_is_left(agent: Agent) -> None:
    where, told = post(browser(agent), "/tickets/next")
    assert where == BACK and told == ["Nothing left: no unassigned ticket is waiting for you."]


@pytest.mark.parametrize("path", ["/tickets/next", "/tickets/bulk", "/tickets/alerts"])
def test_they_take_a_post_and_somebody(path: str, agent: Agent) -> None:
    assert browser(agent).get(path).status_code == 405
    assert Client().post(path)["Location"].startswith("/accounts/login/")
    assert browser(agent, enforce_csrf_checks=True).post(path).status_code == 403


def test_they_lead_nowhere_else(agent: Agent) -> None:
    answer = browser(agent).post("/tickets/next", {"next": "https://evil.example/"})
    assert answer["Location"] == "/"


# --- Topic alerts ------------------------------------------------------------------------------------------------------
def test_alerts_are_added_and_removed(agent: Agent) -> None:
    client = browser(agent)
    assert post(client, "/tickets/alerts", keyword="recall") == (
        BACK,
        ["Tickets that mention “recall” come first now."],
    )
    alert = TopicAlert.objects.get(keyword="recall")
    assert alert.owner == agent
    assert post(client, "/tickets/alerts", keyword="Recall")[1] == ["There is a topic alert “Recall” already."]
    assert post(client, "/tickets/alerts", remove=str(alert.pk)) == (BACK, ["The topic alert is removed."])
    assert post(client, "/tickets/alerts", remove=str(alert.pk)) == (BACK, [])  # gone already: as wanted
    assert not TopicAlert.objects.exists()


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("", "A topic alert is a keyword of 2 to 100 characters."),
        (" , ", "A topic alert is a keyword of 2 to 100 characters."),
        ("a", "A topic alert is a keyword of 2 to 100 characters."),
        ("x" * 101, "A topic alert is a keyword of 2 to 100 characters."),
        ("one, two", "A topic alert is one keyword, without commas."),
        (",".join(f"word {number}" for number in range(30)), "A topic alert is one keyword, without commas."),
        ("nul\x00", "The keyword must not contain NUL characters."),
    ],
)
def test_a_word_that_is_none(agent: Agent, word: str, sentence: str) -> None:
    where, told = post(browser(agent), "/tickets/alerts", keyword=word)
    assert where == BACK and told == [sentence]
    assert not TopicAlert.objects.exists()


def test_the_teams_alerts_take_a_team_lead(agent: Agent, lead: Agent) -> None:
    assert "team lead" in post(browser(agent), "/tickets/alerts", keyword="recall", **{"for": "team"})[1][0]
    post(browser(lead), "/tickets/alerts", keyword="recall", **{"for": "team"})
    alert = TopicAlert.objects.get()
    assert alert.owner is None
    assert "team lead" in post(browser(agent), "/tickets/alerts", remove=str(alert.pk))[1][0]
    own = services.create_alert(lead, "mine")
    post(browser(agent), "/tickets/alerts", remove=str(own.pk))
    assert TopicAlert.objects.count() == 2


# --- Many tickets ------------------------------------------------------------------------------------------------------
def test_bulk_close_tells_what_changed_and_what_was_so(senior: Agent) -> None:
    tickets = [make_ticket(), make_ticket(), make_ticket(status="closed")]
    where, told = post(browser(senior), "/tickets/bulk", do="close", ticket=keys(tickets))
    assert where == BACK and told == ["2 tickets closed.", "1 ticket was so already."]
    assert set(Ticket.objects.values_list("status", flat=True)) == {"closed"}


def test_bulk_opens_again_what_was_closed(senior: Agent, agent: Agent) -> None:
    tickets = [make_ticket(status="closed"), make_ticket(status="closed"), make_ticket()]
    told = post(browser(senior), "/tickets/bulk", do="reopen", ticket=keys(tickets))[1]
    assert told == ["2 tickets are open again.", "1 ticket was so already."]
    assert set(Ticket.objects.values_list("status", flat=True)) == {"open"}
    told = post(browser(agent), "/tickets/bulk", do="reopen", ticket=keys(tickets[:1]))[1]
    assert told == ["1 ticket not changed: There is nothing here that you may see."]


def test_the_list_of_closed_tickets_offers_to_open_them_again(senior: Agent) -> None:
    make_ticket(status="closed")
    make_ticket()
    client = browser(senior)
    closed, opened = (client.get(f"/?status={status}").content.decode() for status in ("closed", "open"))
    assert 'value="reopen"' in closed and 'value="close"' not in closed
    assert 'value="reopen"' not in opened and 'value="close"' in opened


def test_bulk_tags_and_priority(senior: Agent) -> None:
    tickets, client = [make_ticket(), make_ticket()], browser(senior)
    assert post(client, "/tickets/bulk", do="tag", tag="Refund, vip", ticket=keys(tickets))[1] == ["2 tickets changed."]
    assert {tag.name for ticket in tickets for tag in ticket.ticket_tags.all()} == {"refund", "vip"}
    before = tickets[0].rank_at
    assert post(client, "/tickets/bulk", do="priority", priority="urgent", ticket=keys(tickets))[1] == [
        "2 tickets changed."
    ]
    tickets[0].refresh_from_db()
    assert tickets[0].priority == "urgent" and tickets[0].rank_at < before


def test_bulk_assigning_takes_a_team_lead_but_for_oneself(senior: Agent, lead: Agent, agent: Agent) -> None:
    tickets = [make_ticket(), make_ticket()]
    told = post(browser(senior), "/tickets/bulk", do="assign", assigned_to=str(agent.pk), ticket=keys(tickets))[1]
    assert told[0].startswith("2 tickets not changed: Assigning tickets takes the role team lead")
    assert post(browser(senior), "/tickets/bulk", do="assign", assigned_to="me", ticket=keys(tickets))[1] == [
        "2 tickets changed."
    ]
    assert post(browser(lead), "/tickets/bulk", do="assign", assigned_to=str(agent.pk), ticket=keys(tickets))[1] == [
        "2 tickets changed."
    ]
    assert set(Ticket.objects.values_list("assigned_to", flat=True)) == {agent.pk}
    post(browser(lead), "/tickets/bulk", do="assign", assigned_to="none", ticket=keys(tickets))
    assert set(Ticket.objects.values_list("assigned_to", flat=True)) == {None}


def test_bulk_changes_none_that_one_may_not_see(agent: Agent, senior: Agent) -> None:
    own, other = make_ticket(assigned_to=agent), make_ticket(subject="Secret", assigned_to=senior)
    told = post(browser(agent), "/tickets/bulk", do="close", ticket=[*keys([own, other]), str(uuid4()), "no id"])[1]
    assert told == ["1 ticket closed.", "2 tickets not changed: There is nothing here that you may see."]
    other.refresh_from_db()
    assert other.status == "open"


@pytest.mark.parametrize(
    ("name", "until"),
    [
        ("hours", "2026-11-25 19:30"),
        ("tomorrow", "2026-11-26 09:00"),
        ("monday", "2026-11-30 09:00"),
        ("reply", None),
    ],
)
def test_bulk_snooze_and_back(senior: Agent, time_machine: Any, name: str, until: str | None) -> None:
    tickets, closed = [make_ticket(), make_ticket()], make_ticket(status="closed")
    time_machine.move_to(datetime(2026, 11, 25, 16, 30, tzinfo=timezone.get_default_timezone()), tick=False)
    client = browser(senior)
    told = post(client, "/tickets/bulk", do=name, ticket=keys([*tickets, closed]))[1]
    assert told[0] == "2 tickets changed." and told[1].startswith("1 ticket not changed: The ticket is closed")
    tickets[0].refresh_from_db()
    assert tickets[0].snoozed and tickets[0].snoozed_until_reply
    at = tickets[0].snoozed_until
    assert (f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else None) == until
    time_machine.shift(1)
    assert post(client, "/tickets/bulk", do="wake", ticket=keys(tickets))[1] == ["2 tickets changed."]
    assert not Ticket.objects.filter(snoozed=True).exists()
    assert post(client, "/tickets/bulk", do="wake", ticket=keys(tickets))[1] == ["2 tickets were so already."]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "Choose what to do"),
        ({"do": "explode"}, "Choose what to do"),
        ({"do": "close", "ticket": []}, "Choose tickets first"),
        ({"do": "tag", "tag": " , "}, "Type the tag"),
        ({"do": "priority", "priority": ""}, "Choose the priority"),
        ({"do": "assign", "assigned_to": "x"}, "Choose whom"),
        ({"do": "priority", "priority": "extreme"}, "1 ticket not changed: The priority is one of"),
        ({"do": "tag", "tag": "x" * 60}, "1 ticket not changed: The add tags takes at most 50"),
        ({"do": "assign", "assigned_to": str(uuid4())}, "1 ticket not changed"),
        ({"do": "close", "ticket": [str(uuid4()) for _ in range(201)]}, "At most 200 tickets are changed at once"),
    ],
)
def test_bulk_that_makes_no_sense(lead: Agent, data: dict[str, Any], told: str) -> None:
    ticket = make_ticket()
    said = post(browser(lead), "/tickets/bulk", **{"ticket": str(ticket.pk), **data})[1]
    assert said[0].startswith(told)
    before = ticket.updated_at
    ticket.refresh_from_db()
    assert ticket.updated_at == before


def test_many_refusals_stay_short_and_harmless(senior: Agent, lead: Agent) -> None:
    tickets = [make_ticket(make_customer(), subject=f"{HOSTILE} {number}") for number in range(15)]
    client = browser(senior)
    client.post("/tickets/bulk", {"do": "assign", "assigned_to": str(lead.pk), "ticket": keys(tickets)})
    page = client.get("/").content.decode()
    assert "15 tickets not changed" in page and "and 5 more" in page and "<script>alert" not in page


# --- The service -------------------------------------------------------------------------------------------------------
def test_one_refusal_stops_no_other(senior: Agent) -> None:
    tickets = [make_ticket(), make_ticket()]
    results = services.change_many(senior, [tickets[0].pk, uuid4(), tickets[1].pk, tickets[0].pk], {"status": "closed"})
    assert [(result.changed, bool(result.refusal)) for result in results] == [
        (True, False),
        (False, True),
        (True, False),
    ]
