"""Agent workload in the admin site, counted from assigned tickets."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.models import Agent
from agents.tests.browsing import LIST, Make, page
from tickets import services
from tickets.models import Customer


def give(agent: Agent, customer: Customer, count: int) -> None:
    for _ in range(count):
        data = services.TicketData(
            subject="Parcel", channel="email", customer_id=customer.pk, assigned_to=agent.pk, initial_message="Where?"
        )
        services.create_ticket(None, data)


def test_workload_agrees_in_list_form_filter_sorting_and_index_page(
    managing: Client, make_agent: Make, customer: Customer
) -> None:
    idle = make_agent("agent", name="Idle")
    full = make_agent("agent", name="Full", max_concurrent_tickets=2)
    over = make_agent("agent", name="Over", max_concurrent_tickets=1)
    for agent, count in ((full, 2), (over, 3)):
        give(agent, customer, count)
    text = managing.get(LIST).content.decode()
    assert "2 of 2" in text
    assert "3 of 1" in text
    assert "3 of 1" in managing.get(page(over)).content.decode()

    def listed(query: str) -> list[str]:
        return [agent.name for agent in managing.get(f"{LIST}?{query}").context["cl"].result_list]

    assert listed("o=-4") == ["Over", "Full", "Idle", "Mira Manager"]
    assert listed("workload=over") == ["Over"]
    assert listed("workload=full") == ["Full", "Over"]
    assert idle.name in listed("workload=available")
    assert full.name not in listed("workload=available")
    team = managing.get("/admin/").context["team"]
    assert (team["over"], team["tickets"], team["available"]) == (1, 5, 2)


def test_workload_list_query_count_is_independent_of_agent_count(
    managing: Client, make_agent: Make, customer: Customer
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            managing.get(f"{LIST}?o=-4")
        return len(queries)

    give(make_agent("agent"), customer, 1)
    few = cost()
    for _ in range(10):
        give(make_agent("agent"), customer, 1)
    assert cost() == few
