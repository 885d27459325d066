"""gunicorn's configuration beside its command line: `gunicorn -c python:quimbi_crm.web_server …` (Procfile)."""

from typing import Any

# Longer than the pause between two requests of anybody who polls, and than the idle time of most proxies (60 s): the side that
# closes must be the other one, or a request is sent into a connection that is just being closed.
keepalive = 75  # seconds
# How long gunicorn waits for its workers to stop. They need up to a second to notice, and honcho waits for five.
graceful_timeout = 4
FINISHING = 2  # seconds that a worker gives its requests to finish; must end well before gunicorn kills it


def post_worker_init(worker: Any) -> None:
    """Let a stopping worker first tell its live sockets to reconnect (1012), then finish its requests.

    gunicorn itself waits for all connections before it tells the application, and would kill the worker while it waits for open
    sockets: their clients would see a broken connection.
    """
    from quimbi_crm.asgi import let_sockets_go

    worker.cfg.set("graceful_timeout", FINISHING)  # of this process alone
    shut_down = worker._shutdown

    async def tell_sockets_first() -> None:
        await let_sockets_go()
        await shut_down()

    worker._shutdown = tell_sockets_first
