"""No GET and no HEAD writes to the database, so that a read replica can answer them.

Every address of the URL configuration is called within a read-only transaction, in which PostgreSQL refuses what a replica would
refuse: rows written by a statement, function or trigger, and row locks. New addresses are covered automatically, as long as
`ARGUMENTS` knows their arguments.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connections, transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from agents import services as accounts
from agents.models import Agent, ApiKey
from agents.services.invitations import _invitation_path, reset_tokens
from agents.sign_in.authentication import issue_token
from agents.tests.factories import make_agent
from intelligence.models import Draft
from intelligence.tests.stubs import Stub, install
from tickets import services
from tickets.models import Event, ImportRun, Ticket
from tickets.ranking.weights import DEFAULT_WEIGHTS
from tickets.services import save_weights
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db

# Statements that a replica answers: queries, and those that begin, end and set up a transaction. What a SELECT calls may still
# write; that is why the transaction is read-only, too.
READS = re.compile(
    r"[\s(]*(SELECT|WITH|DECLARE|FETCH|CLOSE|BEGIN|SAVEPOINT|RELEASE SAVEPOINT|ROLLBACK|SET)\b", re.IGNORECASE
)

# Addresses that write when they are read, each with the reason. They write to the reader's own session and to nothing else.
_LINK = "The token moves from the address into the session, so that it stands in no history, Referer or log."
EXCEPTIONS: dict[str, str] = {
    "/accounts/invitation/<uuid:agent_id>/<str:token>/": _LINK,
    "/accounts/new-password/<uuid:agent_id>/<str:token>/": _LINK,
    "/accounts/second-factor/": "The session keeps the new secret until its first code was right.",
}

# Query strings that make an address do more than without one.
QUERIES: dict[str, tuple[str, ...]] = {
    "/": ("?alerts=parcel&alerts=mug", "?q=parcel", "?snoozed=true", "?status=closed", "?view=mine"),
    "/api/tickets": (
        "?topic_alerts=parcel&topic_alerts=mug",
        "?q=parcel",
        "?snoozed=true",
        "?status=all",
        "?assigned_to=me&unread=true",
    ),
    "/api/events": ("?since=0",),
    "/api/tickets/<uuid:ticket_id>/score-breakdown": ("?topic_alerts=parcel",),
    "/tickets/<uuid:ticket_id>": ("?draft=show", "?write=note"),
    "/tickets/<uuid:ticket_id>/conversation": ("?before={message}", "?seen={message}"),
    "/api/knowledge-base/search": ("?q=parcel",),
    "/api/knowledge-base/suggestions": ("?ticket_id={ticket}",),
    "/admin/tickets/ticket/": ("?q=parcel", "?status=all"),
}
# Where an address needs a query to answer at all.
NEEDED: dict[str, str] = {
    "/admin/autocomplete/": "?app_label=tickets&model_name=ticket&field_name=customer",
    "/api/knowledge-base/search": "?q=parcel",
}


# --- The addresses there are -------------------------------------------------------------------------------------------
def routes() -> Iterator[str]:
    """Yield every route of the URL configuration, as its patterns spell it."""

    def walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            route = prefix + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield route
            else:
                yield from walk(pattern, route)

    return walk(get_resolver(), "/")


_PART = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


# --- The records there are ---------------------------------------------------------------------------------------------
@dataclass
class World:
    """Records for which a reader might be tempted to write: unread, without draft, without position, due to wake."""

    lead: Agent
    admin: Agent
    invited: Agent
    service: Agent
    key: ApiKey
    secret: str
    snoozed: Ticket
    ticket: Ticket
    alert: Any
    article: Any


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with quick, django_db_blocker.unblock(), transaction.atomic():
        yield _world()
        transaction.set_rollback(True)


def _world() -> World:
    lead, admin = make_agent("team_lead", last_seen_at=None), make_agent("admin", last_seen_at=None)
    invited, _ = accounts.create_invited_agent(admin, email="new@quimbi.example", name="New", role="agent")
    service = make_agent("senior_agent", is_service=True, last_seen_at=None)
    key, secret = accounts.create_key(None, service.pk, name="Shop", scope="write")
    customer = make_customer(value="250.00")
    data = services.OrderData("N-1", timezone.now() - timedelta(days=3), Decimal(5), customer.pk)
    assert services.put_order(None, data).error is None
    ticket = make_ticket(customer, assigned_to=lead)
    for number in range(40):  # long enough for a summary and for earlier parts
        services.post_message(service, ticket.pk, f"And my mug no {number}?", from_agent=False)
    snoozed = make_ticket(customer)
    services.snooze_ticket(None, snoozed.pk, until=timezone.now() + timedelta(hours=1))
    Ticket.objects.filter(pk=snoozed.pk).update(snoozed_until=timezone.now() - timedelta(hours=1))
    closed = make_ticket(make_customer())
    article = services.post_message(None, closed.pk, "We trace your parcel.", status="closed")
    services.save_assignment_rules(None, {"enabled": True})
    save_weights(None, replace(DEFAULT_WEIGHTS, churn_risk=4.0), "Tried.")
    ImportRun.objects.create(kind=ImportRun.Kind.ORDERS, fingerprint="0" * 64, file_name="orders.csv")
    alert = create_alert(lead, keyword="mug")
    Draft.objects.all().delete()
    Event.objects.update(position=None)
    return World(lead, admin, invited, service, key, secret, snoozed, ticket, alert, article)


@pytest.fixture
def world(made: World, settings: Any) -> World:
    cache.clear()  # nobody was seen, asked for or counted lately
    return made


# --- The arguments in addresses ----------------------------------------------------------------------------------------
# By name, the records whose addresses are read.
ARGUMENTS: dict[str, Callable[[World, str], list[Any]]] = {
    "ticket_id": lambda world, route: [world.ticket.pk, world.snoozed.pk],
    "customer_id": lambda world, route: [world.ticket.customer_id],
    "number": lambda world, route: ["N-1"],
    "agent_id": lambda world, route: [_account(world, route).pk],
    "alert_id": lambda world, route: [world.alert.pk],
    "key_id": lambda world, route: [world.key.pk],
    "message_id": lambda world, route: [world.ticket.messages.earliest("created_at").pk],
    "article_id": lambda world, route: [world.article.pk],
    "token": lambda world, route: [_token(world, route), "link"],
    "index": lambda world, route: [0],
    "provider": lambda world, route: ["stub"],
    "chart": lambda world, route: ["flow", "backlog"],
    "object_id": lambda world, route: [_newest(route)],
    "app_label": lambda world, route: ["tickets"],
    "url": lambda world, route: ["nowhere"],
}


def _account(world: World, route: str) -> Agent:
    if "keys" in route:
        return world.service
    return world.invited if "invit" in route else world.lead


def _token(world: World, route: str) -> str:
    if "invitation" in route:
        return _invitation_path(world.invited.invitation, world.invited).rstrip("/").rpartition("/")[2]
    return reset_tokens.make_token(world.lead)


def _newest(route: str) -> Any:
    """Return the newest record of the model whose admin page the route is."""
    app, model = route.removeprefix("/admin/").split("/")[:2]
    newest = apps.get_model(app, model)._default_manager.order_by("-pk").first()
    assert newest is not None, f"{route}: there is no {model} in the test's world; make one in `_world`."
    return newest.pk


def addresses(world: World, route: str) -> list[str]:
    """Return the route's URLs with records for its arguments; fail the test if an argument is unknown."""
    found = [route]
    for one in _PART.finditer(route):
        name = one[1] or one[2]
        assert name in ARGUMENTS, (
            f"{route} has an argument {name!r} that this test has no record for; add a line for it to ARGUMENTS."
        )
        values = ARGUMENTS[name](world, route)
        found = [address.replace(one[0], str(value)) for address in found for value in values]
    plain = [re.sub(r"[\^$]", "", address) for address in found]
    with_queries = [address + query for address in plain for query in ("", *QUERIES.get(route, ()))]
    return [
        (address if "?" in address else address + NEEDED.get(route, "")).format(
            message=world.ticket.messages.earliest("created_at").pk, ticket=world.ticket.pk
        )
        for address in with_queries
    ]


