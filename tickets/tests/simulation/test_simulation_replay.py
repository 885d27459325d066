"""Replay of the shop's own history: estimated handling times, redrawn days, and the fallback for too little history."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from agents.models import Agent
from tickets.models import Message, Ticket
from tickets.simulation import (
    Arrival,
    Model,
    Replay,
    TooLittleHistoryError,
    compare,
    database,
    first_in,
    replay_or_model,
    scaled_replay,
)
from tickets.simulation.database import read_history
from tickets.simulation.past_tickets import History, PastMessage, PastTicket, estimate_work, look_back
from tickets.tests.factories import make_customer, make_ticket

MINUTE = 1 / 60


def past(key: int, created: float = 0.0, closed: bool = True) -> PastTicket:
    return PastTicket(key, Arrival(created, "normal", 100.0, 0.5, None, None, 0.0), closed)


def said(ticket: int, at: float, agent: str | None = None) -> PastMessage:
    return PastMessage(ticket, at, agent is not None, agent)


def answers(agent: str, count: int, minutes: float, first: int = 100) -> list[PastMessage]:
    """Returns replies of an agent who answers one ticket after another, each in the given number of minutes."""
    return [said(first + place, 50 + place * minutes * MINUTE, agent) for place in range(count)]


def shop(days: int = 21, a_day: int = 12, minutes: float = 6.0) -> History:
    """Returns a history with tickets at noon, answered one after another by Ada and Bea in turn."""
    tickets: list[PastTicket] = []
    messages: list[PastMessage] = []
    for day in range(days + 1):  # the last one is not over
        for place in range(a_day):
            key = day * a_day + place
            tickets.append(past(key, day * 24 + 12 + place * MINUTE))
            messages.append(
                said(key, day * 24 + 13 + (place // 2 + 1) * minutes * MINUTE, "Ada" if place % 2 else "Bea")
            )
    return look_back(tickets, messages, 180)


def test_handling_time_is_measured_from_the_previous_reply() -> None:
    tickets = [past(key) for key in range(100, 140)]
    work = estimate_work(tickets, answers("Ada", 40, 10.0))
    assert (work.replies, work.known, work.stated) == (40, 39, False)
    assert work.hours[120] == pytest.approx(10 * MINUTE)
    assert work.hours[100] == pytest.approx(10 * MINUTE)  # the first one's is unknown: the median


def test_handling_time_is_measured_from_a_later_customer_message() -> None:
    tickets = [past(key) for key in range(100, 141)]
    messages = [*answers("Ada", 40, 10.0), said(140, 56.6), said(140, 56.6 + 4 * MINUTE, "Ada")]
    work = estimate_work(tickets, messages)
    assert work.hours[140] == pytest.approx(4 * MINUTE)


def test_handling_time_excludes_breaks_and_is_at_least_a_minute() -> None:
    tickets = [past(key) for key in range(100, 150)]
    late = [said(141, 80.0, "Ada"), said(142, 80.001, "Ada"), said(142, 90.0, "Ada")]
    work = estimate_work(tickets, [*answers("Ada", 40, 10.0), *late])
    assert work.hours[141] == pytest.approx(10 * MINUTE)  # after a break of hours: unknown, so the median
    assert work.hours[142] == pytest.approx(MINUTE + 10 * MINUTE)  # two replies: a moment, and after a break
    assert work.hours[149] == pytest.approx(10 * MINUTE)  # no reply: as the others


def test_handling_time_of_a_ticket_is_at_most_four_hours() -> None:
    tickets = [past(key) for key in range(100, 141)]
    endless = [said(140, 60 + hour * 0.9, "Bea") for hour in range(20)]
    assert estimate_work(tickets, [*answers("Ada", 40, 10.0), *endless]).hours[140] == 4.0


def test_handling_time_falls_back_to_stated_time_with_too_few_replies() -> None:
    work = estimate_work([past(100), past(101)], answers("Ada", 2, 10.0))
    assert work.stated and set(work.hours.values()) == {0.25}


def test_history_has_whole_days_before_the_newest_ticket() -> None:
    history = look_back([past(1, 30.0), past(2, 24.0 * 9 + 5), past(3, 24.0 * 10 + 1)], [], 180)
    assert (history.first_day, history.last_day, history.days) == (1, 9, 9)
    assert [one.key for one in history.tickets] == [1, 2]
    assert look_back([past(1, 30.0), past(2, 24.0 * 9 + 5), past(3, 24.0 * 10 + 1)], [], 5).days == 5
    assert look_back([], [], 180).days == 0


def test_history_is_summarised_by_days_closed_tickets_and_agents() -> None:
    history = shop()
    assert (history.days, history.closed, history.answering) == (21, 252, 2)
    assert fmean(history.work.hours.values()) == pytest.approx(6 * MINUTE, rel=0.01)
    days = history.by_day()
    assert len(days) == 21 and {len(tickets) for tickets in days.values()} == {12}


def test_replay_of_a_quiet_shop_is_scaled_with_a_note() -> None:
    source = scaled_replay(shop())
    assert source.agents == 2 and source.own_load == pytest.approx(12 * 0.1 / 48, rel=0.01)
    assert source.factor * source.own_load == pytest.approx(0.98)
    assert any(note.startswith("Scaled: ") and "98%" in note for note in source.notes())
    found = compare(source, [first_in()], [1, 2])
    assert found.load.mean == pytest.approx(0.98, rel=0.05)
    assert found.tickets == pytest.approx(source.tickets, rel=0.05)


def test_busy_shop_is_replayed_unscaled() -> None:
    source = scaled_replay(shop(a_day=240, minutes=6.0), agents=1)
    assert source.factor == 1
    assert not any(note.startswith("Scaled") for note in source.notes())
    drawn = source.draw(1)
    assert len(drawn) == 60 * 240
    assert {one.created % 24 // 1 for one in drawn} == {12.0, 13.0, 14.0, 15.0}


def test_replay_reaches_a_given_load_below_the_shops_own() -> None:
    source = scaled_replay(shop(a_day=240), agents=1, load=0.5)
    assert source.factor == pytest.approx(0.5, rel=0.01)
    assert 0.3 < compare(source, [first_in()], [1]).load.mean < 0.7


def test_replayed_days_come_from_the_same_weekday() -> None:
    history = shop()
    weekend = [one for one in history.tickets if one.arrival.created // 24 % 7 == 5]
    quiet = replace(history, tickets=[one for one in history.tickets if one not in weekend])
    drawn = Replay(quiet, agents=2, days=28).draw(1)
    assert {one.created // 24 % 7 for one in drawn} == {0, 1, 2, 3, 4, 6}


def test_replay_with_the_same_seed_draws_the_same_days() -> None:
    source = scaled_replay(shop(), days=14)
    assert source.draw(1) == source.draw(1) != source.draw(2)
    created = [one.created for one in source.draw(1)]
    assert created == sorted(created) and created[0] >= 0 and created[-1] < 14 * 24


@pytest.mark.parametrize(("days", "a_day", "words"), [(10, 40, "10 whole days"), (20, 5, "100 closed tickets")])
def test_too_little_history_falls_back_to_the_model_with_a_note(days: int, a_day: int, words: str) -> None:
    history = shop(days=days, a_day=a_day)
    with pytest.raises(TooLittleHistoryError, match=words):
        scaled_replay(history)
    source = replay_or_model(history, None, 30, 1.05)
    assert isinstance(source, Model) and (source.agents, source.load, source.days) == (10, 1.05, 30)
    assert words in source.notes()[0] and "stated model" in source.notes()[0]


@pytest.mark.django_db
def test_history_is_read_from_tickets_customers_and_messages(senior: Agent) -> None:
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    customer = make_customer(value="120.50", churn=0.4)
    one = make_ticket(customer, created_at=monday + timedelta(hours=9), priority="high", status="closed")
    make_ticket(customer, created_at=monday + timedelta(days=1, hours=9), customer_sentiment=0.2)
    make_ticket(customer, created_at=monday + timedelta(days=2))  # its day is not over
    Message.objects.create(
        ticket=one,
        from_agent=True,
        author=senior,
        content="Hello",
        author_name="S",
        created_at=monday + timedelta(hours=10),
    )
    history = read_history()
    assert (history.days, history.closed, history.answering, history.work.replies) == (2, 1, 1, 1)
    first, second = (ticket.arrival for ticket in history.tickets)
    assert first[1:6] == ("high", 120.5, 0.4, None, None)
    assert (first.created % (7 * 24), second.created % (7 * 24)) == (9.0, 33.0)
    assert second.sentiment == 0.2 and history.work.stated


@pytest.mark.django_db
def test_history_without_records_has_no_days() -> None:
    assert read_history().days == 0


@pytest.mark.django_db
def test_oversized_history_is_truncated_at_a_whole_day(monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 3, 2, 1, tzinfo=UTC)
    customer = make_customer()
    times: Sequence[datetime] = [start + timedelta(hours=8 * place) for place in range(12)]
    Ticket.objects.bulk_create(Ticket(customer=customer, subject="x", channel="email", created_at=at) for at in times)
    monkeypatch.setattr(database, "MOST_TICKETS", 7)  # 2 March has 3, as has each day after it
    history = read_history()
    assert history.days == 1 and len(history.tickets) == 3  # the newest day is not over, the oldest is cut
