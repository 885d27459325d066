"""The door for web servers: `gunicorn quimbi_crm.asgi:application -k asgi`."""

import os
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quimbi_crm.settings")


class OneThreadHandler(ASGIHandler):
    """Serves a request in one thread from the first middleware to the view.

    All of ours are synchronous. Django's own handler would change to the thread and back for each middleware that can do both,
    which costs a request of a few milliseconds as much again.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


django.setup(set_prefix=False)

from quimbi_crm.checks import refuse_to_start_misconfigured  # noqa: E402  needs the settings above
from quimbi_crm.middleware import limit_body  # noqa: E402

refuse_to_start_misconfigured()
django_application: Any = OneThreadHandler()
application = limit_body(django_application)
