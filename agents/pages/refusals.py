"""The sentences of account pages when they refuse, in the reader's language. The API has its own, in English."""

import math

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def password_wrong() -> str:
    return _("The password is wrong.")


def code_wrong(seconds: int) -> str:
    """The message for a wrong code, with the wait before the next attempt."""
    wrong = _("The code is wrong or was used already.")
    return f"{wrong} {try_again(seconds)}" if seconds else wrong


def too_many_codes(seconds: int) -> str:
    return " ".join((_("Too many wrong codes."), try_again(seconds)))


def try_again(seconds: int) -> str:
    if seconds < 60:
        return ngettext("Try again in %(count)d second.", "Try again in %(count)d seconds.", seconds) % {
            "count": seconds
        }
    minutes = math.ceil(seconds / 60)
    return ngettext("Try again in %(count)d minute.", "Try again in %(count)d minutes.", minutes) % {"count": minutes}
