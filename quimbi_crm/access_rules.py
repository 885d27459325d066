"""The access rules: which capability each address and method requires, as one table (docs/permissions.md).

The roles themselves are decided in `agents/roles.py`; this names, for each address and method, the capability that it takes.
`docs/permissions.md` is made from it (`python -m quimbi_crm.access_rules`), and a test tries every cell of it: each row as
each role on what is theirs and what is not, and as somebody whose token has ended. An address without a row fails that test.
"""

from dataclasses import dataclass
from enum import StrEnum

from agents.roles import NEEDS, Capability, Role, allows


class Key(StrEnum):
    """Which API keys may use it."""

    NONE = "no"
    READ = "yes"
    WRITE = "scope write"


class About(StrEnum):
    """What the address of a row refers to, and for whom that matters."""

    NOTHING = ""
    TICKET = "ticket"  # without Capability.SEE_ALL only the agent's own tickets; others answer 404
    CUSTOMER = "customer"  # without Capability.SEE_ALL only customers of the agent's own tickets
    ORDER = "order"
    AGENT = "account"
    SERVICE = "service account"
    OWN_ALERT = "own topic alert"
    TEAM_ALERT = "team's topic alert"


class Reach(StrEnum):
    """On which accounts the action is allowed."""

    ANY = "any account"
    PEERS = "up to one's own rank"
    BELOW = "below one's own rank; an admin any"


class Oneself(StrEnum):
    """Whether the action is allowed on one's own account."""

    LIKE_OTHERS = "like others"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Rule:
    """One row of the access rules. `needs` is `None` if no sign-in is required."""

    method: str
    route: str
    does: str
    needs: Capability | None = Capability.WORK
    key: Key = Key.NONE
    about: About = About.NOTHING
    reach: Reach = Reach.ANY
    oneself: Oneself = Oneself.LIKE_OTHERS
    others: Capability | None = None  # capability needed for a ticket assigned to another agent

    @property
    def is_page(self) -> bool:
        """Whether it is for a browser with a session: visitors who are not signed in are sent to the sign-in page."""
        return not self.route.startswith(("/api/", "/health/"))


W = Capability.WORK
TICKET, AGENT = "/api/tickets/<uuid:ticket_id>", "/api/agents/<uuid:agent_id>"
PAGE, PERSON = "/tickets/<uuid:ticket_id>", "/agents/<uuid:agent_id>"
AI, SUGGESTED = "/api/ai/tickets/<uuid:ticket_id>", "/api/ai/tickets/<uuid:ticket_id>/recommendation"
KNOWLEDGE = "/api/knowledge-base"
CUSTOMER, ALERT = "/api/customers/<uuid:customer_id>", "/api/topic-alerts/<uuid:alert_id>"

