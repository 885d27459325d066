"""Agent workload: one definition of availability, in SQL and for a loaded record."""

from collections.abc import Callable
from itertools import product

from agents.models import Agent
from agents.workload import AVAILABLE, is_available, open_ticket_count, with_workload
from tickets.models import Customer
from tickets.tests.factories import make_ticket


def test_workload_counts_open_and_pending_tickets(agent: Agent, senior: Agent, customer: Customer) -> None:
    for status in ("open", "open", "pending", "closed"):
        make_ticket(customer, status=status, assigned_to=agent)
    make_ticket(customer)
    counts = {one.pk: open_ticket_count(one) for one in with_workload(Agent.objects.all())}
    assert counts == {agent.pk: 3, senior.pk: 0}
    assert open_ticket_count(Agent.objects.get(pk=agent.pk)) == 3


def test_sql_and_python_agree_on_availability(make_agent: Callable[..., Agent], customer: Customer) -> None:
    for active, service, status, accepts, room in product(
        (True, False), (True, False), Agent.Status.values, (True, False), (0, 1, 2)
    ):
        one = make_agent(
            is_active=active,
            is_service=service,
            status=status,
            accepts_new_tickets=accepts,
            max_concurrent_tickets=room,
        )
        make_ticket(customer, assigned_to=one)
    agents = list(with_workload(Agent.objects.all()))
    found = set(with_workload(Agent.objects.all()).filter(AVAILABLE))
    assert found == {one for one in agents if is_available(one)}
    (only,) = found
    assert (only.status, only.max_concurrent_tickets) == ("online", 2)
