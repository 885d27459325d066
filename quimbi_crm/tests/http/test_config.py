"""Settings from the environment, and how invalid values are reported."""

import os
import subprocess
import sys
from typing import Any

import environ
import pytest

from quimbi_crm.config import ROOT, Environment, parse_database_url

GOOD = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "s" * 40,
    "JWT_SECRET_KEY": "j" * 40,
    "ALLOWED_HOSTS": "support.example.com",
    "DATABASE_URL": "postgresql://u:p@db.example.com/quimbi?sslmode=require",
}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@h:5433/n", {"USER": "u", "PASSWORD": "p", "HOST": "h", "PORT": 5433, "NAME": "n"}),
        ("postgres://u@h/n", {"HOST": "h"}),
        ("postgresql+asyncpg://user:pass@localhost:5432/quimbi", {"HOST": "localhost", "NAME": "quimbi"}),
        ("postgresql+psycopg://u@h/n", {"NAME": "n"}),
        ("postgresql://u:p%40ss%2F@h/n", {"PASSWORD": "p@ss/"}),
        ("postgresql://u@/n?host=/run/postgresql", {"HOST": "/run/postgresql"}),
    ],
)
def test_database_url_is_parsed(url: str, expected: dict[str, Any]) -> None:
    settings = parse_database_url(url)
    assert settings["ENGINE"] == "django.db.backends.postgresql"
    assert {key: settings[key] for key in expected} == expected


@pytest.mark.parametrize(("ssl", "mode"), [("require", "require"), ("true", "require"), ("disable", "disable")])
def test_asyncpg_ssl_option_becomes_libpq_sslmode(ssl: str, mode: str) -> None:
    assert parse_database_url(f"postgresql+asyncpg://u@h/n?ssl={ssl}")["OPTIONS"] == {"sslmode": mode}


