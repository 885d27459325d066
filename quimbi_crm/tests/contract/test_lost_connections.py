"""A service whose transaction cannot commit raises and stores nothing, so no lost write is acknowledged.

Each writing service runs while its database connection is ended within its transaction, by the database or by the client. A new
service without a row in `WRITES` (or a name in `READS`) fails the first test.
"""

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

import agents.services
import intelligence.services
import tickets.services
from agents.models import Agent, PendingInvitation
from agents.services import invitations, keys
from intelligence.services import drafts, feedback, message_reading, plans, profiles
from quimbi_crm.tests import lost_connection
from quimbi_crm.tests.lost_connection import (
    LATER,
    NEW_PASSWORD,
    WRITE,
    World,
    close_ourselves,
    end_by_database,
    listening,
    losing_after_write,
    losing_in_receivers,
    settle,
    stored,
    totp_code,
)
from tickets.ranking import weights
from tickets.services import CustomerData, OrderData, PastEntry, PastTicket, TicketData
from tickets.tests.factories import NOW
from tickets.topic_alerts import services as alert_services
from tickets.topic_alerts.services import create_alert, delete_alert, update_alert

pytestmark = pytest.mark.django_db
world, _django_db_helper = lost_connection.world, lost_connection._django_db_helper


def invitation_token(world: World) -> str:
    return invitations._invitation_token(PendingInvitation.objects.get(agent=world.invited), world.invited)


