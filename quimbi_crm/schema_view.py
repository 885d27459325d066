"""The view of the OpenAPI document."""

import hashlib
import threading
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SCHEMA_KWARGS, SpectacularAPIView
from rest_framework.request import Request

from agents.throttling import SchemaRate
from quimbi_crm.schema import document


class SchemaView(SpectacularAPIView):
    """The OpenAPI document, generated once per language and format in each process; supports `If-None-Match`."""

    throttle_classes = [SchemaRate]

    @extend_schema(**SCHEMA_KWARGS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        wanted = request.GET.get("lang") or ""
        language = wanted if wanted in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        renderer: Any = getattr(request, "accepted_renderer")  # noqa: B009  set by REST framework; type stubs lack it
        body, etag = _written(language, renderer.__class__)
        response = HttpResponse(body, content_type=renderer.media_type)
        response["ETag"] = etag
        filename = self._get_filename(request, None)  # type: ignore[no-untyped-call]  # drf-spectacular's
        response["Content-Disposition"] = f'inline; filename="{filename}"'
        patch_vary_headers(response, ("Accept",))
        return get_conditional_response(request._request, etag=etag, response=response)


def _written(language: str, renderer: Any) -> tuple[bytes, str]:
    """The document's bytes and ETag. Holds a lock: the generator's first use loads extensions and is not thread-safe."""
    with _one_writer:
        return _write(language, renderer)


_one_writer = threading.Lock()


@lru_cache(32)
def _write(language: str, renderer: Any) -> tuple[bytes, str]:
    body = renderer().render(document(language), renderer_context={})
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'
