"""Health checks: is the process alive, and can it work."""

import time
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from drf_spectacular.utils import extend_schema
from redis.exceptions import RedisError
from rest_framework import serializers, status
from rest_framework.decorators import api_view, authentication_classes, permission_classes, throttle_classes
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from agents.throttling import HealthRate
from quimbi_crm.job_recovery import overdue_jobs
from tickets.services.weights import ranking_state


class LiveSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["ok"])


class ReadySerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        ["ok", "degraded", "unavailable"], help_text="Degraded serves all the same, without what may be lost."
    )
    database = serializers.CharField()
    migrations = serializers.CharField()
    cache = serializers.CharField()
    ranking = serializers.CharField(
        help_text="Whether the stored ranks are the formula's, or how far a re-rank has come."
    )
    jobs = serializers.CharField(help_text="Whether the jobs of workers that died were put back.")


@extend_schema(summary="Liveness", responses=LiveSerializer, auth=[])
@api_view(["GET"])
@authentication_classes([])
@permission_classes([AllowAny])
def live(request: Request) -> Response:
    """Answer 200 whenever the process serves; does not use the database."""
    return Response({"status": "ok"})


@extend_schema(summary="Readiness", responses={200: ReadySerializer, 503: ReadySerializer}, auth=[])
@api_view(["GET"])
@authentication_classes([])
@permission_classes([AllowAny])
@throttle_classes([HealthRate])
def ready(request: Request) -> Response:
    """503 without a database or with missing migrations; a cache that is down is reported with 200."""
    database, applied = _database()
    state = {"database": database, "migrations": applied, "cache": _cache(), "ranking": "unknown", "jobs": "unknown"}
    if database != "ok" or applied != "ok":
        return Response(
            {"status": "unavailable", **state},
            status=status.HTTP_503_SERVICE_UNAVAILABLE,
            headers={"Retry-After": "5"},
        )
    state["ranking"], state["jobs"] = ranking_state(), _jobs()
    works = state["cache"] == "ok" and state["jobs"] == "ok"
    return Response({"status": "ok" if works else "degraded", **state})


def _jobs() -> str:
    stuck = overdue_jobs()
    return f"{stuck} of workers that died wait to be put back; see that a worker runs" if stuck else "ok"


@dataclass
class _Migrations:
    """This process' knowledge of migrations: "all applied" is final, missing ones are checked again."""

    AGAIN = 3.0  # seconds between two checks while migrations are missing
    missing: int | None = None
    looked: float = 0.0

    def state(self) -> str:
        if self.missing is None or (self.missing and time.monotonic() - self.looked >= self.AGAIN):
            executor = MigrationExecutor(connection)
            self.missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
            self.looked = time.monotonic()
        return f"{self.missing} to apply; run manage.py migrate" if self.missing else "ok"


migrations = _Migrations()


def _database() -> tuple[str, str]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "ok", migrations.state()
    except DatabaseError:
        return "does not answer", "unknown"


def _cache() -> str:
    try:
        cache.get("health")
    except (RedisError, OSError, ValueError):
        return "does not answer"
    return "ok"
