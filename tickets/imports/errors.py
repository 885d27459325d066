"""The two ways an import can fail: as a whole, or in one line of its file."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError


class ImportProblem(Exception):
    """The import cannot go on at all. Its text is a sentence for the person who started it."""


class Refused(ValueError):
    """A line cannot be read as what it should be. Its text is the reason in the reject file."""


def reason_of(error: ValidationError | None) -> str:
    """What a service found wrong, on one line."""
    if error is None:
        return "It could not be saved."
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        " ".join(sentences) if name == NON_FIELD_ERRORS else f"{name}: {' '.join(sentences)}"
        for name, sentences in error.message_dict.items()
    )
