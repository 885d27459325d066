"""Read and change the rules of automatic assignment."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import audit
from agents.common.transactions import atomic
from agents.models import Agent
from agents.permissions import Capability, demand
from tickets.models import AssignmentRules
from tickets.services.validation import differences, fail

FIELDS = ("enabled", "high_value_from", "again_after_hours")


@dataclass(frozen=True)
class Facts:
    """What automatic assignment needs before a ticket exists: the rules, and its customer's value (shop currency)."""

    rules: AssignmentRules
    lifetime_value: Decimal

    @property
    def high_value(self) -> bool:
        limit = self.rules.high_value_from
        return limit is not None and self.lifetime_value >= limit


def with_rules(records: "QuerySet[Any]") -> "QuerySet[Any]":
    """Annotate records with the current rules (`rules_in_force`), without another query."""
    columns = JSONObject(**{name: name for name in FIELDS})
    in_force = Subquery(AssignmentRules.objects.filter(pk=AssignmentRules.ONLY).values(columns=columns))
    found: QuerySet[Any] = records.annotate(rules_in_force=in_force)
    return found


def rules_of(record: Model) -> AssignmentRules:
    """The rules that `with_rules` annotated."""
    found: dict[str, Any] | None = getattr(record, "rules_in_force", None)
    if found is None:
        return AssignmentRules()
    limit = found["high_value_from"]
    return AssignmentRules(**{**found, "high_value_from": None if limit is None else Decimal(str(limit))})


@atomic
def save_assignment_rules(actor: Agent | None, values: dict[str, Any]) -> AssignmentRules:
    """Save the given rules for the next new tickets; others stay. Without a change nothing is written.

    Raises `ValidationError`, and `PermissionDenied` below manager.
    """
    demand(actor, Capability.ASSIGNMENT_RULES)
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise fail(
            unknown[0],
            _("There is no rule %(unknown)s; the rules are %(fields)s.")
            % {"unknown": unknown[0], "fields": ", ".join(FIELDS)},
        )
    AssignmentRules.objects.bulk_create([AssignmentRules()], ignore_conflicts=True)
    rules = AssignmentRules.objects.select_for_update().get(pk=AssignmentRules.ONLY)
    changes = differences(rules, values)
    if not changes:
        return rules
    for name in changes:
        setattr(rules, name, values[name])
    rules.updated_at = timezone.now()
    rules.full_clean()
    rules.save()
    audit.record("assignment_rules.saved", rules, actor=actor, changes=changes)
    return rules