@pytest.mark.parametrize("url", ["mysql://u@h/n", "sqlite:///x", "h/n", "postgresql://u@h", "postgresql://u@h/"])
def test_database_url_of_another_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError):
        parse_database_url(url)


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Start the web application as a server would, with only this environment."""
    env = {**GOOD, "PATH": os.environ["PATH"], **changes}
    return subprocess.run(
        [sys.executable, "-c", "import quimbi_crm.asgi"],
        env={key: value for key, value in env.items() if value is not None},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_start_reports_all_missing_and_insecure_settings() -> None:
    assert start().returncode == 0, start().stderr
    result = start(
        SECRET_KEY="your-secret-key", JWT_SECRET_KEY=None, ALLOWED_HOSTS="*", DATABASE_URL=None, CORS_ORIGINS="*"
    )
    assert result.returncode == 1 and "Traceback" not in result.stderr
    lines = result.stderr.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "quimbi.E010",
        "quimbi.E030",
        "quimbi.E020",
        "quimbi.E010",
        "quimbi.E031",
    ]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("ENVIRONMENT", "staging", "E001"),
        ("JWT_EXPIRE_MINUTES", "a day", "E002"),
        ("JWT_EXPIRE_MINUTES", "0", "E002"),
        ("DEBUG", "maybe", "E003"),
        ("JWT_ALGORITHM", "none", "E012"),
        ("JWT_ALGORITHM", "RS256", "E012"),
        ("DATABASE_URL", "mysql://u@h/n", "E021"),
        ("DATABASE_URL", "postgresql://u@db.example.com/n?sslmode=disable", "E022"),
        ("DATABASE_URL", "postgresql+asyncpg://u@db.example.com/n?ssl=prefer", "E022"),
        ("ALLOWED_HOSTS", None, "E030"),
        ("CORS_ORIGINS", "app.example.com", "E031"),
        ("CORS_ORIGINS", "https://app.example.com/path", "E031"),
        ("SECRET_KEY", "short", "E010"),
        ("REDIS_URL", "http://cache.example.com", "E023"),
        ("REDIS_URL", "localhost:6379", "E023"),
        ("REDIS_URL", "redis://cache.example.com:abc", "E023"),
        ("LOG_LEVEL", "LOUD", "E004"),
    ],
)
def test_invalid_setting_is_reported_in_one_sentence_with_a_hint(
    monkeypatch: Any, name: str, value: str | None, code: str
) -> None:
    for key in ("SECRET_KEY", "REDIS_URL", "LOG_LEVEL", "DEBUG", "CORS_ORIGINS", "JWT_ALGORITHM", "JWT_EXPIRE_MINUTES"):
        monkeypatch.delenv(key, raising=False)
    for key, setting in {**GOOD, name: value}.items():
        monkeypatch.delenv(key, raising=False) if setting is None else monkeypatch.setenv(key, setting)
    environment = Environment(environ.Env())
    environment.check_name()
    environment.integer("JWT_EXPIRE_MINUTES", 1440, low=1, high=525_600)
    environment.flag("DEBUG", False)
    environment.algorithm()
    environment.database("postgresql://postgres@/postgres")
    environment.hosts()
    environment.origins()
    environment.secret("SECRET_KEY", ROOT / "var")
    environment.redis("unix:///run/valkey")
    environment.choice("LOG_LEVEL", "INFO", ("INFO", "ERROR"))
    assert [problem.id for problem in environment.problems] == [f"quimbi.{code}"]
    problem = environment.problems[0]
    assert name in problem.sentence and problem.hint
    assert problem.sentence.count(". ") == 0, "one sentence each"


def test_database_on_a_unix_socket_needs_no_tls(monkeypatch: Any) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@/n?host=/run/postgresql")
    environment = Environment(environ.Env())
    assert "sslmode" not in environment.database("")["OPTIONS"] and not environment.problems


def test_tls_is_required_by_default_in_production(monkeypatch: Any) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u@db.example.com/n")
    environment = Environment(environ.Env())
    assert environment.database("")["OPTIONS"]["sslmode"] == "require" and not environment.problems


def test_generated_secret_is_stored_in_a_private_file_and_reused(monkeypatch: Any, tmp_path: Any) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    first = Environment(environ.Env()).secret("SECRET_KEY", tmp_path / "var")
    assert len(first) > 40 and Environment(environ.Env()).secret("SECRET_KEY", tmp_path / "var") == first
    kept = tmp_path / "var" / "secret_key.txt"
    assert kept.read_text() == first and kept.stat().st_mode & 0o077 == 0


def service(monkeypatch: Any, url: str, *, environment: str = "production") -> tuple[str, list[str]]:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.delenv("QUIMBI_AI_URL", raising=False)
    monkeypatch.setenv("QUIMBI_BASE_URL", url)
    read = Environment(environ.Env())
    return read.service("QUIMBI_AI_URL", "QUIMBI_BASE_URL"), [problem.id for problem in read.problems]


@pytest.mark.parametrize(
    "url",
    [
        "https://ai.example.com",
        "http://localhost:9000",
        "http://10.0.0.7:9000",
        "http://quimbi-ai:9000",
        "http://ai.internal",
    ],
)
def test_service_url_needs_tls_only_on_a_public_host(monkeypatch: Any, url: str) -> None:
    assert service(monkeypatch, f"{url}/") == (url, [])


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://ai.example.com", "quimbi.E051"),
        ("http://8.8.8.8", "quimbi.E051"),
        ("ftp://ai.example.com", "quimbi.E050"),
        ("ai.example.com", "quimbi.E050"),
        ("https://user:secret@ai.example.com", "quimbi.E050"),
        ("https://ai.example.com?key=secret", "quimbi.E050"),
        ("https://ai.example.com:port", "quimbi.E050"),
    ],
)
def test_invalid_service_url_is_reported_without_its_secret(monkeypatch: Any, url: str, code: str) -> None:
    assert service(monkeypatch, url)[1] == [code]
    read = Environment(environ.Env())
    read.service("QUIMBI_AI_URL", "QUIMBI_BASE_URL")
    assert "secret" not in str(read.problems)


def test_provider_order_is_read_from_the_environment(monkeypatch: Any) -> None:
    read, known = Environment(environ.Env()), ("quimbi", "llm")
    monkeypatch.delenv("AI_DRAFT", raising=False)
    assert read.order("AI_DRAFT", ["llm", "quimbi"], known) == ["llm", "quimbi"]
    monkeypatch.setenv("AI_DRAFT", " quimbi , embedded")
    assert read.order("AI_DRAFT", ["llm"], known) == ["quimbi"] and read.problems == []
    monkeypatch.setenv("AI_DRAFT", "chatty")
    assert read.order("AI_DRAFT", ["llm"], known) == [] and read.problems[0].id == "quimbi.E052"


@pytest.mark.parametrize(("url", "model", "problems"), [("u", "m", 0), ("", "", 0), ("u", "", 1), ("", "m", 1)])
def test_language_model_needs_url_and_name(url: str, model: str, problems: int) -> None:
    read = Environment(environ.Env())
    read.check_language_model(url, model)
    assert len(read.problems) == problems


@pytest.mark.parametrize(
    ("value", "used", "problems"), [("Europe/Berlin", "Europe/Berlin", 0), ("Berlin", "UTC", 1), ("../UTC", "UTC", 1)]
)
def test_invalid_time_zone_is_reported_and_replaced_by_utc(
    value: str, used: str, problems: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIME_ZONE", value)
    environment = Environment(environ.Env())
    assert environment.zone("TIME_ZONE", "UTC") == used
    assert [problem.id for problem in environment.problems] == ["quimbi.E005"] * problems
