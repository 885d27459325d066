"""Idempotent writes: the same `Idempotency-Key` gives the same answer, and writes once."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from agents.common.json_text import dumps
from agents.common.transactions import atomic
from agents.models import Agent
from tickets.models import IdempotencyKey, Ticket
from tickets.services import retrying

HEADER = "Idempotency-Key"
KEPT_HOURS = 24


class KeyReused(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "key_reused"
    default_detail = "This Idempotency-Key was used for a different request; use a new one."


def once(
    request: Request,
    agent: Agent,
    perform: Callable[[], Response],
    *,
    ticket_id: UUID | None = None,
    gives_up: bool = False,
) -> Response:
    """Run `perform` in a transaction that also stores its answer under the request's key; a repeated request gets that answer.

    Of two concurrent requests the second waits for the first at the key's row. Without the header it is a plain write. A
    repetition is answered only while the caller may see the ticket: `ticket_id`, or the one in the stored answer. A write that
    `gives_up` the ticket removes it from the caller's sight itself, so its answer is repeated until somebody else changes the
    ticket. Raises `Ticket.DoesNotExist`.
    """
    key = request.headers.get(HEADER, "").strip()
    if not key:
        return retrying(perform)
    if len(key) > 255 or "\x00" in key:
        raise ValidationError({HEADER: ["An Idempotency-Key has at most 255 characters."]})
    fingerprint = _fingerprint(request)

    def kept() -> Response:
        with atomic():
            IdempotencyKey.objects.bulk_create(
                [IdempotencyKey(agent=agent, key=key, fingerprint=fingerprint)], ignore_conflicts=True
            )
            row = IdempotencyKey.objects.select_for_update().get(agent=agent, key=key)
            if row.fingerprint != fingerprint:
                raise KeyReused
            if row.status is not None:
                _check_visible(agent, ticket_id, row.body or {}, gives_up)
                return Response(row.body, status=row.status, headers={"Idempotent-Replay": "true"})
            response = perform()
            row.status, row.body = response.status_code, orjson.loads(dumps(response.data))
            row.save(update_fields=["status", "body"])
            return response

    return retrying(kept)


def _check_visible(agent: Agent, ticket_id: UUID | None, body: dict[str, Any], gives_up: bool) -> None:
    key = ticket_id or UUID(body["id"])
    # A service account with the role agent cannot see tickets that it created for others, so compare `updated_at`.
    if (
        (gives_up or agent.is_service)
        and "updated_at" in body
        and Ticket.objects.filter(pk=key, updated_at=body["updated_at"]).exists()
    ):
        return
    Ticket.objects.visible_to(agent).only("pk").get(pk=key)


def _fingerprint(request: Request) -> str:
    body = orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"\n".join([str(request.method).encode(), request.path.encode(), body])).hexdigest()
