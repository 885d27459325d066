"""Write topic alerts: an agent's own, and the team's from team lead up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common import fast_sql
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.keyword_index import KEYWORD_LENGTH, normal_keyword, parse_keywords
from tickets.services.events import announce_order
from tickets.services.validation import TAKEN_APART, clean_time, fail, storable
from tickets.topic_alerts.models import TopicAlert

__all__ = ["active_keywords", "alerts_of", "create_alert", "delete_alert", "keywords_of", "update_alert"]

# Together, an agent's and the team's alerts are the most that one request accepts (MAX_KEYWORDS).
MOST = 10
_TEAMS = 0x5177  # key of an advisory lock; the number is arbitrary


@atomic
def create_alert(
    actor: Agent, keyword: str, *, team: bool = False, is_on: bool = True, expires_at: datetime | None = None
) -> TopicAlert:
    """Create a topic alert of the actor or of the team. Raises `ValidationError`; `PermissionDenied` for the team below team
    lead.
    """
    demand(actor, Capability.TEAM_ALERTS if team else Capability.WORK)
    owner = None if team else actor
    word = _clean(keyword)
    _alone(owner)
    theirs = TopicAlert.objects.filter(owner=owner)
    if theirs.filter(folded=normal_keyword(word)).exists():
        raise fail("keyword", _("The topic alert “%(word)s” already exists.") % {"word": word})
    if not team and any(
        normal_keyword(word) == normal_keyword(known)
        for known in keywords_of(list(TopicAlert.objects.filter(owner=None)))
    ):
        raise fail(
            "keyword", _("The team already has the topic alert “%(word)s”; it also applies to you.") % {"word": word}
        )
    if theirs.count() >= MOST:
        raise fail(
            "keyword",
            (
                _("The team has %(most)s topic alerts, which is the maximum; delete one first.")
                if team
                else _("You have %(most)s topic alerts, which is the maximum; delete one first.")
            )
            % {"most": MOST},
        )
    alert = TopicAlert.objects.create(
        keyword=word,
        folded=normal_keyword(word),
        owner=owner,
        created_by=actor,
        is_on=is_on,
        expires_at=clean_time(expires_at, "expires_at") if expires_at else None,
    )
    audit.record("topic_alert.created", alert, actor=actor, changes={"keyword": (None, word)})
    _tell(alert, actor)
    return alert


@atomic
def update_alert(actor: Agent, alert_id: UUID, values: dict[str, Any]) -> TopicAlert:
    """Change keyword, is_on or expires_at. Raises `TopicAlert.DoesNotExist`, `ValidationError`, `PermissionDenied`."""
    alert = _held(actor, alert_id)
    _alone(alert.owner)
    changes: dict[str, tuple[Any, Any]] = {}
    if "keyword" in values:
        values["keyword"] = _clean(values["keyword"])
        others = TopicAlert.objects.filter(owner=alert.owner, folded=normal_keyword(values["keyword"])).exclude(
            pk=alert.pk
        )
        if others.exists():
            raise fail("keyword", _("The topic alert “%(word)s” already exists.") % {"word": values["keyword"]})
    if values.get("expires_at"):
        values["expires_at"] = clean_time(values["expires_at"], "expires_at")
    for name in ("keyword", "is_on", "expires_at"):
        if name in values and getattr(alert, name) != values[name]:
            changes[name] = (getattr(alert, name), values[name])
            setattr(alert, name, values[name])
    if changes:
        alert.folded = normal_keyword(alert.keyword)
        alert.save()
        audit.record("topic_alert.updated", alert, actor=actor, changes=changes)
        _tell(alert, actor)
    return alert


@atomic
def delete_alert(actor: Agent, alert_id: UUID) -> None:
    """Delete a topic alert. Raises `TopicAlert.DoesNotExist`, `PermissionDenied`."""
    alert = _held(actor, alert_id)
    audit.record("topic_alert.deleted", alert, actor=actor, changes={"keyword": (alert.keyword, None)})
    alert.delete()
    _tell(alert, actor)


_FIELDS = [field.attname for field in TopicAlert._meta.concrete_fields]
# Raw SQL, because every page reads it and building a queryset takes longer than running it.
_ALERTS_OF = f"""SELECT {", ".join(_FIELDS)} FROM tickets_topicalert WHERE owner_id = %s OR owner_id IS NULL
                  ORDER BY owner_id, keyword, id"""  # noqa: S608  no input


def alerts_of(agent: Agent) -> "list[TopicAlert]":
    """The agent's own alerts, then the team's, active or not."""
    return [TopicAlert.from_db("default", _FIELDS, row) for row in fast_sql.fetch_rows(_ALERTS_OF, [agent.pk])]


def active_keywords(agent: Agent) -> list[str]:
    """The keywords of the agent's and the team's alerts that are on and not expired."""
    return keywords_of(alerts_of(agent))


def keywords_of(alerts: "list[TopicAlert]") -> list[str]:
    """The distinct keywords of the alerts that are on and not expired."""
    now = timezone.now()
    on = [a for a in alerts if a.is_on and (a.expires_at is None or a.expires_at > now)]
    return list({a.folded: a.keyword for a in on}.values())


def _tell(alert: TopicAlert, actor: Agent) -> None:
    """Write the event of a changed alert: a team alert reorders all lists, an own alert concerns its owner only."""
    if alert.owner_id is None:
        announce_order("topic_alerts", actor=actor)


def _alone(owner: Agent | None) -> None:
    """Lock the owner's row (the team has none), so that concurrent writes cannot exceed the limit or add a word twice."""
    if owner is not None:
        Agent.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_TEAMS])


def _held(actor: Agent, alert_id: UUID) -> TopicAlert:
    """Lock the alert; another agent's does not exist for the actor, and the team's requires a team lead."""
    alert = TopicAlert.objects.select_for_update().filter(Q(owner=actor) | Q(owner=None)).get(pk=alert_id)
    demand(actor, Capability.WORK if alert.owner_id else Capability.TEAM_ALERTS)
    return alert


def _clean(keyword: str) -> str:
    if len(keyword) > 2 * KEYWORD_LENGTH.stop * TAKEN_APART:
        raise fail("keyword", _("A topic alert is a keyword of 2 to 100 characters."))
    if "," in keyword.strip(", "):
        raise fail("keyword", _("A topic alert is one keyword, without commas."))
    word = storable("keyword", keyword)
    try:
        words = parse_keywords(word)
    except ValidationError:
        words = []
    if len(words) != 1:
        raise fail("keyword", _("A topic alert is a keyword of 2 to 100 characters."))
    return words[0]
