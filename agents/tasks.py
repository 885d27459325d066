"""The worker's tasks of accounts: send mails, and store when agents were last seen.

The row of a mail's job holds the account's id and the mail's language.
"""

from uuid import UUID

from django.utils import translation
from procrastinate.contrib.django import app

from agents import presence
from agents.common.retries import PATIENT
from agents.services import invitations


@app.task(retry=PATIENT)
def send_invitation(agent_id: str, language: str = "en") -> None:
    """Mails the open invitation, if there still is one."""
    with translation.override(language):
        invitations.mail_invitation(UUID(agent_id))


@app.task(retry=PATIENT)
def send_reset(agent_id: str | None, language: str = "en") -> None:
    """Mail a link for a new password. `None` is an unknown address, which costs the same work."""
    if agent_id is not None:
        with translation.override(language):
            invitations.mail_reset(UUID(agent_id))


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="store_presence", pass_context=False)
def store_presence(timestamp: int) -> None:
    """Stores when agents were seen and API keys used; requests leave that in the shared cache."""
    presence.store_noted()