RULES: tuple[Rule, ...] = (
    # No sign-in needed.
    Rule("GET", "/", "The start page; signed in, the inbox", None),
    Rule("GET", "/favicon.ico", "The icon", None),
    Rule("GET", "/docs", "The documentation of the API", None),
    Rule("GET", "/api/schema", "The OpenAPI document", None),
    Rule("GET", "/health/live", "Whether the program runs", None),
    Rule("GET", "/health/ready", "Whether it can work", None),
    Rule("POST", "/api/agents/login", "Sign in", None),
    Rule("GET", "/accounts/login/", "Sign in", None),
    Rule("GET", "/accounts/forgotten/", "Ask for a new password", None),
    Rule("GET", "/accounts/new-password/<uuid:agent_id>/<str:token>/", "Choose a new password, by a link", None),
    Rule("GET", "/accounts/invitation/<uuid:agent_id>/<str:token>/", "Accept an invitation, by a link", None),
    Rule("GET", "/accounts/second-factor/code/", "Give the code of the second factor", None),
    Rule("POST", "/accounts/logout/", "Sign out", None),
    # The agent's own account.
    Rule("GET", "/api/agents/me", "Who am I", key=Key.READ),
    Rule("PATCH", "/api/agents/me/status", "Change one's own status"),
    Rule("POST", "/api/agents/me/password", "Change one's own password, by the old one"),
    Rule("POST", "/api/agents/logout", "Sign out"),
    Rule("POST", "/accounts/presence/", "Change one's own status, on a page"),
    Rule("POST", "/accounts/profile/time-zone/", "Choose the time zone of one's pages"),
    Rule("POST", "/accounts/display/", "Choose theme and keys of this browser"),
    Rule("GET", "/accounts/profile/", "One's own profile"),
    Rule("GET", "/accounts/profile/password/", "Change one's own password"),
    Rule("POST", "/accounts/profile/sign-out-everywhere/", "Sign out everywhere"),
    Rule("GET", "/accounts/second-factor/", "Set up the second factor"),
    Rule("POST", "/accounts/second-factor/recovery-codes/", "New recovery codes"),
    Rule("POST", "/accounts/second-factor/remove/", "Remove one's own second factor"),
    Rule("GET", "/accounts/second-factor/rules/", "Require the factor of roles", Capability.MANAGE_AGENTS),
    # Tickets.
    Rule("GET", "/api/tickets", "List tickets: all, or one's own", key=Key.READ),
    Rule("POST", "/api/tickets", "Create a ticket", key=Key.WRITE),
    Rule("POST", "/api/tickets/next", "Take the next unassigned ticket"),
    Rule("GET", TICKET, "Read a ticket", key=Key.READ, about=About.TICKET),
    Rule("PATCH", TICKET, "Change status, priority, subject, tags", key=Key.WRITE, about=About.TICKET),
    Rule("PATCH", TICKET, "Assign it to somebody else", Capability.ASSIGN, Key.WRITE, About.TICKET),
    Rule("PATCH", TICKET, "Take it for oneself; a service account cannot", key=Key.WRITE, about=About.TICKET),
    Rule("GET", f"{TICKET}/messages", "Read the messages", key=Key.READ, about=About.TICKET),
    Rule("GET", f"{TICKET}/messages/<uuid:message_id>", "Read a message", key=Key.READ, about=About.TICKET),
    Rule("POST", f"{TICKET}/messages", "Reply", key=Key.WRITE, about=About.TICKET),
    Rule("GET", f"{TICKET}/notes", "Read the notes", key=Key.READ, about=About.TICKET),
    Rule("POST", f"{TICKET}/notes", "Add a note", key=Key.WRITE, about=About.TICKET),
    Rule("POST", f"{TICKET}/reset-conversation", "Begin a demo anew", key=Key.WRITE, about=About.TICKET),
    Rule("GET", f"{TICKET}/score-breakdown", "Why it has its score", key=Key.READ, about=About.TICKET),
    Rule("POST", f"{TICKET}/escalate", "Escalate it", W, Key.WRITE, About.TICKET, others=Capability.ASSIGN),
    Rule("POST", f"{TICKET}/hand-back", "Hand it back", W, Key.WRITE, About.TICKET, others=Capability.ASSIGN),
    Rule(
        "POST",
        f"{TICKET}/share-customer",
        "Share its customer with the agent who opened it",
        Capability.SEE_ALL,
        Key.WRITE,
        About.TICKET,
    ),
    Rule("GET", "/api/events", "What happened to the tickets that one sees", key=Key.READ),
    Rule("POST", f"{TICKET}/snooze", "Snooze it", key=Key.WRITE, about=About.TICKET),
    Rule("DELETE", f"{TICKET}/snooze", "Put it back into the queue", key=Key.WRITE, about=About.TICKET),
    Rule("POST", f"{TICKET}/read", "Mark it as read", key=Key.WRITE, about=About.TICKET),
    Rule("GET", f"{TICKET}/composer-draft", "Your own composer drafts", key=Key.READ, about=About.TICKET),
    Rule("PUT", f"{TICKET}/composer-draft", "Save your own composer draft", key=Key.WRITE, about=About.TICKET),
    Rule("DELETE", f"{TICKET}/composer-draft", "Discard your own composer draft", key=Key.WRITE, about=About.TICKET),
    Rule(
        "GET", f"{TICKET}/reply-draft", "Your own composer drafts, at the old address", key=Key.READ, about=About.TICKET
    ),
    Rule(
        "PUT",
        f"{TICKET}/reply-draft",
        "Save your own composer draft, at the old address",
        key=Key.WRITE,
        about=About.TICKET,
    ),
    Rule(
        "DELETE",
        f"{TICKET}/reply-draft",
        "Discard your own composer draft, at the old address",
        key=Key.WRITE,
        about=About.TICKET,
    ),
    Rule(
        "POST",
        f"{TICKET}/messages/<uuid:message_id>/undo",
        "Take one's own message back",
        key=Key.WRITE,
        about=About.TICKET,
    ),
    Rule("GET", "/api/assignment/rules", "How tickets are assigned"),
    Rule("PUT", "/api/assignment/rules", "Change how tickets are assigned", Capability.ASSIGNMENT_RULES),
    # Ticket pages.
    Rule("GET", "/order", "Why this order"),
    Rule("GET", "/overview", "The overview: reports of the team", Capability.REPORTS),
    Rule("GET", "/overview/<slug:chart>.csv", "A chart of the overview as a CSV file", Capability.REPORTS),
    Rule("POST", "/tickets/next", "Take the next unassigned ticket, on a page"),
    Rule("POST", "/tickets/bulk", "Change many tickets: each as for one alone"),
    Rule(
        "POST", "/tickets/undo", "Undo what was done to many tickets, or a removed topic alert: each as for one alone"
    ),
    Rule("POST", "/tickets/alerts", "Add or remove topic alerts: each as for one alone"),
    Rule("GET", PAGE, "The ticket's page", about=About.TICKET),
    Rule("POST", f"{PAGE}/reply", "Reply, on the page", about=About.TICKET),
    Rule("POST", f"{PAGE}/note", "Add a note, on the page", about=About.TICKET),
    Rule("POST", f"{PAGE}/status", "Set the status, on the page", about=About.TICKET),
    Rule("GET", f"{PAGE}/about", "What stands beside a conversation", about=About.TICKET),
    Rule("POST", f"{PAGE}/action", "Complete an action, on the page", about=About.TICKET),
    Rule("GET", f"{PAGE}/properties", "Status, priority, assignee and tags, on the page", about=About.TICKET),
    Rule("POST", f"{PAGE}/properties", "Change one of them, on the page: as in the API", about=About.TICKET),
    Rule("POST", f"{PAGE}/hand-back", "Hand it back, on the page: as in the API", about=About.TICKET),
    Rule("POST", f"{PAGE}/escalate", "Escalate it, on the page: as in the API", about=About.TICKET),
    Rule(
        "POST",
        f"{PAGE}/share-customer",
        "Share its customer with the agent, on the page",
        Capability.SEE_ALL,
        about=About.TICKET,
    ),
    Rule("GET", f"{PAGE}/history", "Who changed what of it, on the page", about=About.TICKET),
    Rule("GET", "/customers/<uuid:customer_id>", "A customer's page", about=About.CUSTOMER),
    Rule("POST", f"{PAGE}/read", "Mark it as read, on the page", about=About.TICKET),
    Rule("GET", f"{PAGE}/conversation", "The conversation, for a page that is open", about=About.TICKET),
    Rule("POST", f"{PAGE}/composer-draft", "Save your own composer draft, on the page", about=About.TICKET),
    Rule("POST", f"{PAGE}/unsent", "Save your own composer draft, on the page, at the old address", about=About.TICKET),
    Rule("POST", f"{PAGE}/undo/<uuid:message_id>", "Take one's own message back, on the page", about=About.TICKET),
    Rule("POST", f"{PAGE}/snooze", "Snooze it or put it back, on the page", about=About.TICKET),
    Rule("GET", f"{PAGE}/draft", "The draft of a reply, for a page that is open", about=About.TICKET),
    Rule("POST", f"{PAGE}/draft", "Make the draft again, on the page", about=About.TICKET),
    # Ranking.
    Rule("GET", "/api/scoring/weights", "The score weights"),
    Rule("PUT", "/api/scoring/weights", "Change the weights", Capability.WEIGHTS),
    Rule("POST", "/api/scoring/weights/preview", "What other weights would change", Capability.WEIGHTS),
    Rule("POST", "/api/scoring/weights/reset", "Go back to the default weights", Capability.WEIGHTS),
    Rule("GET", "/api/scoring/weights/history", "Who changed the weights"),
    Rule("GET", "/api/topic-alerts", "List topic alerts: one's own and the team's", key=Key.READ),
    Rule("POST", "/api/topic-alerts", "Save a topic alert of one's own", key=Key.WRITE),
    Rule("POST", "/api/topic-alerts", "Save one for the team", Capability.TEAM_ALERTS, Key.WRITE),
    Rule("PATCH", ALERT, "Change one's own", key=Key.WRITE, about=About.OWN_ALERT),
    Rule("DELETE", ALERT, "Delete one's own", key=Key.WRITE, about=About.OWN_ALERT),
    Rule("PATCH", ALERT, "Change the team's", Capability.TEAM_ALERTS, Key.WRITE, About.TEAM_ALERT),
    Rule("DELETE", ALERT, "Delete the team's", Capability.TEAM_ALERTS, Key.WRITE, About.TEAM_ALERT),
    # Customers and orders.
    Rule("GET", "/api/customers", "List customers: all, or those of one's own tickets", key=Key.READ),
    Rule("POST", "/api/customers", "Create a customer", Capability.EDIT_CUSTOMERS, Key.WRITE),
    Rule("GET", CUSTOMER, "Read a customer", key=Key.READ, about=About.CUSTOMER),
    Rule("PATCH", CUSTOMER, "Change a customer", Capability.EDIT_CUSTOMERS, Key.WRITE, About.CUSTOMER),
    Rule("GET", f"{CUSTOMER}/orders", "A customer's orders", key=Key.READ, about=About.CUSTOMER),
    Rule("GET", f"{CUSTOMER}/tickets", "A customer's tickets: all, or one's own", key=Key.READ, about=About.CUSTOMER),
    Rule("GET", "/api/orders/<any:number>", "Read an order", key=Key.READ, about=About.ORDER),
    Rule("PUT", "/api/orders/<any:number>", "Write an order", Capability.EDIT_ORDERS, Key.WRITE, About.ORDER),
    # Analyses and suggestions, with the permissions of their ticket or customer.
    Rule("GET", f"{AI}/draft-response", "The draft of a reply", key=Key.READ, about=About.TICKET),
    Rule("POST", f"{AI}/regenerate-draft", "Make the draft again", key=Key.WRITE, about=About.TICKET),
    Rule("POST", f"{AI}/draft-response/regenerate", "Make the draft again", key=Key.WRITE, about=About.TICKET),
    Rule("POST", f"{AI}/segments", "A text as SMS segments", key=Key.WRITE, about=About.TICKET),
    Rule("GET", SUGGESTED, "Next best actions", key=Key.READ, about=About.TICKET),
    Rule("PATCH", f"{SUGGESTED}/actions/<int:index>", "Complete an action", key=Key.WRITE, about=About.TICKET),
    Rule("GET", f"{AI}/signals", "What was read from a conversation", key=Key.READ, about=About.TICKET),
    Rule(
        "GET",
        "/api/ai/customers/<uuid:customer_id>/intelligence",
        "What is known of a customer",
        key=Key.READ,
        about=About.CUSTOMER,
    ),
    Rule(
        "GET", "/api/mcp/customer/<uuid:customer_id>", "What is known of a customer", key=Key.READ, about=About.CUSTOMER
    ),
    Rule("GET", f"{KNOWLEDGE}/suggestions", "Saved answers of tickets that one may see", key=Key.READ),
    Rule("POST", f"{KNOWLEDGE}/suggestions", "The same, for a long text", key=Key.WRITE),
    Rule("GET", f"{KNOWLEDGE}/search", "Search saved answers", key=Key.READ),
    Rule("GET", f"{KNOWLEDGE}/articles", "The newest saved answers", key=Key.READ),
    Rule("GET", f"{KNOWLEDGE}/articles/<uuid:article_id>", "Read a saved answer", key=Key.READ, about=About.TICKET),
    Rule("GET", "/api/ai/model", "How the figures come about", key=Key.READ),
    Rule("GET", "/api/ai/quality", "What agents make of drafts", Capability.REPORTS),
    Rule("GET", "/api/ai/health", "How the AI services fare", Capability.REPORTS),
    Rule("POST", "/api/ai/health/<str:provider>/try", "Try an AI service", Capability.AI_SERVICES),
    # Accounts.
    Rule("GET", "/api/agents", "List agents"),
    Rule("POST", "/api/agents", "Create an account, up to one's own role", Capability.MANAGE_AGENTS),
    Rule("GET", AGENT, "Read an account", about=About.AGENT),
    Rule(
        "PATCH",
        AGENT,
        "Change name, department, capacity",
        Capability.UPDATE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
    ),
    Rule(
        "PATCH",
        AGENT,
        "Change the role, up to one's own",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.BELOW,
    ),
    Rule("PATCH", AGENT, "Correct the address", Capability.MANAGE_AGENTS, about=About.AGENT, reach=Reach.BELOW),
    Rule(
        "DELETE",
        AGENT,
        "Deactivate an account",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
        oneself=Oneself.NEVER,
    ),
    Rule(
        "POST", f"{AGENT}/reactivate", "Reactivate it", Capability.MANAGE_AGENTS, about=About.AGENT, reach=Reach.PEERS
    ),
    Rule(
        "POST", f"{AGENT}/invitation", "Invite it again", Capability.MANAGE_AGENTS, about=About.AGENT, reach=Reach.BELOW
    ),
    Rule(
        "POST",
        f"{AGENT}/logout",
        "End all its sessions and tokens",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
        oneself=Oneself.ALWAYS,
    ),
    Rule(
        "POST",
        f"{AGENT}/password",
        "Reset its password",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.BELOW,
        oneself=Oneself.NEVER,
    ),
    Rule("GET", f"{AGENT}/keys", "List its API keys", Capability.MANAGE_AGENTS, about=About.SERVICE, reach=Reach.PEERS),
    Rule("POST", f"{AGENT}/keys", "Make an API key", Capability.MANAGE_AGENTS, about=About.SERVICE, reach=Reach.BELOW),
    Rule(
        "DELETE",
        f"{AGENT}/keys/<uuid:key_id>",
        "Revoke an API key",
        Capability.MANAGE_AGENTS,
        about=About.SERVICE,
        reach=Reach.PEERS,
    ),
    # Team pages.
    Rule("GET", "/agents", "The team's page", Capability.UPDATE_AGENTS),
    Rule("GET", "/agents/new", "Invite somebody, on a page", Capability.MANAGE_AGENTS),
    Rule("POST", "/agents/new", "Create an account, on the page", Capability.MANAGE_AGENTS),
    Rule("GET", PERSON, "The account's page", Capability.UPDATE_AGENTS, about=About.AGENT),
    Rule(
        "POST", PERSON, "Change an account, on the page", Capability.UPDATE_AGENTS, about=About.AGENT, reach=Reach.PEERS
    ),
    Rule(
        "POST",
        f"{PERSON}/invitation",
        "Invite again, on the page",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.BELOW,
    ),
    Rule(
        "POST",
        f"{PERSON}/password-link",
        "Mail a link for a new password, on the page",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
    ),
    Rule(
        "POST",
        f"{PERSON}/password",
        "Set a password, on the page",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.BELOW,
        oneself=Oneself.NEVER,
    ),
    Rule(
        "POST",
        f"{PERSON}/second-factor",
        "Reset the second factor, on the page",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.BELOW,
        oneself=Oneself.NEVER,
    ),
    Rule(
        "POST",
        f"{PERSON}/sign-out",
        "End all its sessions and tokens, on the page",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
        oneself=Oneself.NEVER,
    ),
    Rule(
        "GET",
        f"{PERSON}/deactivate",
        "What deactivating it does",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
        oneself=Oneself.NEVER,
    ),
    Rule(
        "POST",
        f"{PERSON}/deactivate",
        "Deactivate it, on the page",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
        oneself=Oneself.NEVER,
    ),
    Rule(
        "POST",
        f"{PERSON}/reactivate",
        "Reactivate it, on the page",
        Capability.MANAGE_AGENTS,
        about=About.AGENT,
        reach=Reach.PEERS,
    ),
    # All pages of the admin site.
    Rule("GET", "/admin", "The way to the admin site", None),
    Rule("GET", "/admin/…", "Every page of the admin site", Capability.ADMIN_SITE),
)


