"""Security and cache headers of every response, and the production settings."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from rest_framework.test import APIClient

from agents.models import Agent
from agents.tests.browsing import browser
from quimbi_crm.config import ROOT

pytestmark = pytest.mark.django_db
PAGES = [
    "/",
    "/accounts/login/",
    "/accounts/forgotten/",
    "/docs",
    "/admin/login/",
    "/api/tickets",
    "/nothing-here",
    "/health/live",
]
SECRET = "k8Jd02mzpqRw71xTyUv5nBc3Lh6Gf9SaEoIiQ4tWs2ZbNcVxMq"


def refusals() -> dict[str, Any]:
    """Return the responses that are sent before any view runs, by the reason for the refusal."""
    client, strict = Client(), Client(enforce_csrf_checks=True)
    return {
        "414": client.get("/?q=" + "a" * 40_000),
        "414 json": client.get("/api/tickets?q=" + "a" * 40_000),
        "413": client.generic("POST", "/tickets/bulk", b"a", CONTENT_LENGTH="9999999"),
        "413 json": client.generic("POST", "/api/tickets", b"a", CONTENT_LENGTH="9999999"),
        "400 host": client.get("/", headers={"host": "evil.example"}),
        "400 charset": client.generic("POST", "/", b"a", content_type="text/plain; charset=zlib"),
        "403 csrf": strict.post("/accounts/login/"),
    }


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_the_security_headers(path: str) -> None:
    carries(Client().get(path).headers)


def test_every_refusal_has_the_security_headers_and_is_not_cached(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    for name, answer in refusals().items():
        assert str(answer.status_code) == name.split()[0]
        carries(answer.headers)
        assert "no-store" in answer.headers["Cache-Control"], name
        assert answer.headers["Content-Type"].startswith("application/json" if "json" in name else "text/html"), name


def carries(headers: Any) -> None:
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    for part in (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ):
        assert part in policy
    assert "unsafe" not in policy and "*" not in policy and "base-uri 'none'" in policy


def test_responses_with_personal_data_are_not_cached(agent: Agent, client_of: Callable[[Agent], APIClient]) -> None:
    assert "no-store" in client_of(agent).get("/api/agents/me").headers["Cache-Control"]
    for path in ("/accounts/login/", "/accounts/forgotten/", "/api/tickets", "/admin/login/", "/nothing-here", "/x/y/"):
        for client in (Client(), browser(agent)):
            assert "no-store" in client.get(path).headers["Cache-Control"], path
    for path in ("/docs", "/health/live"):
        assert "no-store" not in Client().get(path).headers.get("Cache-Control", ""), path
    assert "max-age" in Client().get("/static/quimbi/icon.svg").headers["Cache-Control"]


def test_link_tokens_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    for kind in ("invitation", "new-password"):
        Client().get(f"/accounts/{kind}/0190a000-0000-7000-8000-000000000000/d0g5-5ecre7/")
    lines = [str(record.msg) for record in caplog.records]
    assert sum("[token]" in line for line in lines) >= 2 and "5ecre7" not in "".join(lines)


def production(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command with production settings, on the test database."""
    database = django_settings.DATABASES["default"]
    user, host, port = database["USER"], database["HOST"], database["PORT"]
    url = f"postgresql://{user}:{database['PASSWORD']}@localhost:{port or 5432}/{database['NAME']}?host={host}"
    env = {
        **os.environ,
        "ENVIRONMENT": "production",
        "SECRET_KEY": SECRET + "Ab7-one_Yz",
        "JWT_SECRET_KEY": SECRET + "Cd8-two_Xw",
        "ALLOWED_HOSTS": "support.example.com",
        "DATABASE_URL": url if host.startswith("/") else url.replace(f"?host={host}", "?sslmode=require"),
        "REDIS_URL": django_settings.REDIS_URL,
        "EMAIL_URL": "smtp+tls://user:password@mail.example.com:587",
        **variables,
    }
    return subprocess.run([sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603


def test_check_deploy_is_clean_in_production() -> None:
    done = production("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_production_starts_without_mail_and_warns() -> None:
    done = production("manage.py", "check", EMAIL_URL="")
    assert done.returncode == 0 and "quimbi.W001" in done.stderr


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"EMAIL_URL": "user:hidden@mail.example.com"}, "quimbi.E040"),
        ({"EMAIL_URL": "consolemail://"}, "quimbi.E040"),
        ({"PUBLIC_URL": "http://support.example.com"}, "quimbi.E041"),
        ({"PUBLIC_URL": "https://support.example.com/crm"}, "quimbi.E041"),
        ({"PUBLIC_URL": "support.example.com"}, "quimbi.E041"),
        ({"SESSION_HOURS": "0"}, "quimbi.E002"),
    ],
)
def test_invalid_production_settings_are_reported(variables: dict[str, str], problem: str) -> None:
    done = production("manage.py", "check", **variables)
    assert done.returncode == 1 and problem in done.stderr
    assert variables.get("EMAIL_URL", "secret") not in done.stderr


ASK = """
import json, django; django.setup()
from django.conf import settings as s
from django.test import Client
page = Client().get("/accounts/logout/", headers={"host": "support.example.com"}, secure=True)
plain = Client().get("/accounts/logout/", headers={"host": "support.example.com"})
print(json.dumps({
    "hsts": page.headers["Strict-Transport-Security"], "plain": [plain.status_code, plain.headers["Location"]],
    "names": [s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME], "secure": [s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE],
    "place": [s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_PATH, s.CSRF_COOKIE_DOMAIN],
    "public": s.PUBLIC_URL, "debug": s.DEBUG, "tls": s.EMAIL_USE_TLS,
}))
"""


def test_production_uses_hsts_https_redirect_and_host_prefixed_cookies() -> None:
    done = production("-c", ASK, DJANGO_SETTINGS_MODULE="quimbi_crm.settings", DEBUG="true")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert told["hsts"] == "max-age=31536000; includeSubDomains; preload"
    assert told["plain"] == [301, "https://support.example.com/accounts/logout/"]
    # What the prefix promises to a browser: TLS only, the whole site, this host only.
    assert told["names"] == ["__Host-sessionid", "__Host-csrftoken"]
    assert told["secure"] == [True, True] and told["place"] == ["/", None, "/", None]
    assert told["public"] == "https://support.example.com" and told["debug"] is False and told["tls"] is True
