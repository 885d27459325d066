"""Forms of the inbox: next ticket, topic alerts, bulk actions and undo; each redirects back with a message."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from agents.models import Agent
from agents.tests.browsing import HOSTILE, browser
from tickets import services
from tickets.models import Ticket
from tickets.ranking.weights import DEFAULT_WEIGHTS
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import create_alert, update_alert

pytestmark = pytest.mark.django_db
BACK = "/?channel=email"


def post(client: Client, path: str, **data: Any) -> tuple[str, list[str]]:
    """Posts the form; returns the redirect target and the messages."""
    answer = client.post(path, {"next": BACK, **data})
    assert answer.status_code == 302, answer.content[:300]
    return answer["Location"], [str(message) for message in client.get("/order").context["messages"]]


def keys(tickets: Iterable[Ticket]) -> list[str]:
    return [str(ticket.pk) for ticket in tickets]


# --- The next ticket ---------------------------------------------------------------------------------------------------
def test_next_ticket_is_claimed_and_opened(agent: Agent) -> None:
    make_ticket(days=1)
    first = make_ticket(days=3)
    assert post(browser(agent), "/tickets/next") == (f"/tickets/{first.pk}", ["This ticket is now assigned to you."])
    first.refresh_from_db()
    assert first.assigned_to_id == agent.pk


def test_next_ticket_reports_an_empty_queue(agent: Agent) -> None:
    where, told = post(browser(agent), "/tickets/next")
    assert where == BACK and told == ["No unassigned tickets left."]


@pytest.mark.parametrize("path", ["/tickets/next", "/tickets/bulk", "/tickets/alerts", "/tickets/undo"])
def test_inbox_actions_need_post_sign_in_and_csrf_token(path: str, agent: Agent) -> None:
    assert browser(agent).get(path).status_code == 405
    assert Client().post(path)["Location"].startswith("/accounts/login/")
    assert browser(agent, enforce_csrf_checks=True).post(path).status_code == 403


def test_inbox_actions_do_not_redirect_to_other_sites(agent: Agent) -> None:
    answer = browser(agent).post("/tickets/next", {"next": "https://evil.example/"})
    assert answer["Location"] == "/"


# --- Topic alerts ------------------------------------------------------------------------------------------------------
def test_topic_alerts_are_added_and_removed(agent: Agent) -> None:
    client = browser(agent)
    assert post(client, "/tickets/alerts", keyword="recall") == (
        BACK,
        ["No open ticket contains “recall” yet; each ticket that does will count 5 days more."],
    )
    alert = TopicAlert.objects.get(keyword="recall")
    assert alert.owner == agent
    assert post(client, "/tickets/alerts", keyword="Recall")[1] == ["The topic alert “Recall” already exists."]
    assert post(client, "/tickets/alerts", remove=str(alert.pk)) == (BACK, ["Topic alert removed."])
    assert post(client, "/tickets/alerts", remove=str(alert.pk)) == (BACK, [])  # gone already: as wanted
    assert not TopicAlert.objects.exists()


@pytest.mark.parametrize(
    ("number", "weight", "told"),
    [
        (0, 5, "No open ticket contains “mug” yet; each ticket that does will count 5 days more."),
        (1, 1, "1 open ticket contains “mug”; it now counts 1 day more."),
        (2, 2.5, "2 open tickets contain “mug”; each now counts 2.5 days more."),
    ],
)
def test_new_topic_alert_message_states_matches_and_days(senior: Agent, number: int, weight: float, told: str) -> None:
    for _ in range(number):
        make_ticket(make_customer(), "My mug is broken.")
    make_ticket(make_customer(), "My mug is broken.", status="closed")
    services.save_weights(None, replace(DEFAULT_WEIGHTS, topic_alert=weight))
    assert post(browser(senior), "/tickets/alerts", keyword="mug")[1] == [told]


@pytest.mark.django_db
def test_team_lead_may_remove_team_alerts_and_agents_only_their_own(lead: Agent, senior: Agent) -> None:
    create_alert(lead, "recall", team=True)
    for person, buttons in ((lead, 2), (senior, 1)):
        create_alert(person, "mine")
        assert browser(person).get("/").content.decode().count('name="remove"') == buttons


def test_own_topic_alert_with_an_active_team_keyword_is_rejected(senior: Agent, lead: Agent) -> None:
    team = create_alert(lead, "Recall", team=True)
    told = post(browser(senior), "/tickets/alerts", keyword="recall")[1]
    assert told == ["The team already has the topic alert “recall”; it also applies to you."]
    update_alert(lead, team.pk, {"is_on": False})
    post(browser(senior), "/tickets/alerts", keyword="recall")
    assert TopicAlert.objects.count() == 2


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
def test_invalid_topic_alert_keyword_is_rejected(agent: Agent, word: str, sentence: str) -> None:
    where, told = post(browser(agent), "/tickets/alerts", keyword=word)
    assert where == BACK and told == [sentence]
    assert not TopicAlert.objects.exists()


def test_team_topic_alerts_are_changed_only_by_team_leads(agent: Agent, lead: Agent) -> None:
    assert "team lead" in post(browser(agent), "/tickets/alerts", keyword="recall", **{"for": "team"})[1][0]
    post(browser(lead), "/tickets/alerts", keyword="recall", **{"for": "team"})
    alert = TopicAlert.objects.get()
    assert alert.owner is None
    assert "team lead" in post(browser(agent), "/tickets/alerts", remove=str(alert.pk))[1][0]
    own = create_alert(lead, "mine")
    post(browser(agent), "/tickets/alerts", remove=str(own.pk))
    assert TopicAlert.objects.count() == 2


# --- Many tickets ------------------------------------------------------------------------------------------------------
def test_bulk_close_reports_changed_and_unchanged_tickets(senior: Agent) -> None:
    tickets = [make_ticket(), make_ticket(), make_ticket(status="closed")]
    where, told = post(browser(senior), "/tickets/bulk", do="close", ticket=keys(tickets))
    assert where == BACK and told == ["2 tickets closed.", "1 ticket already up to date."]
    assert set(Ticket.objects.values_list("status", flat=True)) == {"closed"}


def test_bulk_reopens_closed_tickets(senior: Agent, agent: Agent) -> None:
    tickets = [make_ticket(status="closed"), make_ticket(status="closed"), make_ticket()]
    told = post(browser(senior), "/tickets/bulk", do="reopen", ticket=keys(tickets))[1]
    assert told == ["2 tickets reopened.", "1 ticket already up to date."]
    assert set(Ticket.objects.values_list("status", flat=True)) == {"open"}
    told = post(browser(agent), "/tickets/bulk", do="reopen", ticket=keys(tickets[:1]))[1]
    assert told == ["1 ticket not changed: There is nothing here that you may see."]


def test_list_of_closed_tickets_offers_reopen_instead_of_close(senior: Agent) -> None:
    make_ticket(status="closed")
    make_ticket()
    client = browser(senior)
    closed, opened = (client.get(f"/?status={status}").content.decode() for status in ("closed", "open"))
    assert 'value="reopen"' in closed and 'value="close"' not in closed
    assert 'value="reopen"' not in opened and 'value="close"' in opened


def test_bulk_action_sets_tags_and_priority(senior: Agent) -> None:
    tickets, client = [make_ticket(), make_ticket()], browser(senior)
    assert post(client, "/tickets/bulk", do="tag", tag="Refund, vip", ticket=keys(tickets))[1] == ["2 tickets changed."]
    assert {tag.name for ticket in tickets for tag in ticket.ticket_tags.all()} == {"refund", "vip"}
    before = tickets[0].rank_at
    assert post(client, "/tickets/bulk", do="priority", priority="urgent", ticket=keys(tickets))[1] == [
        "2 tickets changed."
    ]
    tickets[0].refresh_from_db()
    assert tickets[0].priority == "urgent" and tickets[0].rank_at < before


def test_bulk_assignment_to_other_agents_needs_a_team_lead(senior: Agent, lead: Agent, agent: Agent) -> None:
    tickets = [make_ticket(), make_ticket()]
    told = post(browser(senior), "/tickets/bulk", do="assign", assigned_to=str(agent.pk), ticket=keys(tickets))[1]
    assert told[0].startswith("2 tickets not changed: Assigning tickets requires the role team lead")
    assert post(browser(senior), "/tickets/bulk", do="assign", assigned_to="me", ticket=keys(tickets))[1] == [
        "2 tickets changed."
    ]
    assert post(browser(lead), "/tickets/bulk", do="assign", assigned_to=str(agent.pk), ticket=keys(tickets))[1] == [
        "2 tickets changed."
    ]
    assert set(Ticket.objects.values_list("assigned_to", flat=True)) == {agent.pk}
    post(browser(lead), "/tickets/bulk", do="assign", assigned_to="none", ticket=keys(tickets))
    assert set(Ticket.objects.values_list("assigned_to", flat=True)) == {None}


def test_bulk_action_skips_invisible_tickets(agent: Agent, senior: Agent) -> None:
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
def test_bulk_snooze_and_end_of_snooze(senior: Agent, time_machine: Any, name: str, until: str | None) -> None:
    tickets, closed = [make_ticket(), make_ticket()], make_ticket(status="closed")
    time_machine.move_to(datetime(2026, 11, 25, 16, 30, tzinfo=timezone.get_default_timezone()), tick=False)
    client = browser(senior)
    told = post(client, "/tickets/bulk", do=name, ticket=keys([*tickets, closed]))[1]
    said = {"hours": "Wed 25 Nov, 19:30", "tomorrow": "Thu 26 Nov, 09:00", "monday": "Mon 30 Nov, 09:00"}
    assert told[0] == f"2 tickets snoozed until {said.get(name, 'the customer writes')}."
    assert told[1].startswith("1 ticket not changed: The ticket is closed")
    tickets[0].refresh_from_db()
    assert tickets[0].snoozed and tickets[0].snoozed_until_reply
    at = tickets[0].snoozed_until
    assert (f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else None) == until
    time_machine.shift(1)
    assert post(client, "/tickets/bulk", do="wake", ticket=keys(tickets))[1] == ["2 tickets are back in the queue."]
    assert not Ticket.objects.filter(snoozed=True).exists()
    assert post(client, "/tickets/bulk", do="wake", ticket=keys(tickets))[1] == ["2 tickets already up to date."]


def test_bulk_snooze_until_a_chosen_time_needs_a_future_time(senior: Agent, time_machine: Any) -> None:
    ticket = make_ticket()
    time_machine.move_to(datetime(2026, 11, 25, 16, 30, tzinfo=timezone.get_default_timezone()), tick=False)
    client = browser(senior)
    for at, told in (
        ("", "Choose a date and time."),
        ("2026-11-24T10:00", "1 ticket not changed: The snooze time"),
    ):
        assert post(client, "/tickets/bulk", do="at", at=at, ticket=keys([ticket]))[1][0].startswith(told)
    said = post(client, "/tickets/bulk", do="at", at="2026-12-01T10:15", ticket=keys([ticket]))[1]
    assert said == ["1 ticket snoozed until Tue 1 Dec, 10:15."]


def test_snooze_menu_lists_each_time_once(senior: Agent, time_machine: Any) -> None:
    make_ticket()
    client = browser(senior)
    for day, offered in ((28, ["tomorrow", "monday"]), (29, ["tomorrow"])):  # a Saturday, a Sunday
        time_machine.move_to(datetime(2026, 11, day, 10, tzinfo=timezone.get_default_timezone()), tick=False)
        page = client.get("/").content.decode()
        assert [name for name in ("tomorrow", "monday") if f'value="{name}"' in page] == offered
    # What a page of yesterday offers means what it said.
    assert "Mon 30 Nov" in post(client, "/tickets/bulk", do="monday", ticket=keys(Ticket.objects.all()))[1][0]


# --- Undoing -----------------------------------------------------------------------------------------------------------
def undo_of(page: str) -> list[str]:
    return [unescape(value) for value in re.findall(r'name="undo" value="([^"]*)"', page)]


def test_undo_restores_the_former_status(senior: Agent) -> None:
    opened, pending, closed = make_ticket(), make_ticket(status="pending"), make_ticket(status="closed")
    client = browser(senior)
    client.post("/tickets/bulk", {"do": "close", "ticket": keys([opened, pending, closed])})
    (value,) = undo_of(client.get("/").content.decode())
    assert str(closed.pk) not in value
    assert post(client, "/tickets/undo", undo=value) == (BACK, ["2 tickets restored."])
    found = {ticket.pk: ticket.status for ticket in Ticket.objects.all()}
    assert found == {opened.pk: "open", pending.pk: "pending", closed.pk: "closed"}


def test_bulk_tag_reopen_and_failed_close_offer_no_undo(senior: Agent) -> None:
    ticket, client = make_ticket(), browser(senior)
    for data in ({"do": "tag", "tag": "vip"}, {"do": "reopen"}, {"do": "close", "ticket": str(uuid4())}):
        client.post("/tickets/bulk", {"ticket": str(ticket.pk), **data})
        assert undo_of(client.get("/").content.decode()) == []


def test_undo_restores_a_removed_topic_alert(lead: Agent, agent: Agent) -> None:
    until = timezone.now() + timedelta(days=2)
    made = create_alert(lead, "“a” & <b>", team=True, is_on=False, expires_at=until)
    client = browser(lead)
    client.post("/tickets/alerts", {"remove": str(made.pk)})
    (value,) = undo_of(client.get("/").content.decode())
    assert "team lead" in post(browser(agent), "/tickets/undo", undo=value)[1][0]
    post(client, "/tickets/undo", undo=value)
    again = TopicAlert.objects.get()
    assert (again.keyword, again.owner, again.is_on, again.expires_at) == (made.keyword, None, False, until)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "[]",
        "1",
        '{"open": 1}',
        '{"open": ["x"]}',
        '{"exploded": ["{id}"]}',
        '{"keyword": "a"}',
        '{"status": {}}',
    ]
    + ['{"keyword": "recall", "team": true, "is_on": true, "expires_at": null}']
    + ['{"keyword": "recall", "actor": 1, "expires_at": null}', '{"keyword": 1, "expires_at": null}'],
)
def test_invalid_undo_of_tickets_changes_nothing(agent: Agent, value: str) -> None:
    ticket = make_ticket(status="closed", assigned_to=agent)
    where, told = post(browser(agent), "/tickets/undo", undo=value.replace("{id}", str(ticket.pk)))
    assert where == BACK and len(told) <= 1
    ticket.refresh_from_db()
    assert ticket.status == "closed" and not TopicAlert.objects.exists()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "Choose an action"),
        ({"do": "explode"}, "Choose an action"),
        ({"do": "close", "ticket": []}, "Select tickets first"),
        ({"do": "tag", "tag": " , "}, "Enter the tag"),
        ({"do": "priority", "priority": ""}, "Choose a priority"),
        ({"do": "assign", "assigned_to": "x"}, "Choose an assignee"),
        ({"do": "priority", "priority": "extreme"}, "1 ticket not changed: The priority must be one of"),
        ({"do": "tag", "tag": "x" * 60}, "The tag can have at most 50 characters; this one has 60."),
        ({"do": "assign", "assigned_to": str(uuid4())}, "1 ticket not changed"),
        ({"do": "close", "ticket": [str(uuid4()) for _ in range(201)]}, "At most 200 tickets can be changed at once"),
    ],
)
def test_invalid_bulk_action_changes_nothing(lead: Agent, data: dict[str, Any], told: str) -> None:
    ticket = make_ticket()
    said = post(browser(lead), "/tickets/bulk", **{"ticket": str(ticket.pk), **data})[1]
    assert said[0].startswith(told)
    before = ticket.updated_at
    ticket.refresh_from_db()
    assert ticket.updated_at == before


def test_bulk_action_summarises_and_escapes_many_errors(senior: Agent, lead: Agent) -> None:
    tickets = [make_ticket(make_customer(), subject=f"{HOSTILE} {number}") for number in range(15)]
    client = browser(senior)
    client.post("/tickets/bulk", {"do": "assign", "assigned_to": str(lead.pk), "ticket": keys(tickets)})
    page = client.get("/").content.decode()
    assert "15 tickets not changed" in page and "and 5 more" in page and "<script>alert" not in page


# --- The service -------------------------------------------------------------------------------------------------------
def test_rejected_ticket_does_not_stop_the_other_bulk_changes(senior: Agent) -> None:
    tickets = [make_ticket(), make_ticket()]
    results = services.change_many(senior, [tickets[0].pk, uuid4(), tickets[1].pk, tickets[0].pk], {"status": "closed"})
    assert [(result.changed, bool(result.refusal)) for result in results] == [
        (True, False),
        (False, True),
        (True, False),
    ]


@pytest.mark.parametrize("wanted", ["", "[", "[" * 19_000, '{"open": ["x"]}', "null", '{"keyword": 1}', "x" * 50_000])
def test_invalid_undo_data_is_rejected(senior: Agent, wanted: str) -> None:
    assert post(browser(senior), "/tickets/undo", undo=wanted) == (BACK, ["This can’t be undone."])
