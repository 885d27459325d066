"""The two ways an import can fail: as a whole, or in one line of its file."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from tickets.services.customers.customers import OtherCustomer, OtherId
from tickets.services.orders import OtherTime


class ImportProblem(Exception):
    """The import cannot continue. The text is a sentence for the person who started it."""


class Refused(ValueError):
    """A row cannot be imported. The text is the reason in the reject file."""


def reason_of(error: ValidationError | None, id_field: str = "customer_external_id") -> str:
    """What a service found wrong, on one line, with the option that would help."""
    if error is None:
        return "It could not be saved."
    return f"{_said(error)}{_remedy(error, id_field)}"


def _remedy(error: ValidationError, id_field: str) -> str:
    if isinstance(error, OtherCustomer | OtherTime):
        return " If this file is of another shop than the one that is here, import it with --id-prefix."
    if isinstance(error, OtherId):
        return f" If both are the same person, --map {id_field}= goes by the address alone."
    return ""


def _said(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(sentences) if name == NON_FIELD_ERRORS else f"{name}: {' '.join(sentences)}"
        for name, sentences in error.message_dict.items()
    )
