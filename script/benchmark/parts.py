"""Where the time of a list request goes, taken apart in one process: no server, no thread, no socket."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.handlers.base import BaseHandler
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.request import Request

from agents.models import Agent
from agents.sign_in.authentication import JWTAuthentication, issue_token
from script.benchmark.figures import p50
from tickets.ranking.ticket_list import ListQuery, list_tickets

ROUNDS = 150


def parts(agent: Agent, path: str) -> dict[str, float]:
    """p50 of the whole request, of the constant view, and of the parts of each, in seconds."""
    logging.disable(logging.INFO)
    handler = BaseHandler()
    handler.load_middleware()
    factory = RequestFactory(headers={"authorization": f"Bearer {issue_token(agent)}", "host": "localhost"})
    # Each request returns its connection to the pool at its end, as in the program.
    first: Any = handler.get_response(factory.get(path))
    size = len(first.content)

    def ask(address: str) -> None:
        response = handler.get_response(factory.get(address))
        if response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}.")
        response.close()

    measured: dict[str, Callable[[], object]] = {
        "whole": lambda: ask(path),
        "constant": lambda: ask(f"/api/bench/constant/{size}"),
        "authentication": lambda: JWTAuthentication().authenticate(Request(factory.get(path))),
        "listing": lambda: list_tickets(agent, ListQuery(), timezone.now()),
    }
    times: dict[str, list[float]] = {name: [] for name in measured}
    for number in range(ROUNDS + 20):
        for name, work in measured.items():
            start = time.perf_counter()
            work()
            if number >= 20:
                times[name].append(time.perf_counter() - start)
    return {name: p50(values) for name, values in times.items()} | {"database": _in_database(agent)}


def _in_database(agent: Agent) -> float:
    """PostgreSQL's own planning and execution times of one page's statements."""
    statements: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        list_tickets(agent, ListQuery(), timezone.now())
    total = 0.0
    for sql, params in statements:
        if not sql.lstrip("( \n").upper().startswith(("SELECT", "WITH")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
            row = cursor.fetchone()
        plan = row[0][0] if row else {}
        total += (plan.get("Planning Time", 0.0) + plan.get("Execution Time", 0.0)) / 1000
    return total
