"""Base classes of the API's views."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from agents.models import Agent

IF_MATCH = "If-Match"


class AgentRequest(Request):
    """A request that passed `IsAgent`: its user is an agent."""

    user: Agent


def if_match(record: str) -> OpenApiParameter:
    """The OpenAPI description of the If-Match header."""
    return OpenApiParameter(
        IF_MATCH, str, "header", description=f"The {record}'s ETag: write only if nobody has changed it since."
    )


def read_body(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Validate the body. Raises DRF's `ValidationError`, or Django's if the body is not an object."""
    if not isinstance(request.data, dict):
        raise ValidationError("The body is a JSON object.")
    reader = serializer(data=request.data)
    reader.is_valid(raise_exception=True)
    values: dict[str, Any] = reader.validated_data
    return values


def etag(changed_at: datetime) -> dict[str, str]:
    """The ETag of a record's state."""
    return {"ETag": f'"{changed_at.isoformat()}"'}


def seen_at(request: Request, given: datetime | None, record: str) -> datetime | None:
    """The state of the record that the client has seen: the body's `updated_at`, else If-Match."""
    tag = request.headers.get(IF_MATCH, "").strip()
    if given is not None or tag in ("", "*"):
        return given
    try:
        seen = parse_datetime(tag.removeprefix("W/").strip('"'))
    except ValueError:
        seen = None
    if seen is None or seen.tzinfo is None:
        raise ValidationError({IF_MATCH: [f"If-Match takes the ETag of {record} as it was answered."]})
    return seen