# Each writing service, by the module that exports it and its name.
WRITES: dict[str, Callable[[World], Any]] = {
    "agents.invite": lambda w: invitations.invite(w.admin, w.invited.pk),
    "agents.create_invited_agent": lambda w: invitations.create_invited_agent(
        w.admin, email="n@quimbi.example", name="N", role="agent"
    ),
    "agents.accept_invitation": lambda w: invitations.accept_invitation(
        w.invited.pk, invitation_token(w), NEW_PASSWORD
    ),
    "agents.request_reset": lambda w: invitations.request_reset(w.agent.email),
    "agents.send_reset_link": lambda w: invitations.send_reset_link(w.admin, w.agent.pk),
    "agents.reset_password": lambda w: invitations.reset_password(
        w.agent.pk, invitations.reset_tokens.make_token(Agent.objects.get(pk=w.agent.pk)), NEW_PASSWORD
    ),
    "agents.create_agent": lambda w: agents.services.create_agent(
        w.admin, email="n@quimbi.example", name="N", role="agent"
    ),
    "agents.update_agent": lambda w: agents.services.update_agent(w.admin, w.agent.pk, {"name": "Another Name"}),
    "agents.deactivate_agent": lambda w: agents.services.deactivate_agent(w.admin, w.agent.pk),
    "agents.reactivate_agent": lambda w: agents.services.reactivate_agent(w.admin, w.gone.pk),
    "agents.set_password": lambda w: agents.services.set_password(w.admin, w.agent.pk, NEW_PASSWORD),
    "agents.create_key": lambda w: keys.create_key(w.admin, w.service.pk, name="another"),
    "agents.revoke_key": lambda w: keys.revoke_key(w.admin, w.service.pk, w.key.pk),
    "agents.add_second_factor": lambda w: agents.services.add_second_factor(w.agent.pk, w.secret, totp_code(w.secret)),
    "agents.renew_recovery_codes": lambda w: agents.services.renew_recovery_codes(w.factored.pk),
    "agents.remove_second_factor": lambda w: agents.services.remove_second_factor(w.factored.pk),
    "agents.reset_second_factor": lambda w: agents.services.reset_second_factor(w.admin, w.factored.pk),
    "agents.require_second_factor": lambda w: agents.services.require_second_factor(w.admin, "agent", True),
    "agents.remember_time_zone": lambda w: agents.services.remember_time_zone(
        Agent.objects.get(pk=w.agent.pk), "Europe/Berlin"
    ),
    "agents.sign_out": lambda w: agents.services.sign_out(w.agent, "jti", LATER),
    "agents.sign_out_everywhere": lambda w: agents.services.sign_out_everywhere(w.admin, w.agent.pk),
    "agents.export_trail": lambda w: agents.services.export_trail(w.admin, {}),
    "tickets.create_alert": lambda w: create_alert(w.lead, "broken mug"),
    "tickets.update_alert": lambda w: update_alert(w.lead, w.alert.pk, {"is_on": False}),
    "tickets.delete_alert": lambda w: delete_alert(w.lead, w.alert.pk),
    "tickets.claim_next": lambda w: tickets.services.claim_next(w.lead),
    "tickets.hand_back": lambda w: tickets.services.hand_back(w.agent, w.theirs.pk, "not mine"),
    "tickets.escalate": lambda w: tickets.services.escalate(w.agent, w.theirs.pk, "too hard"),
    "tickets.hand_back_tickets": lambda w: tickets.services.hand_back_tickets(w.agent, w.lead),
    "tickets.save_assignment_rules": lambda w: tickets.services.save_assignment_rules(w.admin, {"enabled": True}),
    "tickets.add_note": lambda w: tickets.services.add_note(w.lead, w.ticket.pk, "A note."),
    "tickets.post_message": lambda w: tickets.services.post_message(None, w.ticket.pk, "Hello?", from_agent=False),
    "tickets.create_customer": lambda w: tickets.services.create_customer(
        w.lead, CustomerData(email="new@example.com")
    ),
    "tickets.find_or_create_customer": lambda w: tickets.services.find_or_create_customer(w.lead, "other@example.com"),
    "tickets.save_customers": lambda w: tickets.services.save_customers(
        [CustomerData(email="third@example.com")], None
    ),
    "tickets.set_churn_risk": lambda w: tickets.services.set_churn_risk({w.customer.pk: 0.9}),
    "tickets.update_customer": lambda w: tickets.services.update_customer(w.lead, w.customer.pk, {"name": "New Name"}),
    "tickets.reset_conversation": lambda w: tickets.services.reset_conversation(w.lead, w.chat.pk),
    "tickets.announce": lambda w: tickets.services.announce("note", w.ticket.pk),
    "tickets.save_histories": lambda w: tickets.services.save_histories(
        [
            PastTicket(
                "past-1",
                CustomerData(external_id=w.customer.external_id),
                "Long ago",
                "email",
                NOW,
                messages=[PastEntry("Where?", NOW)],
            )
        ]
    ),
    "tickets.change_many": lambda w: tickets.services.change_many(w.lead, [w.ticket.pk], {"priority": "high"}),
    "tickets.snooze_many": lambda w: tickets.services.snooze_many(w.lead, [w.ticket.pk], LATER),
    "tickets.unsnooze_many": lambda w: tickets.services.unsnooze_many(w.lead, [w.snoozed.pk]),
    "tickets.put_order": lambda w: tickets.services.put_order(None, OrderData("#9", NOW, Decimal(10), w.customer.pk)),
    "tickets.save_orders": lambda w: tickets.services.save_orders(
        [OrderData("#8", NOW, Decimal(10), w.customer.pk)], None
    ),
    "tickets.mark_read": lambda w: tickets.services.mark_read(w.lead, w.ticket.pk),
    "tickets.send_scheduled_reply": lambda w: tickets.services.send_scheduled_reply(w.reply.pk),
    "tickets.schedule_reply": lambda w: tickets.services.schedule_reply(w.lead, w.ticket.pk, "Soon.", undo_seconds=9),
    "tickets.undo_send": lambda w: tickets.services.undo_send(w.lead, w.waiting.ticket_id, w.waiting.pk),
    "tickets.set_sentiment_and_difficulty": lambda w: tickets.services.set_sentiment_and_difficulty(
        w.ticket.pk, sentiment=0.1, difficulty=0.9
    ),
    "tickets.share_customer": lambda w: tickets.services.share_customer(w.lead, w.provisional.pk),
    "tickets.snooze_ticket": lambda w: tickets.services.snooze_ticket(w.lead, w.ticket.pk, until=LATER),
    "tickets.unsnooze_ticket": lambda w: tickets.services.unsnooze_ticket(w.lead, w.snoozed.pk),
    "tickets.wake_due": lambda w: tickets.services.wake_due(LATER + timedelta(days=1)),
    "tickets.create_ticket": lambda w: tickets.services.create_ticket(
        None, TicketData("Help", "email", customer_id=w.customer.pk, initial_message="Where is it?")
    ),
    "tickets.update_ticket": lambda w: tickets.services.update_ticket(w.lead, w.ticket.pk, {"priority": "urgent"}),
    "tickets.discard_composer_draft": lambda w: tickets.services.discard_composer_draft(w.lead, w.ticket.pk, "reply"),
    "tickets.save_composer_draft": lambda w: tickets.services.save_composer_draft(
        w.agent, w.theirs.pk, content="Typed."
    ),
    "tickets.rerank_all": lambda w: tickets.services.rerank_all(w.weights.pk),
    "tickets.restart_ranking": lambda w: tickets.services.restart_ranking(),
    "tickets.save_weights": lambda w: tickets.services.save_weights(
        w.admin, weights.parse_weights({**weights.DEFAULT_WEIGHTS.as_json(), "churn_risk": 9.0})
    ),
    "intelligence.drafts.prepare": lambda w: drafts.prepare(w.theirs.pk),
    "intelligence.drafts.regenerate": lambda w: drafts.regenerate(w.lead, w.theirs.pk, "concise"),
    "intelligence.drafts.make_draft": lambda w: drafts.make_draft(w.theirs.pk),
    "intelligence.drafts.mark_stale": lambda w: drafts.mark_stale([w.ticket.pk]),
    "intelligence.drafts.mark_answered": lambda w: drafts.mark_answered(w.ticket.pk, w.ticket.messages.get().pk),
    "intelligence.feedback.record_feedback": lambda w: feedback.record_feedback(w.answered.pk),
    "intelligence.plans.recommend": lambda w: plans.recommend(w.lead, w.ticket.pk),
    "intelligence.plans.complete_action": lambda w: plans.complete_action(w.lead, w.ticket.pk, 0, True),
    "intelligence.plans.complete_named": lambda w: plans.complete_named(
        w.lead, w.ticket.pk, plans.recommend(w.lead, w.ticket.pk).names[0], True
    ),
    "intelligence.profiles.fit_shop": lambda w: profiles.fit_shop(),
    "intelligence.profiles.profile_customers": lambda w: profiles.profile_customers([w.customer.pk]),
    "intelligence.profiles.start_over": lambda w: profiles.start_over(w.model),
    "intelligence.profiles.take_service_risk": lambda w: profiles.take_service_risk(w.customer.pk, 0.7),
    "intelligence.profiles.refresh_stale": lambda w: profiles.refresh_stale(),
    "intelligence.profiles.mark_stale": lambda w: profiles.mark_stale([w.customer.pk]),
    "intelligence.message_reading.read_ticket": lambda w: message_reading.read_ticket(w.theirs.pk),
}
# Those that only read, or run what they are given.
READS = {
    *(
        "agents.grantable_roles",
        "agents.liftable_roles",
        "agents.invited",
        "agents.keys_of",
        "agents.refusals",
        "agents.resetting",
    ),
    *("agents.roles_for", "tickets.active_keywords", "tickets.alerts_of"),
    *("tickets.keywords_of", "tickets.peek_next", "tickets.retrying", "tickets.composer_drafts_of"),
    # The sweep handles each message by itself and logs what fails: its next run finds it again.
    "intelligence.old_conversations.read_old_conversations",
    *("intelligence.lost_jobs.catch_up", "intelligence.lost_jobs.prune"),
    # These ask a service and keep its answer; their one write is a single statement.
    *("intelligence.advice.prepare", "intelligence.analyses.refresh", "intelligence.analyses.at_hand"),
    # A GET calls these: they write nothing to the database.
    *("intelligence.analyses.ask", "intelligence.drafts.current_draft", "intelligence.wanted.want"),
    # Each job is enqueued by itself; the next reader asks again for one that is lost.
    "intelligence.wanted.enqueue_wanted",
}
READING_MODULES = {
    *(
        "configured_providers",
        "conversation_facts",
        "customer_facts",
        "customer_intelligence",
        "enqueueing",
        "order_histories",
    ),
    *("provider_health", "provider_health_texts", "saved_answers", "shop_rows"),
}


