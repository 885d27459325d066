"""The OpenAPI document: every operation lists the errors that it can answer with."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, override
from drf_spectacular.generators import SchemaGenerator as BaseSchemaGenerator
from drf_spectacular.openapi import AutoSchema as BaseAutoSchema
from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers

ERROR = inline_serializer(
    "Error",
    {
        "detail": serializers.CharField(help_text="One sentence that says what is wrong."),
        "errors": serializers.DictField(
            child=serializers.ListField(child=serializers.CharField()),
            required=False,
            help_text="For bad input: the texts per field.",
        ),
    },
)
SENTENCES = {
    "400": "Bad input; nothing was written.",
    "401": "Not signed in, or the token has ended.",
    "403": "Seen, but not allowed with this role.",
    "404": "Nothing here that you may see.",
    "406": "Answers are JSON.",
    "409": "It has changed meanwhile; nothing was written.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "415": "Bodies are application/json.",
    "422": "The Idempotency-Key was used for another request.",
    "429": "Too many requests; see Retry-After.",
    "503": "The database does not answer; see Retry-After.",
}
_WRITES = ("POST", "PUT", "PATCH")


class AutoSchema(BaseAutoSchema):
    """Adds the responses that all operations of a kind have; a view's own responses take precedence."""

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # lists are wrapped in an envelope, which the view declares

    def get_operation_id(self) -> str:
        """A collection's GET is named list, so that it differs from that of one record."""
        name = str(super().get_operation_id())
        is_collection = self.method == "GET" and "{" not in self.path and self.path.count("/") == 2
        return f"{name.removesuffix('_retrieve')}_list" if is_collection else name

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code in self._error_codes():
            if code not in bodies:
                bodies[code] = self._get_response_for_code(  # type: ignore[no-untyped-call]  # the library has no types here
                    OpenApiResponse(ERROR, SENTENCES[code]), code, direction=direction
                )
        return bodies

    def get_auth(self) -> list[dict[str, list[str]]]:
        """The authentication methods, without API keys if the view does not accept them."""
        auth: list[dict[str, list[str]]] = super().get_auth()
        keys = self.method in getattr(self.view, "api_key_methods", ())
        return [one for one in auth if keys or "api_key" not in one]

    def _error_codes(self) -> list[str]:
        codes = ["400", "401", "404", "406", "414", "503"]
        if self.get_auth():
            codes += ["403", "429"]
        if self.method in _WRITES:
            codes += ["409", "413", "415", "422", "429"]
        return sorted(set(codes))


class SchemaGenerator(BaseSchemaGenerator):
    """Generates the document once for each language. It is the same for everybody, and takes up to a second."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        if not public or self.patterns or self.urlconf or self.api_version:  # only part of the document
            return super().get_schema(request, public)  # type: ignore[no-untyped-call]  # the library has no types here
        language = get_language()  # may be anything: it comes from a query parameter
        return document(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)


@lru_cache
def document(language: str) -> Any:
    with override(language):
        return BaseSchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # the library has no types here