def through(rule: Rule, role: str) -> bool:
    """Whether the role satisfies the row."""
    return rule.needs is None or allows(role, rule.needs)


# --- Generated document -----------------------------------------------------------------------------------------------
HEAD = """# Permissions

Made from `quimbi_crm/access_rules.py` by `python -m quimbi_crm.access_rules > docs/permissions.md`; a test holds it against
the program, cell by cell. The roles are decided in `agents/roles.py`; each has what those before it have.

- Who is not signed in, whose token or session has ended, or whose account is deactivated gets 401, or is led to the sign-in page.
- **own**: of tickets those assigned to oneself, of customers and orders those of one's own tickets. All others are 404, as if
  they did not exist. What one may see but not do is 403, with a sentence that says which role it takes.
- A ticket that an agent opens for an address shows them what they typed and nothing else, whether the address is known or
  not. The customer's record, orders and earlier tickets follow once the customer writes on it (recorded by a service or from
  senior agent up), or somebody from senior agent up assigns the ticket or shares the customer.
- **peers**: accounts up to one's own rank, **below**: those below it (an admin: any). Nobody grants a role above their own,
  nobody deactivates themselves, and the last active admin stays one.
- **API key**: keys belong to service accounts and have the rights of their role where a row lets them in, and nothing elsewhere.
  "read" takes any key, "write" one with the scope write.

## What a role may

"""


