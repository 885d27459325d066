"""Every permission: each route, each role, own, others' and unassigned records, and invalid credentials."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import get_resolver
from django.utils import timezone
from rest_framework.test import APIClient

from agents import services as accounts
from agents.models import Agent, ApiKey
from agents.roles import RANK, Capability, Role, allows
from agents.sign_in.authentication import issue_token
from agents.tests.browsing import GOOD_PASSWORD, browser
from agents.tests.factories import PASSWORD, make_agent
from intelligence.tests.stubs import Stub, install
from quimbi_crm.access_rules import RULES, About, Key, Oneself, Reach, Rule, document, through
from tickets import services
from tickets.tests.factories import make_customer, make_ticket
from tickets.topic_alerts.models import TopicAlert
from tickets.topic_alerts.services import create_alert

pytestmark = pytest.mark.django_db
ROLES = [role.value for role in Role]
GONE = ("anonymous", "expired", "deactivated", "forged")


# --- The addresses there are -------------------------------------------------------------------------------------------
def routes() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield every route of the URL configuration with its methods."""

    def walk(resolver: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern, prefix + str(pattern.pattern))
            else:
                yield prefix + str(pattern.pattern), pattern.callback

    for route, view in walk(get_resolver(), "/"):
        actions, kind = getattr(view, "actions", None), getattr(view, "cls", None)
        names = set(actions) if actions else {m for m in ("get", "post", "put", "patch", "delete") if hasattr(kind, m)}
        yield route, frozenset(name.upper() for name in names) - {"HEAD", "OPTIONS"}


def test_every_route_has_an_access_rule() -> None:
    named: dict[str, set[str]] = {}
    for rule in RULES:
        named.setdefault(rule.route, set()).add(rule.method)
    for route, methods in routes():
        if route.startswith("/admin/"):
            continue  # one row for all of them
        assert route in named, f"{route} has no row in quimbi_crm/access_rules.py."
        assert methods <= named[route] or not methods, f"{route}: {methods - named[route]} without a row."
    assert set(named) <= {route for route, _ in routes()} | {"/admin/…"}


def test_access_rules_give_more_than_1500_cases() -> None:
    """One case per rule, requester and record."""
    assert sum(len(subjects(rule, who)) for rule in RULES for who in (*ROLES, "read", "write", *GONE)) > 1500


def test_permissions_document_matches_the_access_rules() -> None:
    assert Path("docs/permissions.md").read_text() == document(), (
        "python -m quimbi_crm.access_rules > docs/permissions.md"
    )


