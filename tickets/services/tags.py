"""Tags of a ticket: an agent's tags stay, the tags that were read from the conversation are replaced."""

from collections.abc import Iterable
from typing import Any

from tickets.models import RejectedTag, Ticket, TicketTag
from tickets.services.validation import MAX_TAGS, clean_tags


def change_tags(ticket: Ticket, values: dict[str, Any]) -> tuple[list[str], list[str]] | None:
    """Replace the tags, then add, then remove. Returns them before and after if that changed them.

    A tag named by an agent is no longer automatic, so it stays. A removed tag is not added automatically until somebody adds it
    again. The caller holds the ticket's lock.
    """
    if not values.keys() & {"tags", "add_tags", "remove_tags"}:
        return None
    before = sorted(ticket.ticket_tags.values_list("name", flat=True))
    named = set(clean_tags(values["tags"])) if "tags" in values else set()
    wanted = named if "tags" in values else set(before)
    added = set(clean_tags(values.get("add_tags", ()), "add_tags"))
    removed = set(clean_tags(values.get("remove_tags", ()), "remove_tags"))
    after = clean_tags((wanted | added) - removed)
    named = (named | added) & set(after)
    ticket.ticket_tags.filter(name__in=named, automatic=True).update(automatic=False)
    ticket.rejected_tags.filter(name__in=named).delete()
    # An agent may reject a tag before the ticket ever had it.
    _reject(ticket, (set(before) | removed) - set(after))
    if before == after:
        return None
    ticket.ticket_tags.exclude(name__in=after).delete()
    TicketTag.objects.bulk_create(TicketTag(ticket=ticket, name=name) for name in after if name not in before)
    return before, after


def set_automatic_tags(ticket: Ticket, names: Iterable[str]) -> bool:
    """Set the ticket's automatic tags, highest weight first, except those that an agent added or removed.

    Outdated automatic tags are deleted, agents' tags stay. Returns whether any changed. The caller holds the ticket's lock.
    """
    there = dict(ticket.ticket_tags.values_list("name", "automatic"))
    own = {name for name, automatic in there.items() if not automatic}
    wanted = fitting_tags(ticket, own, names)
    current = there.keys() - own
    if wanted == current:
        return False
    ticket.ticket_tags.filter(automatic=True, name__in=current - wanted).delete()
    TicketTag.objects.bulk_create(
        TicketTag(ticket=ticket, name=name, automatic=True) for name in sorted(wanted - current)
    )
    return True


def fitting_tags(ticket: Ticket, own: set[str], names: Iterable[str]) -> set[str]:
    """The names that become automatic tags beside the agents' `own`: none that an agent removed, up to the limit."""
    rejected = set(ticket.rejected_tags.values_list("name", flat=True))
    fitting = [name for name in dict.fromkeys(names) if name not in own and name not in rejected]
    return set(clean_tags(fitting[: max(0, MAX_TAGS - len(own))]))


def _reject(ticket: Ticket, names: set[str]) -> None:
    RejectedTag.objects.bulk_create(
        [RejectedTag(ticket=ticket, name=name) for name in sorted(names)], ignore_conflicts=True
    )
