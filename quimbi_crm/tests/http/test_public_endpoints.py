"""Endpoints that need no sign-in are cheap, however often they are called."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client

from quimbi_crm import health, schema_view

pytestmark = pytest.mark.django_db


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the migration checks; the first check finds one migration to apply, later checks none."""
    seen: list[int] = []
    monkeypatch.setattr(health, "migrations", health._Migrations())

    def plan(executor: Any, nodes: Any) -> list[str]:
        seen.append(1)
        return ["one"] if len(seen) == 1 else []

    monkeypatch.setattr("quimbi_crm.health.MigrationExecutor.migration_plan", plan)
    return seen


def test_migrations_are_checked_again_only_while_some_are_missing(
    looks: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("quimbi_crm.health.time.monotonic", lambda: now[0])
    assert [health.migrations.state() for _ in range(3)] == ["1 to apply; run manage.py migrate"] * 3
    assert len(looks) == 1
    now[0] += health.migrations.AGAIN
    assert [health.migrations.state() for _ in range(3)] == ["ok"] * 3
    now[0] += 3600
    assert health.migrations.state() == "ok" and len(looks) == 2


def test_openapi_document_is_generated_once_and_304_if_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Client().get("/api/schema?lang=de")
    monkeypatch.setattr("quimbi_crm.schema.BaseSchemaGenerator.get_schema", None)
    again = Client().get("/api/schema?lang=de&version=7")
    assert again.content == first.content and again["ETag"] == first["ETag"]
    unchanged = Client().get("/api/schema?lang=de", headers={"If-None-Match": first["ETag"]})
    assert unchanged.status_code == 304 and unchanged.content == b""


def test_each_format_of_the_openapi_document_has_its_own_etag() -> None:
    tags = {Client().get("/api/schema", headers={"Accept": kind})["ETag"] for kind in ("application/json", "*/*")}
    assert len(tags) == 2


@pytest.mark.parametrize(
    ("path", "setting"), [("/api/schema", "SCHEMA_RATE_PER_MINUTE"), ("/health/ready", "HEALTH_RATE_PER_MINUTE")]
)
def test_public_endpoints_are_rate_limited_per_address(path: str, setting: str, settings: Any) -> None:
    setattr(settings, setting, 2)
    settings.TRUSTED_PROXIES = 1
    answers = [Client(HTTP_X_FORWARDED_FOR="192.0.2.77").get(path) for _ in range(6)]  # a minute may end meanwhile
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == 200 and len(refused) >= 2 and int(refused[0]["Retry-After"]) > 0
    assert Client(HTTP_X_FORWARDED_FOR="192.0.2.78").get(path).status_code == 200


def test_openapi_document_is_written_by_one_thread_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    running: list[str] = []

    def write(language: str, renderer: Any) -> tuple[bytes, str]:
        assert not running, "two threads write the document"
        running.append(language)
        written.append(language)
        running.remove(language)
        return b"document", '"etag"'

    monkeypatch.setattr(schema_view, "_write", write)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: schema_view._written("en", object), range(40)))
    assert found == [(b"document", '"etag"')] * 40 and len(written) == 40
