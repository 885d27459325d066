"""The second factor: which accounts have one, which must have one, and whether a code is valid.

A code is that of an authenticator app (TOTP, six digits) or a recovery code; each works once. django-otp keeps the
devices, refuses a code that was used, and makes each further failure of an account wait twice as long; axes counts the
failures of a sign-in, too.
Recovery codes are stored as keyed digests. The app's secret cannot be: it has to be read to be checked.
"""

import base64
import math
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.signals import user_login_failed
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from agents.common.transactions import atomic
from agents.models import Agent, SecondFactorRule
from agents.sign_in.lockout import spoken

CODE_DIGITS = 6
CODE_NEEDED = "Give the code of your second factor, too."
SET_UP_FIRST = "Your role needs a second factor; sign in at /accounts/login/ and set it up first."
CODE_WRONG = "The code is wrong or was used already."


@dataclass(frozen=True)
class State:
    """What a sign-in or a session has to know."""

    has: bool
    required: bool


# Query expressions for an account: it has a second factor; its role requires one.
HAS = Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True))
RULED = Exists(SecondFactorRule.objects.filter(role=OuterRef("role"), required=True))
STATE = {"has_second_factor": HAS, "role_needs_second_factor": RULED}


def state(agent: Agent) -> State:
    """Both answers, as they are now, by one query."""
    row = Agent.objects.filter(pk=agent.pk).values_list(HAS, RULED).first()
    has, ruled = row or (False, False)
    return State(bool(has), bool(ruled) and not agent.is_service)


def read_state(agent: Agent) -> State:
    """Both answers as they were when the account was read with `STATE`, as each request of a session reads it."""
    known: Any = agent
    if not hasattr(known, "has_second_factor"):  # loaded without the annotations
        return state(agent)
    return State(known.has_second_factor, known.role_needs_second_factor and not agent.is_service)


def has_factor(agent: Agent) -> bool:
    """Whether the account has a confirmed second factor, which every sign-in must then give."""
    return state(agent).has


def recovery_codes_left(agent: Agent) -> int:
    """How many have not been used yet."""
    return int(StaticToken.objects.filter(device__user=agent).count())


def wait(agent: Agent) -> int:
    """Seconds until the next code is looked at, after wrong ones; else 0."""
    ends = [
        (device.verify_is_allowed()[1] or {}).get("locked_until")
        for device in [*TOTPDevice.objects.filter(user=agent), *StaticDevice.objects.filter(user=agent)]
    ]
    now = timezone.now()
    return max((math.ceil((end - now).total_seconds()) for end in ends if end is not None), default=0)


@atomic
def matching_device(agent: Agent, code: str) -> Device | None:
    """The device that takes the code, which is spent by this; `None` for a wrong one, a spent one, or one too soon."""
    typed = normalized(code)
    if typed.isdecimal() and len(typed) == CODE_DIGITS:
        devices = TOTPDevice.objects.devices_for_user(agent, confirmed=True)
        answers = ((device, device.verify_token(typed)) for device in devices.select_for_update())
    else:
        spare = StaticDevice.objects.devices_for_user(agent, confirmed=True)
        answers = ((device, device.verify_token(digest(agent, typed))) for device in spare.select_for_update())
    return next((device for device, right in answers if right), None)


def check_at_sign_in(request: HttpRequest, agent: Agent, code: str) -> Device | None:
    """As `matching_device`; a failure counts for the lockout and stands in the audit log as a failed sign-in does."""
    device = matching_device(agent, code)
    if device is None:
        user_login_failed.send(sender=__name__, credentials={"username": agent.email}, request=request)
    return device


def refusal(request: HttpRequest, agent: Agent, code: str) -> dict[str, object] | None:
    """After a right password: the API login's 401 body that asks for a code instead of giving a token; `None` lets in.

    A token grants what a session grants, so it requires the same code.
    """
    now = state(agent)
    if now.has and not code:
        return {"detail": CODE_NEEDED, "otp_required": True}
    if now.has and check_at_sign_in(request, agent, code) is None:
        seconds = wait(agent)  # after wrong codes even a correct one is refused until the wait is over
        sentence = f"{CODE_WRONG} Try again in {spoken(seconds)}." if seconds else CODE_WRONG
        return {"detail": sentence, "otp_required": True}
    if now.required and not now.has:
        return {"detail": SET_UP_FIRST, "otp_required": True}
    return None


def normalized(code: str) -> str:
    """As typed, without the blanks and dashes that make it readable."""
    return "".join(character for character in code if character.isalnum()).lower()[:32]


def digest(agent: Agent, recovery_code: str) -> str:
    """What is stored of a recovery code: 96 bits that only the program's secret makes."""
    made = salted_hmac("agents.sign_in.second_factor", f"{agent.pk}|{recovery_code}", algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made[:12]).decode()
