"""gunicorn's configuration beside its command line: `gunicorn -c python:quimbi_crm.web_server …` (Procfile)."""

from typing import Any

# Longer than the interval of polling clients and the idle timeout of most proxies (60 s): the other side must close
# first, or it could send a request into a connection that is being closed.
keepalive = 75  # seconds
# Time for gunicorn's workers to stop. They need up to a second to notice, and honcho only waits for five.
graceful_timeout = 4
FINISHING = 2  # seconds for a worker to finish its requests; must be well below graceful_timeout


def post_worker_init(worker: Any) -> None:
    """Let a stopping worker first tell its live sockets to reconnect (1012), then finish its requests.

    gunicorn itself waits for all connections before it tells the application, and would kill the worker while it waits for open
    sockets: their clients would see a broken connection.
    """
    from quimbi_crm.asgi import let_sockets_go

    worker.cfg.set("graceful_timeout", FINISHING)  # in this worker process alone
    shut_down = worker._shutdown

    async def tell_sockets_first() -> None:
        await let_sockets_go()
        await shut_down()

    worker._shutdown = tell_sockets_first
