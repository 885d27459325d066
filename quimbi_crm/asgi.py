"""The ASGI application: `gunicorn quimbi_crm.asgi:application -k quimbi_crm.runtime.gunicorn_worker.Worker`."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.signals import request_started
from django.http.response import HttpResponseBadRequest, HttpResponseBase
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quimbi_crm.settings")


class OneHopHandler(ASGIHandler):
    """Serves each request in one thread of a fixed pool, from its first signal to its last.

    All middleware and views are synchronous. Django's own handler makes a thread for each request and switches to it and back for
    each middleware that supports both, which doubles the cost of a request of a few milliseconds. A database connection belongs
    to the thread that took it from the pool, so it is also closed there.
    """

    def __init__(self) -> None:
        super().__init__()
        # Each thread needs a connection, so more threads than connections would only wait.
        most = settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
        pool = ThreadPoolExecutor(max_workers=most, thread_name_prefix="request")
        self._answer_in_thread = sync_to_async(self._answer, thread_sensitive=False, executor=pool)
        self._close_in_thread = sync_to_async(HttpResponseBase.close, thread_sensitive=False, executor=pool)

    def create_request(self, scope: Any, body_file: Any) -> Any:
        """Run middleware also for requests whose headers Django cannot read, which its handler would skip."""
        try:
            return super().create_request(scope, body_file)
        except (ValueError, LookupError):
            kept = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            return None, HttpResponseBadRequest(headers=kept)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        response = await self._answer_in_thread(scope, body)
        await self.send_response(response, send)
        if not response.closed:
            await self._close_in_thread(response)

    def _answer(self, scope: Any, body: Any) -> Any:
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        body.close()
        response._handler_class = self.__class__
        if response.streaming and response.is_async:
            return response  # closed after sending
        if response.streaming:
            # Read the whole file here, where its connection is; Django's own handler reads it as one block, too.
            response.block_size = self.chunk_size
            response.streaming_content = _each(list(response.streaming_content))
        response.close()
        return response


async def _each(parts: list[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


django.setup(set_prefix=False)

from channels.routing import ProtocolTypeRouter
from django.conf import settings

from quimbi_crm.checks import refuse_to_start_misconfigured
from quimbi_crm.early_answers import answer_liveness, drop_escaped_cookies
from quimbi_crm.middleware import limit_body
from quimbi_crm.slow_bodies import limit_slow_bodies
from tickets.live.consumer import EventsConsumer
from tickets.live.hub import hub

refuse_to_start_misconfigured()


async def serve_socket(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
    """Serve a WebSocket if the address has one, else refuse the handshake."""
    if scope["path"] == SOCKET:
        await events(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.close"})  # refused before it was accepted: the client gets a 403


async def live_and_let_go(scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[..., Any]) -> None:
    """When the process ends, tell its sockets to reconnect."""
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await let_sockets_go()
    await send({"type": "lifespan.shutdown.complete"})


async def let_sockets_go() -> None:
    """Tell all live sockets of this process to reconnect, because it is stopping."""
    await hub().close_all(RESTARTING)


SOCKET, RESTARTING = "/ws/events", 1012
events: Any = EventsConsumer.as_asgi()
django_application: Any = OneHopHandler()
application: Any = ProtocolTypeRouter(
    {
        "http": answer_liveness(drop_escaped_cookies(limit_slow_bodies(limit_body(django_application)))),
        "websocket": drop_escaped_cookies(serve_socket),
        "lifespan": live_and_let_go,
    }
)
