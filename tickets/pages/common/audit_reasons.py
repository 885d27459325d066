"""The reasons in audit entries: the program's own in the reader's language, an agent's as written."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.common.patterns import compile_unicode
from tickets.services.assigning.assignment import Reason
from tickets.services.customers.provisional import Cause
from tickets.services.messages.messages import REOPENED
from tickets.services.snoozing import OVER, UNTIL_REPLY

_BEGINNINGS: dict[str, str | Promise] = {
    Reason.MANUAL: gettext_lazy("Assigned manually"),
    Reason.TAKEN: gettext_lazy("Self-assigned"),
    Reason.NEXT: gettext_lazy("Self-assigned as the next ticket in the queue"),
    Reason.OWN: gettext_lazy("Created and self-assigned"),
    Reason.AUTOMATIC: gettext_lazy("Assigned automatically"),
    Reason.RETURNED: gettext_lazy("Returned to the queue manually"),
    Reason.HANDED_BACK: gettext_lazy("Unassigned with a reason"),
    Reason.ESCALATED: gettext_lazy("Escalated"),
    Reason.DEACTIVATED: gettext_lazy("The agent was deactivated"),
}
_SENTENCES: dict[str, str | Promise] = {
    REOPENED: gettext_lazy("Reopened; the previous assignee is no longer active."),
    OVER: gettext_lazy("The snooze time has passed."),
    UNTIL_REPLY: gettext_lazy("Until the customer writes."),
    Cause.ANSWERED: gettext_lazy("The customer wrote."),
    Cause.ASSIGNED: gettext_lazy("Assigned by someone who can see all customers."),
    Cause.SHARED: gettext_lazy("Shared manually."),
}
_SNOOZED = compile_unicode(r"Until (\d{4}-\d\d-\d\d \d\d:\d\d \S+?)(, or until the customer writes)?\.")
_LOAD = compile_unicode(r"load (\d+) of (\d+)")


def in_words(reason: str) -> str:
    """The reason of an audit entry in words."""
    if reason in _SENTENCES:
        return str(_SENTENCES[reason])
    if snoozed := _SNOOZED.fullmatch(reason):
        said = _("Until %(moment)s, or until the customer writes.") if snoozed[2] else _("Until %(moment)s.")
        return said % {"moment": snoozed[1]}
    beginning, colon, rest = reason.partition(": ")
    if not colon and reason.endswith("."):
        beginning = reason[:-1]
    elif not colon:
        return reason
    if beginning not in _BEGINNINGS:
        return reason
    said = str(_BEGINNINGS[beginning])
    if beginning == Reason.AUTOMATIC:
        rest = _chosen(rest)
    return f"{said}: {rest}" if rest else f"{said}."


def _chosen(why: str) -> str:
    """The reason for the chosen agent (`choosing.why`)."""
    why = why.replace("senior agent", _("senior agent"), 1)
    why = why.replace("specialization ", _("specialization") + " ", 1)
    return _LOAD.sub(lambda found: _("load %(open)s of %(limit)s") % {"open": found[1], "limit": found[2]}, why)
