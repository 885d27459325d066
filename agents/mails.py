"""Send the mails about accounts in the active language, and tell whether mail is configured."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from agents.common import dates
from agents.common.time_zones import in_zone_of
from agents.models import Agent

_INVITATION = gettext_noop(
    "Hello %(name)s,\n"
    "\n"
    "you have been invited to Quimbi CRM. Choose your password here:\n"
    "\n"
    "%(url)s\n"
    "\n"
    "The link works once, until %(until)s. If you did not expect this email, ignore it.\n"
)


def on() -> bool:
    """Whether mails leave the program (in development they are files in `var/mail`)."""
    return bool(settings.MAIL != "off")


def send_invitation(agent: Agent, url: str, until: datetime) -> None:
    with in_zone_of(agent.time_zone):
        said = {"name": agent.name, "url": url, "until": f"{dates.moment(until)} ({timezone.localtime(until):%Z})"}
    _send(agent, _("Your invitation to Quimbi CRM"), _(_INVITATION) % said)


def send_reset(agent: Agent, url: str, minutes: int) -> None:
    text = ngettext(
        "Hello %(name)s,\n"
        "\n"
        "we received a request to reset the password of your Quimbi CRM account. Choose a new password "
        "here:\n"
        "\n"
        "%(url)s\n"
        "\n"
        "The link works once, for %(minutes)s minute. If you did not request it, ignore this email: your "
        "password stays the same.\n",
        "Hello %(name)s,\n"
        "\n"
        "we received a request to reset the password of your Quimbi CRM account. Choose a new password "
        "here:\n"
        "\n"
        "%(url)s\n"
        "\n"
        "The link works once, for %(minutes)s minutes. If you did not request it, ignore this email: "
        "your password stays the same.\n",
        minutes,
    )
    _send(agent, _("Reset your Quimbi CRM password"), text % {"name": agent.name, "url": url, "minutes": minutes})


def _send(agent: Agent, subject: str, text: str) -> None:
    EmailMessage(subject=subject, body=text, to=[agent.email]).send()
