"""The support team: five accounts to sign in with, one per role, three colleagues and the storefront."""

from tickets.demo.records import DemoAgent

TEAM: tuple[DemoAgent, ...] = (
    DemoAgent(
        "admin@quimbi.example",
        "Ingrid Okafor",
        "admin",
        "online",
        "Operations",
        True,
        40,
        ("billing", "chargeback_fraud", "english"),
        False,
    ),
    DemoAgent(
        "manager@quimbi.example",
        "Tomas Vellner",
        "manager",
        "online",
        "Customer Care",
        True,
        40,
        ("escalation", "refund", "english", "german"),
        False,
    ),
    DemoAgent(
        "lead@quimbi.example",
        "Mara Lindqvist",
        "team_lead",
        "busy",
        "Customer Care",
        True,
        45,
        ("escalation", "damaged", "english", "dutch"),
        False,
    ),
    DemoAgent(
        "senior@quimbi.example",
        "Leonie Kastner",
        "senior_agent",
        "online",
        "Customer Care",
        True,
        50,
        ("shipping", "wrong_item", "english", "german", "french"),
        False,
    ),
    DemoAgent(
        "agent@quimbi.example",
        "Theo Barrowby",
        "agent",
        "online",
        "Customer Care",
        True,
        40,
        ("product_question", "stock", "english"),
        False,
    ),
    DemoAgent(
        "lucia.ferrandis@quimbi.example",
        "Lucía Ferrandis",
        "agent",
        "online",
        "Customer Care",
        True,
        45,
        ("return", "refund", "spanish", "italian", "portuguese"),
        False,
    ),
    DemoAgent(
        "amadou.tessier@quimbi.example",
        "Amadou Tessier",
        "senior_agent",
        "away",
        "Wholesale",
        True,
        30,
        ("billing", "discount", "french", "english"),
        False,
    ),
    DemoAgent(
        "kinga.wolan@quimbi.example",
        "Kinga Wolan",
        "agent",
        "offline",
        "Shipping Desk",
        False,
        35,
        ("shipping", "wrong_address", "polish", "german", "japanese"),
        False,
    ),
    DemoAgent("spa@quimbi.example", "Storefront", "senior_agent", "online", "Integrations", False, 0, (), True),
)

DEMO_ACCOUNTS: tuple[str, ...] = tuple(agent.email for agent in TEAM[:5])
PEOPLE: tuple[DemoAgent, ...] = tuple(agent for agent in TEAM if not agent.is_service)
GIVEN_NAME: dict[str, str] = {agent.email: agent.name.split()[0] for agent in TEAM}

SPEAKERS: dict[str, tuple[str, ...]] = {
    language: tuple(agent.email for agent in PEOPLE if word in agent.specializations)
    for language, word in (
        ("de", "german"),
        ("fr", "french"),
        ("es", "spanish"),
        ("pl", "polish"),
        ("it", "italian"),
        ("nl", "dutch"),
        ("pt", "portuguese"),
        ("ja", "japanese"),
    )
}
