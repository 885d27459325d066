"""Query parameters: unknown ones are ignored, wrong values of known ones are a 400 that says what is taken."""

import functools
from typing import Any

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

MAX_LIMIT = 100
MAX_PAGE = 1_000_000


class PageParams(serializers.Serializer[Any]):
    """The query parameters of pagination."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=50, help_text="Records on a page.")
    page = serializers.IntegerField(min_value=1, max_value=MAX_PAGE, default=1)


def parse_query(params: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """Validate the query parameters. Raises DRF's `ValidationError`."""
    return dict(_read(params, request.META.get("QUERY_STRING", "")))


@functools.lru_cache(maxsize=256)
def _read(params: type[serializers.Serializer[Any]], query: str) -> dict[str, Any]:
    """Cached: the result depends on the query string alone, and inboxes repeat their queries."""
    reader = params(data=QueryDict(query).dict())
    reader.is_valid(raise_exception=True)
    return dict(reader.validated_data)


def pagination(page: int, limit: int, total: int) -> dict[str, Any]:
    """The pagination block of a list."""
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
    """The response body of a list."""
    page, limit = values["page"], values["limit"]
    return {
        name: rows,
        "total": total,
        "page": page,
        "limit": limit,
        "pagination": pagination(page, limit, total),
    }