# --- The people and the records ----------------------------------------------------------------------------------------
@dataclass
class World:
    """One account per role, each with an own ticket; another agent's and an unassigned ticket; service accounts with keys."""

    people: dict[str, Agent]
    others: dict[str, Agent]
    shops: dict[str, Agent]
    keys: dict[str, ApiKey]
    secrets: dict[str, str]
    tickets: dict[str, Any]
    alerts: dict[str, TopicAlert]
    team_alert: TopicAlert
    lost: dict[str, Agent]
    sessions: dict[str, str]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Created once; each case is rolled back, and in the end the whole fixture."""
    quick = override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"])
    with quick, django_db_blocker.unblock(), transaction.atomic():
        yield _world()
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World, settings: Any) -> World:
    install(settings, Stub())
    settings.AI_ORDER = {}  # it can be tried, and is asked for nothing
    return made


def _world() -> World:
    make_agent("admin")  # so that none of those below is the last one
    people = {role: make_agent(role) for role in ROLES}
    others = {role: make_agent(role) for role in ROLES}
    shops = {role: make_agent(role, is_service=True) for role in ROLES}
    for shop in shops.values():
        shop.set_unusable_password()
        shop.save()
    keys, secrets = {}, {}
    for scope in ("read", "write"):
        keys[scope], secrets[scope] = accounts.create_key(None, shops["senior_agent"].pk, name=scope, scope=scope)
    tickets = {role: _ticket(people[role]) for role in ROLES}
    tickets |= {"other's": _ticket(others["agent"]), "unassigned": _ticket(None)}
    alerts = {role: create_alert(people[role], keyword=f"word {role}") for role in ROLES}
    alerts["key"] = create_alert(shops["senior_agent"], keyword="word of the shop")
    team = create_alert(people["admin"], keyword="word of the team", team=True)
    lost = {"deactivated": make_agent("admin", is_active=False), "expired": make_agent("admin")}
    sessions = {role: browser(agent).cookies["sessionid"].value for role, agent in people.items()}
    return World(people, others, shops, keys, secrets, tickets, alerts, team, lost, sessions)


def _ticket(assignee: Agent | None) -> Any:
    ticket = make_ticket(make_customer(), assigned_to=assignee)
    data = services.OrderData(
        number=f"N-{ticket.pk}",
        placed_at=timezone.now() - timedelta(days=3),
        total=Decimal(5),
        customer=ticket.customer_id,
    )
    services.put_order(None, data)
    return ticket


def token_of(world: World, who: str) -> str:
    """Return a bearer token that is no longer valid."""
    agent = world.lost.get(who, world.people["admin"])
    token = issue_token(agent)
    if who == "expired":
        Agent.objects.filter(pk=agent.pk).update(token_version=agent.token_version + 1)
    if who == "forged":
        head, body, _ = token.split(".")
        return f"{head}.{body}.{'A' * 43}"
    return token


def client_of(world: World, who: str, rule: Rule) -> Any:
    if who in world.secrets:
        return APIClient(headers={"x-api-key": world.secrets[who]})
    if who in GONE:
        if who == "anonymous":
            return APIClient()
        return APIClient(headers={"authorization": f"Bearer {token_of(world, who)}"})
    agent = world.people[who]
    if rule.is_page:
        client = Client()
        client.cookies["sessionid"] = world.sessions[who]
        return client
    return APIClient(headers={"authorization": f"Bearer {issue_token(agent)}"})


# --- What a row is tried on --------------------------------------------------------------------------------------------
def subjects(rule: Rule, who: str) -> list[str]:
    if rule.about in (About.TICKET, About.CUSTOMER, About.ORDER):
        return ["own", "other's", "unassigned"]
    if rule.about in (About.AGENT, About.SERVICE):
        return (["oneself"] if rule.about is About.AGENT and who in ROLES else []) + ROLES
    return [""]


def address(rule: Rule, world: World, who: str, subject: str) -> str:
    ticket = world.tickets.get(who if subject == "own" else subject, world.tickets["unassigned"])
    accounts_there = world.shops if rule.about is About.SERVICE else world.others
    account = world.people.get(who) if subject == "oneself" else accounts_there.get(subject)
    alert = world.team_alert if rule.about is About.TEAM_ALERT else world.alerts.get(who, world.alerts["key"])
    key = ApiKey.objects.filter(agent=account).first() or _key_of(rule, account)
    parts = {
        "<uuid:ticket_id>": ticket.pk,
        "<uuid:customer_id>": ticket.customer_id,
        "<any:number>": f"N-{ticket.pk}",
        "<uuid:agent_id>": account.pk if account else uuid4(),
        "<uuid:alert_id>": alert.pk,
        "<uuid:key_id>": key.pk if key else uuid4(),
        "<uuid:message_id>": ticket.messages.get().pk,
        "<str:token>": "no-token",
        "<int:index>": "0",
        "<str:provider>": "stub",
        "<slug:chart>": "flow",
    }
    route = rule.route
    if "<uuid:article_id>" in route:
        parts["<uuid:article_id>"] = services.post_message(None, ticket.pk, "We trace it.", status="closed").pk
    for name, value in parts.items():
        route = route.replace(name, str(value))
    return route


def _key_of(rule: Rule, account: Agent | None) -> ApiKey | None:
    if "<uuid:key_id>" not in rule.route or account is None:
        return None
    return accounts.create_key(None, account.pk, name="one", scope="read")[0]


Body = Callable[[World, str, str], dict[str, Any]]
BODIES: dict[str, Body] = {
    "Sign in": lambda world, who, subject: {"email": world.people["agent"].email, "password": PASSWORD},
    "Change one's own status": lambda *_: {"status": "away"},
    "Change one's own password, by the old one": lambda *_: {
        "current_password": PASSWORD,
        "new_password": GOOD_PASSWORD,
    },
    "Create a ticket": lambda *_: {"subject": "New", "channel": "email", "author_email": "new@example.com"},
    "Change status, priority, subject, tags": lambda *_: {"priority": "urgent"},
    "Assign it to somebody else": lambda world, *_: {"assigned_to": str(world.others["senior_agent"].pk)},
    "Take it for oneself; a service account cannot": lambda world, who, _: {
        "assigned_to": str(world.people.get(who, world.shops["senior_agent"]).pk)
    },
    "Reply, on the page": lambda *_: {"content": "We are looking into it."},
    "Save your own composer draft, on the page": lambda *_: {"content": "Dear", "kind": "reply"},
    "Save your own composer draft, on the page, at the old address": lambda *_: {"content": "Dear", "kind": "reply"},
    "Snooze it or put it back, on the page": lambda *_: {"until": "reply"},
    "Make the draft again, on the page": lambda *_: {"tone": "friendly"},
    "Add a note, on the page": lambda *_: {"content": "Called them."},
    "Set the status, on the page": lambda *_: {"status": "closed"},
    "Change one of them, on the page: as in the API": lambda *_: {"priority": "urgent"},
    "Complete an action, on the page": lambda *_: {"key": "answer", "about": "", "done": "1"},
    "Hand it back, on the page: as in the API": lambda *_: {"reason": "Off sick."},
    "Escalate it, on the page: as in the API": lambda *_: {"reason": "Too hard for me."},
    "Reply": lambda *_: {"content": "We are looking into it."},
    "Snooze it": lambda *_: {"until_reply": True},
    "Save your own composer draft": lambda *_: {"content": "Dear"},
    "Save your own composer draft, at the old address": lambda *_: {"content": "Dear"},
    "Add a note": lambda *_: {"content": "Called them."},
    "Escalate it": lambda *_: {"reason": "Too hard for me."},
    "Hand it back": lambda *_: {"reason": "Off sick."},
    "A text as SMS segments": lambda *_: {"content": "On its way."},
    "Complete an action": lambda *_: {"completed": True},
    "Change how tickets are assigned": lambda *_: {"enabled": False},
    "Change the weights": lambda *_: {"weights": {"churn_risk": 4}},
    "What other weights would change": lambda *_: {"weights": {"churn_risk": 4}},
    "Save a topic alert of one's own": lambda *_: {"keyword": "recall"},
    "Save one for the team": lambda *_: {"keyword": "recall", "team": True},
    "Change one's own": lambda *_: {"is_on": False},
    "Change the team's": lambda *_: {"is_on": False},
    "Create a customer": lambda *_: {"name": "New Shopper", "email": "new.shopper@example.com"},
    "Change a customer": lambda *_: {"name": "Other Name"},
    "Write an order": lambda world, who, subject: {
        "customer_email": "new.shopper@example.com",
        "placed_at": "2026-01-01T00:00:00Z",
        "total": 5,
    },
    "Create an account, up to one's own role": lambda *_: {"email": "n@example.com", "name": "N", "role": "agent"},
    "Change name, department, capacity": lambda *_: {"department": "Returns"},
    "Change the role, up to one's own": lambda *_: {"role": "agent"},
    "Correct the address": lambda *_: {"email": "corrected@example.com"},
    "Reset its password": lambda *_: {"password": GOOD_PASSWORD},
    "Make an API key": lambda *_: {"name": "Shop", "scope": "read"},
}


# --- What the rule book says -------------------------------------------------------------------------------------------
def expected(rule: Rule, who: str, subject: str) -> str:
    """Return "ok", "401", "403" or "404"; for pages "sign in" instead of "401"."""
    if rule.needs is None:
        return "ok"
    if who in GONE or (rule.is_page and who in ("read", "write")):
        return "sign in" if rule.is_page else "401"
    role = who
    if who in ("read", "write"):
        if rule.key is Key.NONE or (rule.key is Key.WRITE and who == "read"):
            return "403"
        role = "senior_agent"
    hidden = rule.about in (About.TICKET, About.CUSTOMER, About.ORDER) and subject != "own"
    creates = rule.about is About.ORDER and rule.method == "PUT"
    if (
        hidden and not creates and not allows(role, Capability.SEE_ALL)
    ):  # a PUT of an order creates, too: it tells nothing
        return "404"
    if subject == "oneself" and rule.oneself is Oneself.ALWAYS:
        return "ok"
    if not through(rule, role) or (subject == "other's" and rule.others and not allows(role, rule.others)):
        return "403"
    if rule.about in (About.AGENT, About.SERVICE):
        return _to_account(rule, role, subject)
    return "ok"


def _to_account(rule: Rule, role: str, subject: str) -> str:
    if subject == "oneself" and rule.oneself is Oneself.NEVER:
        return "403"
    mine, theirs = RANK[role], RANK[role if subject == "oneself" else subject]
    reached = {
        Reach.ANY: True,
        Reach.PEERS: theirs <= mine,
        Reach.BELOW: theirs < mine or role == Role.ADMIN,
    }[rule.reach]
    return "ok" if reached else "403"


def leads_to_sign_in(answer: Any) -> bool:
    """Whether the response redirects to the sign-in page with `next`, which a sign-out does not have."""
    where, _, way_back = answer.headers.get("Location", "").partition("?")
    return where in ("/accounts/login/", "/admin/login/") and way_back.startswith("next=")


def seen(rule: Rule, answer: Any) -> str:
    status = answer.status_code
    if status in (302, 301) and leads_to_sign_in(answer):
        return "sign in" if rule.needs else "ok"
    if status in (401, 403, 404):
        return str(status)
    # A reason of the record's own (nothing to hand back, the last one, …) is past the question of permission.
    return "ok" if status < 400 or status in (400, 409, 410) else f"failed with {status}"


@pytest.mark.parametrize(
    "rule",
    [rule for rule in RULES if "…" not in rule.route],
    ids=lambda rule: f"{rule.method} {rule.route} {rule.does}",
)
def test_every_access_rule_holds_for_every_requester_and_record(rule: Rule, world: World) -> None:
    wrong = []
    for who in (*ROLES, "read", "write", *GONE):
        for subject in subjects(rule, who):
            with transaction.atomic():
                client = client_of(world, who, rule)
                where = address(rule, world, who, subject)
                body = BODIES[rule.does](world, who, subject) if rule.does in BODIES else {}
                answer = getattr(client, rule.method.lower())(
                    where,
                    **({} if rule.method == "GET" else {"data": body, "content_type": "application/json"})
                    if isinstance(client, Client) and not isinstance(client, APIClient)
                    else ({} if rule.method == "GET" else {"data": body, "format": "json"}),
                )
                transaction.set_rollback(True)
            if (found := seen(rule, answer)) != (wanted := expected(rule, who, subject)):
                wrong.append(f"{who} on {subject or 'it'}: {found} instead of {wanted}: {answer.content[:120]!r}")
            elif found in ("401", "403", "404") and not rule.is_page:
                assert isinstance(answer.json()["detail"], str)
    assert not wrong, "\n".join([f"{rule.method} {rule.route} ({rule.does})", *wrong])


def test_admin_site_pages_are_open_to_managers_and_admins_only(world: World) -> None:
    rule = next(rule for rule in RULES if rule.route == "/admin/…")
    pages = [
        route for route, _ in routes() if route.startswith("/admin/") and "login" not in route and "logout" not in route
    ]
    assert len(pages) > 40 and "/admin/ai/" in pages
    wrong = []
    for route in pages:
        where = route
        for name, value in {"<path:object_id>": uuid4(), "<str:key_id>": uuid4(), "<app_label>": "agents"}.items():
            where = where.replace(name, str(value))
        where = where.split("(?P")[0].replace("^", "").replace("$", "")
        for who in (*ROLES, "read", "write", *GONE):
            with transaction.atomic():
                answer = client_of(world, who, rule).get(where)
                transaction.set_rollback(True)
            signed_in = not leads_to_sign_in(answer)
            if answer.status_code >= 500 or (who in ("manager", "admin")) != signed_in:
                wrong.append(f"{who} at {where}: {answer.status_code} {answer.headers.get('Location', '')}")
    assert not wrong, "\n".join(wrong)