def exported() -> Iterator[str]:
    """Yield every public function of the services packages."""
    for package in (agents.services, tickets.services, alert_services):
        for name in package.__all__:
            if inspect.isfunction(getattr(package, name)):
                yield f"{package.__name__.split('.')[0]}.{name}"
    for found in pkgutil.iter_modules(intelligence.services.__path__):
        module = importlib.import_module(f"intelligence.services.{found.name}")
        for name, value in vars(module).items():
            own = inspect.isfunction(value) and value.__module__ == module.__name__
            if own and not name.startswith("_") and found.name not in READING_MODULES:
                yield f"intelligence.{found.name}.{name}"


# These write by one statement, in no transaction of their own.
SINGLE = {
    *(
        "agents.remember_time_zone",
        "agents.request_reset",
        "tickets.announce",
        "tickets.mark_read",
        "intelligence.drafts.mark_answered",
    ),
    *("intelligence.feedback.record_feedback", "intelligence.profiles.fit_shop", "intelligence.profiles.start_over"),
    *("intelligence.profiles.mark_stale", "intelligence.plans.recommend"),
}
# Functions of the intelligence that compute from what they are given, or only read.
COMPUTE = {
    *("waits", "plan_facts", "advised", "summary", "digest", "write", "to_mend", "body", "current_draft_body"),
    *("distance", "outcome", "report", "recommendation_of", "summary_body", "step_body", "model_in_force"),
    *("old_conversations", "count_orders", "has_grown", "said_by_customer", "unread", "explain"),
    *("read_now", "tags_with", "ticket_facts", "has_service_risk"),
}