# --- Who asks ----------------------------------------------------------------------------------------------------------
def _browser(agent: Agent) -> Client:
    client = Client(headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    client.force_login(agent, backend="agents.backends.RoleBackend")
    return client


LEAD_TOKEN, LEAD_BROWSER, ADMIN_BROWSER = "a lead's token", "a lead's browser", "an admin's browser"
KEY, VISITOR = "an API key", "a visitor's browser"
READERS: dict[str, Callable[[World], Client]] = {
    LEAD_TOKEN: lambda world: APIClient(headers={"authorization": f"Bearer {issue_token(world.lead)}"}),
    LEAD_BROWSER: lambda world: _browser(world.lead),
    ADMIN_BROWSER: lambda world: _browser(world.admin),
    KEY: lambda world: APIClient(headers={"x-api-key": world.secret}),
    VISITOR: lambda world: Client(headers={"accept": "text/html"}),
}


def readers_of(route: str) -> tuple[str, ...]:
    """Return the readers of a route; the first one has access everywhere, and a browser gets the browsable API."""
    if route.startswith("/api/"):
        return LEAD_TOKEN, KEY, LEAD_BROWSER
    return (ADMIN_BROWSER, LEAD_BROWSER) if route.startswith("/admin/") else (LEAD_BROWSER, VISITOR)


# --- What they make the database do ------------------------------------------------------------------------------------
class Statements:
    """Records every statement that a replica would refuse."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        text = sql if isinstance(sql, str) else sql.as_string(context["connection"].connection)
        if not READS.match(text):
            self.refused.append(text)
        try:
            return execute(sql, params, many, context)
        except Exception as error:
            if "read-only transaction" in str(error) and text not in self.refused:
                self.refused.append(text)
            raise


def read(client: Client, method: str, address: str) -> tuple[int, list[str]]:
    """Return the response's status and the statements that wrote; everything is rolled back."""
    statements = Statements()
    failed: Exception | None = None
    status = 0
    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(transaction.atomic(connection.alias))
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL transaction_read_only = on")
            stack.enter_context(connection.execute_wrapper(statements))
        hooks = {connection.alias: len(connection.run_on_commit) for connection in connections.all()}
        try:
            answer = getattr(client, method)(address)
            if getattr(answer, "streaming", False):
                b"".join(answer)
            status = answer.status_code
        except Exception as error:  # noqa: BLE001  what was refused may have ended the request in any way
            failed = error
        for connection in connections.all():
            later = connection.run_on_commit[hooks[connection.alias] :]
            statements.refused += [f"after the transaction: {entry[1]!r}" for entry in later]
            transaction.set_rollback(True, connection.alias)
    if failed is not None and not statements.refused:
        raise failed
    return status, statements.refused


ROUTES = sorted(set(routes()))


@pytest.mark.parametrize("route", ROUTES)
def test_get_and_head_do_not_write_to_the_database(route: str, world: World, settings: Any) -> None:
    wrote = []
    first = readers_of(route)[0]
    calls = [(first, "get", "with AI services"), (first, "head", "")] + [(who, "get", "") for who in readers_of(route)]
    for who, method, how in calls:
        install(settings, Stub()) if how else install(settings)
        for address in addresses(world, route):
            cache.clear()
            client = READERS[who](world)
            status, refused = read(client, method, address)
            assert status < 500, f"{method.upper()} {address} by {who} failed with {status}."
            wrote += [f"{method.upper()} {address} by {who} {how}: {' '.join(text.split())[:200]}" for text in refused]
    if route in EXCEPTIONS:
        assert wrote, f"{route} writes nothing any more; take it off EXCEPTIONS."
        assert all("django_session" in one for one in wrote), "\n".join(wrote)
    else:
        assert not wrote, "\n".join(wrote)
