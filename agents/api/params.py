"""Query parameters: unknown ones are ignored, wrong values of known ones are a 400 that says what is taken."""

import functools
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

MAX_LIMIT = 100
MAX_PAGE = 1_000_000


class PageParams(serializers.Serializer[Any]):
    """Which part of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=50, help_text="Records on a page.")
    page = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=1)


def parse_query(params: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The request's query parameters. Raises DRF's `ValidationError`."""
    return dict(_read(params, request.META.get("QUERY_STRING", "")))


@functools.lru_cache(maxsize=256)
def _read(params: type[serializers.Serializer[Any]], query: str) -> dict[str, Any]:
    """What a query string says depends on nothing else, and inboxes ask the same again and again."""
    reader = params(data=QueryDict(query).dict())
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def pagination(page: int, limit: int, total: int) -> dict[str, Any]:
    """Where a page stands in its list."""
    pages = -(-total // limit)
    return {
        "page": page,
        "limit": limit,
        "total": total,
        "total_pages": pages,
        "has_next": page < pages,
        "has_prev": page > 1,
    }


def envelope(name: str, rows: Any, values: dict[str, Any], total: int) -> dict[str, Any]:
    """A page of records as every list answers it."""
    page, limit = values["page"], values["limit"]
    return {
        name: rows,
        "total": total,
        "page": page,
        "limit": limit,
        "pagination": pagination(page, limit, total),
    }
