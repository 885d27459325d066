"""Links from mails; their pages follow."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def invitation(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    raise Http404


def new_password(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    raise Http404
