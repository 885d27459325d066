"""The program's addresses, and a view that answers a constant behind the same middleware, authentication and permission."""

from functools import cache

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.views import APIView

from quimbi_crm.urls import handler400, handler403, handler404, handler500
from quimbi_crm.urls import urlpatterns as program

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
MOST = 1_000_000  # bytes


class ConstantView(APIView):
    """JSON of the requested size without database and rendering."""

    schema = None

    def get(self, request: Request, size: int) -> HttpResponse:
        return HttpResponse(_payload(min(size, MOST)), content_type="application/json")


@cache
def _payload(size: int) -> bytes:
    return b'"' + b"x" * max(size - 2, 0) + b'"'


urlpatterns = [path("api/bench/constant/<int:size>", ConstantView.as_view()), *program]
