"""The mails about accounts, in the language that is active: what they say, and whether any can be sent."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from agents.common import dates
from agents.common.time_zones import in_zone_of
from agents.models import Agent

_INVITATION = gettext_noop("""\
Hello %(name)s,

you have been invited to Quimbi CRM. Choose your password here:

%(url)s

The link works once, until %(until)s. If you did not expect this mail, ignore it.
""")


def on() -> bool:
    """Whether mails leave the program (in development: as files in `var/mail`)."""
    return bool(settings.MAIL != "off")


def send_invitation(agent: Agent, url: str, until: datetime) -> None:
    with in_zone_of(agent.time_zone):
        said = {"name": agent.name, "url": url, "until": f"{dates.moment(until)} ({timezone.localtime(until):%Z})"}
    _send(agent, _("Your invitation to Quimbi CRM"), _(_INVITATION) % said)


def send_reset(agent: Agent, url: str, minutes: int) -> None:
    text = ngettext(
        """\
Hello %(name)s,

somebody, probably you, asked for a new password for your account at Quimbi CRM. Choose it here:

%(url)s

The link works once, for %(minutes)s minute. If it was not you, ignore this mail: your password stays as it is.
""",
        """\
Hello %(name)s,

somebody, probably you, asked for a new password for your account at Quimbi CRM. Choose it here:

%(url)s

The link works once, for %(minutes)s minutes. If it was not you, ignore this mail: your password stays as it is.
""",
        minutes,
    )
    _send(agent, _("A new password for Quimbi CRM"), text % {"name": agent.name, "url": url, "minutes": minutes})


def _send(agent: Agent, subject: str, text: str) -> None:
    EmailMessage(subject=subject, body=text, to=[agent.email]).send()
