"""Starts the embedded servers of a place, those that are asked for, and puts them in the list of children."""

import os
from typing import TypedDict

from quimbi_crm.runtime import postgres, valkey
from quimbi_crm.runtime.children import Child, Revival
from quimbi_crm.runtime.place import Place, prepare

STARTING = 10.0  # seconds; other processes are not watched while Valkey restarts


class Missing(TypedDict):
    """Which servers the runtime has to start."""

    with_postgres: bool
    with_valkey: bool


def missing(production: bool) -> Missing:
    """A server must be started if its URL is not set; in production the database never is."""
    return {
        "with_postgres": not os.environ.get("DATABASE_URL") and not production,
        "with_valkey": not os.environ.get("REDIS_URL"),
    }


def start(place: Place, children: list[Child], *, with_postgres: bool, with_valkey: bool) -> None:
    """Append each server to `children` once it answers, so that they are stopped if a later one fails."""
    if with_postgres or with_valkey:
        user = prepare(place)
        if with_postgres:
            children.append(postgres.start(place, user))
        if with_valkey:
            cache = valkey.start(place, user)
            # Valkey may be restarted, because it only holds data that may be lost.
            cache.revival = Revival(lambda: valkey.start(place, user, seconds=STARTING))
            children.append(cache)


def answer(place: Place, *, with_postgres: bool, with_valkey: bool) -> bool:
    """Whether those servers answer, whoever started them."""
    if with_postgres and not postgres.answers(place):
        return False
    return not with_valkey or valkey.answers(place)