def test_every_exported_service_is_listed_as_writing_or_reading() -> None:
    known = WRITES.keys() | READS
    missing = [name for name in exported() if name not in known and name.rsplit(".", 1)[-1] not in COMPUTE]
    assert missing == []


@dataclass(frozen=True)
class Seen:
    """What a service does without a failure, observed in a transaction that is rolled back."""

    writes: int
    announces: bool


@pytest.fixture(scope="module")
def seen(world: World) -> Callable[[str], Seen]:
    @functools.cache
    def run(name: str) -> Seen:
        told, written = list[Any](), list[str]()

        def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            if WRITE.match(str(sql)):
                written.append(str(sql))
            return execute(sql, params, many, context)

        # Django's own, for what is wanted here is to be rolled back without an error.
        with transaction.atomic(), connection.execute_wrapper(note), listening(lambda **facts: told.append(facts)):
            WRITES[name](world)
            transaction.set_rollback(True)
        return Seen(len(written), bool(told))

    return run


@pytest.mark.parametrize("name", WRITES)
def test_service_raises_and_stores_nothing_if_connection_ends_in_a_receiver(
    world: World, seen: Callable[[str], Seen], name: str
) -> None:
    if not seen(name).announces:
        return
    for end in (end_by_database, close_ourselves):
        before = stored(world)
        with losing_in_receivers(world, end), pytest.raises(OperationalError):
            WRITES[name](world)
        settle()
        assert stored(world) == before


@pytest.mark.parametrize("name", WRITES)
def test_service_raises_and_stores_nothing_if_connection_ends_after_first_write(
    world: World, seen: Callable[[str], Seen], name: str
) -> None:
    if seen(name).writes <= 1 and name in SINGLE:
        return  # one statement, which is stored or raises
    before = stored(world)
    with losing_after_write(world, 1), pytest.raises(OperationalError):
        WRITES[name](world)
    settle()
    assert stored(world) == before


@pytest.mark.parametrize("name", ["tickets.add_note", "tickets.update_ticket", "tickets.post_message"])
def test_service_raises_and_stores_nothing_if_connection_ends_after_any_write(
    world: World, seen: Callable[[str], Seen], name: str
) -> None:
    before = stored(world)
    for which in range(1, seen(name).writes + 1):
        with losing_after_write(world, which), pytest.raises(OperationalError):
            WRITES[name](world)
        settle()
        assert stored(world) == before
