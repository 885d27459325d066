"""The mails about accounts: what they say, and whether any can be sent."""

from django.conf import settings
from django.core.mail import EmailMessage

from agents.models import Agent

_INVITATION = """\
Hello {name},

you have been invited to Quimbi CRM. Choose your password here:

{url}

The link works once, until {until} (UTC). If you did not expect this mail, ignore it.
"""
_RESET = """\
Hello {name},

somebody, probably you, asked for a new password for your account at Quimbi CRM. Choose it here:

{url}

The link works once, for {minutes} minutes. If it was not you, ignore this mail: your password stays as it is.
"""


def on() -> bool:
    """Whether mails leave the program (in development: as files in `var/mail`)."""
    return bool(settings.MAIL != "off")


def send_invitation(agent: Agent, url: str, until: str) -> None:
    _send(agent, "Your invitation to Quimbi CRM", _INVITATION.format(name=agent.name, url=url, until=until))


def send_reset(agent: Agent, url: str, minutes: int) -> None:
    _send(agent, "A new password for Quimbi CRM", _RESET.format(name=agent.name, url=url, minutes=minutes))


def _send(agent: Agent, subject: str, text: str) -> None:
    EmailMessage(subject=subject, body=text, to=[agent.email]).send()
