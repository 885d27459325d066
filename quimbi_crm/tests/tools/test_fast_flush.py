"""`empty_tables` leaves the database as Django's flush does."""

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection

from agents.models import Agent
from agents.tests.factories import make_agent
from agents.tests.fast_flush import empty_tables
from tickets.tests.factories import make_order, make_ticket

pytestmark = pytest.mark.django_db(transaction=True)


def rows_of_each_table() -> dict[str, int]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    counted = {}
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")  # noqa: S608
            counted[name] = cursor.fetchone()[0]
    return counted


def test_empty_tables_leaves_the_same_rows_as_flush() -> None:
    ticket = make_ticket(assigned_to=make_agent("team_lead"))
    make_order(ticket.customer)
    empty_tables()
    emptied = rows_of_each_table()
    call_command("flush", verbosity=0, interactive=False)
    assert emptied == rows_of_each_table()
    assert Permission.objects.exists() and not Agent.objects.exists()


def test_records_can_be_created_after_empty_tables() -> None:
    make_ticket(assigned_to=make_agent("team_lead"))
    empty_tables()
    make_ticket(assigned_to=make_agent("team_lead"))
    assert rows_of_each_table()["tickets_ticket"] == 1