def cell(rule: Rule, role: str) -> str:
    """The row's result for the role, in a word."""
    if not through(rule, role):
        return "oneself" if rule.oneself is Oneself.ALWAYS else "–"
    if rule.about in (About.TICKET, About.CUSTOMER, About.ORDER) and not allows(role, Capability.SEE_ALL):
        return "own"
    if rule.others and not allows(role, rule.others):
        return "own, unassigned"
    words = {Reach.ANY: "yes", Reach.PEERS: "peers", Reach.BELOW: "below"}[rule.reach]
    return f"{words}, not oneself" if rule.oneself is Oneself.NEVER else words


def document() -> str:
    """The text of docs/permissions.md."""
    roles = [role.value for role in Role]
    lines = [HEAD, "| Capability | From the role |", "| --- | --- |"]
    lines += [f"| {what} | {Role(role).label.lower()} |" for what, role in NEEDS.items()]
    lines += ["\n## Address by address\n"]
    lines += [
        f"| What | Method | Address | anybody | {' | '.join(roles)} | API key |",
        "| --- " * (5 + len(roles)) + "|",
    ]
    for rule in RULES:
        address = rule.route.replace(">", "}")
        for converter in ("uuid", "str", "any", "int"):
            address = address.replace(f"<{converter}:", "{")
        cells = ["yes" if rule.needs is None else "–", *(cell(rule, role) for role in roles), rule.key.value]
        lines.append(f"| {rule.does} | {rule.method} | `{address}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import os
    import sys

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quimbi_crm.settings")
    django.setup()
    sys.stdout.write(document())
