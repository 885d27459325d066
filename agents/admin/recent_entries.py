"""What one has done lately, for the admin site's first page."""

from django.utils.safestring import SafeString

from agents.admin.audit_sentences import names_for, sentence
from agents.models import Agent, AuditEntry


def lately(person: Agent) -> list[tuple[AuditEntry, SafeString]]:
    """The person's last entries in the audit log, from any door, each with its sentence."""
    entries = list(AuditEntry.objects.filter(actor=person).select_related("actor").order_by("-id")[:10])
    names = names_for(entries)
    return [(entry, sentence(entry, names)) for entry in entries]
