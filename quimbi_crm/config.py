"""Reads the environment: what each variable means, its default, and what is wrong with it.

Nothing here raises. A wrong value becomes a `Problem`, so that every one of them can be told at once, in a sentence each, by the
system check (`checks.py`) that runs before anything is served.
"""

import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from zoneinfo import available_timezones

import environ

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("development", "test", "production")
JWT_ALGORITHMS = ("HS256", "HS384", "HS512")
SSLMODES_ENCRYPTED = ("require", "verify-ca", "verify-full")
LOCAL_ORIGINS = [
    "http://localhost:5173",
    "http://127.0.0.1:5173",
    "http://localhost:3000",
    "http://127.0.0.1:3000",
]
MAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl")
_WEAK_SECRETS = ("your-secret-key", "secret", "changeme", "change-me")
_MIN_SECRET = 32


@dataclass(frozen=True)
class Problem:
    """One wrong or missing setting; the hint says what to set."""

    id: str
    sentence: str
    hint: str


@dataclass
class Environment:
    """The environment variables, and the problems found while reading them."""

    env: environ.Env
    problems: list[Problem] = field(default_factory=list)

    def complain(self, id: str, sentence: str, hint: str) -> None:
        self.problems.append(Problem(id, sentence, hint))

    @property
    def name(self) -> str:
        name = str(self.env.str("ENVIRONMENT", "development")).strip().lower()
        return name if name in ENVIRONMENTS else "production"  # an unknown name gets the strict rules

    @property
    def production(self) -> bool:
        return self.name == "production"

    def check_name(self) -> None:
        given = self.env.str("ENVIRONMENT", "development")
        if given.strip().lower() not in ENVIRONMENTS:
            self.complain(
                "quimbi.E001",
                f"ENVIRONMENT is {given!r}, which is none of {', '.join(ENVIRONMENTS)}.",
                "Set ENVIRONMENT=development on your own machine and ENVIRONMENT=production where customers are served.",
            )

    def integer(self, name: str, default: int, *, low: int, high: int) -> int:
        raw = self.env.str(name, "")
        if not raw:
            return default
        try:
            value = int(raw)
        except ValueError:
            value = low - 1
        if low <= value <= high:
            return value
        self.complain(
            "quimbi.E002",
            f"{name} is {raw!r}, which is no whole number from {low} to {high}.",
            f"Leave it out for {default}.",
        )
        return default

    def flag(self, name: str, default: bool) -> bool:
        raw = self.env.str(name, "").strip().lower()
        if not raw:
            return default
        if raw in ("1", "true", "yes", "on"):
            return True
        if raw in ("0", "false", "no", "off"):
            return False
        self.complain("quimbi.E003", f"{name} is {raw!r}, which is neither true nor false.", "Set it to true or false.")
        return default

    def names(self, name: str, default: list[str]) -> list[str]:
        """A comma-separated list without blanks and trailing slashes."""
        raw = self.env.str(name, "")
        values = [part.strip().rstrip("/") for part in raw.split(",")] if raw else default
        return [value for value in values if value]

    def secret(self, name: str, var: Path) -> str:
        """A secret of at least 32 characters; outside production one is generated and stored in `var`."""
        value = self.env.str(name, "")
        if self.production:
            if len(value) < _MIN_SECRET or value.lower().startswith(_WEAK_SECRETS):
                self.complain(
                    "quimbi.E010",
                    f"{name} is missing, an example or under {_MIN_SECRET} characters; production needs a real secret.",
                    f"Set {name} to the output of: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
                )
            return str(value) or secrets.token_urlsafe(48)
        if value and len(value) >= _MIN_SECRET:
            return str(value)
        if value:
            self.complain(
                "quimbi.E011",
                f"{name} has fewer than {_MIN_SECRET} characters.",
                "Make it longer, or leave it out.",
            )
        return _kept_secret(var / f"{name.lower()}.txt")

    def database(self, default: str) -> dict[str, Any]:
        """Django's database settings for DATABASE_URL (or `default`); asyncpg's scheme and `ssl` are understood."""
        given = self.env.str("DATABASE_URL", "")
        if self.production and not given:
            self.complain(
                "quimbi.E020",
                "DATABASE_URL is missing; production does not start a database of its own.",
                "Set DATABASE_URL=postgresql://user:password@host:5432/name?sslmode=require",
            )
        try:
            settings = parse_database_url(given or default)
        except ValueError as error:
            self.complain(
                "quimbi.E021",
                f"DATABASE_URL cannot be used: {error}.",
                "Use postgresql://user:password@host:5432/name",
            )
            return parse_database_url(default)
        if self.production and given:
            self._encrypt(settings)
        return settings

    def _encrypt(self, settings: dict[str, Any]) -> None:
        if not settings["HOST"] or str(settings["HOST"]).startswith("/"):
            return  # a unix socket never leaves the machine
        mode = settings["OPTIONS"].setdefault("sslmode", "require")
        if mode not in SSLMODES_ENCRYPTED:
            self.complain(
                "quimbi.E022",
                f"DATABASE_URL asks for sslmode={mode}; production talks to its database over TLS or a unix socket.",
                "Add ?sslmode=require (or verify-full) to DATABASE_URL.",
            )

    def hosts(self) -> list[str]:
        hosts = self.names(
            "ALLOWED_HOSTS", [] if self.production else ["localhost", "127.0.0.1", "[::1]", "testserver"]
        )
        if self.production and (not hosts or "*" in hosts):
            self.complain(
                "quimbi.E030",
                "ALLOWED_HOSTS is missing or '*'; production answers only to the names it is served under.",
                "Set ALLOWED_HOSTS=support.example.com",
            )
        return hosts

    def origins(self) -> list[str]:
        origins = self.names("CORS_ORIGINS", [] if self.production else LOCAL_ORIGINS)
        for origin in origins:
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
                self.complain(
                    "quimbi.E031",
                    f"CORS_ORIGINS has {origin!r}, which is no origin.",
                    "Write each as https://host[:port], separated by commas, without a path and never '*'.",
                )
        return [origin for origin in origins if "://" in origin]

    def redis(self, default: str) -> str:
        """The cache's URL, checked now: a wrong one would only show when somebody signs in."""
        url = str(self.env.str("REDIS_URL", "")) or default
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("redis", "rediss") and bool(parts.hostname) and (parts.port or 1) > 0
            good = good or (parts.scheme == "unix" and bool(parts.path))
        except ValueError:
            good = False
        if not good:
            self.complain(
                "quimbi.E023",
                f"REDIS_URL is {url!r}, which is no Redis URL.",
                "Use redis://host:6379/0, rediss://… or unix:///path.",
            )
            return default
        return url

    def mail(self, folder: Path) -> dict[str, Any]:
        """Mail settings from EMAIL_URL; without it mails are files in development and not sent in production."""
        url = self.env.str("EMAIL_URL", "")
        if not url:
            if self.production:
                return {"KIND": "off", "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
            backend = "django.core.mail.backends.filebased.EmailBackend"
            return {"KIND": "files", "EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": str(folder)}
        try:
            if urlsplit(url).scheme not in MAIL_SCHEMES or not urlsplit(url).hostname:
                raise ValueError(url)
            return {"KIND": "smtp", **environ.Env.email_url_config(url)}
        except ValueError:
            self.complain(
                "quimbi.E040",
                "EMAIL_URL cannot be used.",
                f"Use one of {', '.join(MAIL_SCHEMES)}, such as smtp+tls://user:password@mail.example.com:587",
            )
            return {"KIND": "smtp", "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}

    def public_url(self, hosts: list[str]) -> str:
        """The program's public URL, with which links in mails begin."""
        first = next((host.lstrip(".") for host in hosts if host != "*"), "localhost")
        default = f"https://{first}" if self.production else f"http://localhost:{self.env.str('PORT', '') or 8000}"
        url = str(self.env.str("PUBLIC_URL", "") or default).rstrip("/")
        parts = urlsplit(url)
        schemes = ("https",) if self.production else ("http", "https")
        if parts.scheme in schemes and parts.netloc and not (parts.path or parts.query or parts.fragment):
            return url
        self.complain(
            "quimbi.E041",
            f"PUBLIC_URL is {url!r}, which is no address that mails can link to.",
            f"Write it as {schemes[0]}://host[:port], without a path.",
        )
        return default

    def service(self, *names: str) -> str:
        """The URL of a service from the first of the variables that is set; empty if none is."""
        name, url = next(
            ((one, self.env.str(one, "").strip()) for one in names if self.env.str(one, "").strip()), ("", "")
        )
        if not url:
            return ""
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
            good = good and not (parts.username or parts.password or parts.query or parts.fragment)
        except ValueError:
            good = False
        if not good:
            self.complain(
                "quimbi.E050",
                f"{name} is no address of a service.",  # value not shown, because it may contain a key
                "Write it as https://host[:port][/path]; the key has a variable of its own.",
            )
            return ""
        if self.production and parts.scheme == "http" and not _inside(parts.hostname or ""):
            self.complain(
                "quimbi.E051",
                f"{name} is plain http to another network; the key and what customers write would be readable on the way.",
                "Use https; http is for this machine and private networks.",
            )
        return url.rstrip("/")

    def order(self, name: str, default: list[str], known: Collection[str]) -> list[str]:
        """Names of providers, first choice first; "embedded" alone means that no service is asked."""
        found = self.names(name, default)
        for one in self.names(name, []):
            if one not in known and one != "embedded":
                self.complain(
                    "quimbi.E052",
                    f"{name} names {one!r}, which is no provider.",
                    f"Use {', '.join(known)} in the order in which they are asked, or embedded for none.",
                )
        return [one for one in found if one in known]

    def check_language_model(self, url: str, model: str) -> None:
        if bool(url) != bool(model):
            given, missing = ("LLM_BASE_URL", "LLM_MODEL") if url else ("LLM_MODEL", "LLM_BASE_URL")
            self.complain(
                "quimbi.E053",
                f"{given} is set and {missing} is not, so no language model can be asked.",
                f"Set {missing}, or leave both out.",
            )

    def choice(self, name: str, default: str, choices: Collection[str]) -> str:
        value = str(self.env.str(name, default)).upper()
        if value in choices:
            return value
        shown = ", ".join(sorted(choices)) if len(choices) < 10 else "a country of two letters, such as US or DE"
        self.complain("quimbi.E004", f"{name} is {value!r}, which is none of its values.", f"Use one of: {shown}.")
        return default

    def zone(self, name: str, default: str) -> str:
        """A time zone of the IANA database that both Python and Django know."""
        value = self.env.str(name, "").strip() or default
        files = Path("/usr/share/zoneinfo")
        known = value in available_timezones() and value not in ("Factory", "localtime", "posixrules")
        # Django also looks into the machine's time zone files, if there are any.
        if known and (not files.exists() or files.joinpath(*value.split("/")).exists()):
            return str(value)
        self.complain(
            "quimbi.E005",
            f"{name} is {value[:64]!r}, which is no time zone.",
            "Write it as a name of the IANA database, such as Europe/Berlin, or leave it out for UTC.",
        )
        return default

    def algorithm(self) -> str:
        name = self.env.str("JWT_ALGORITHM", "HS256")
        if name in JWT_ALGORITHMS:
            return str(name)
        self.complain(
            "quimbi.E012",
            f"JWT_ALGORITHM is {name!r}, which is not supported.",
            f"Use one of {', '.join(JWT_ALGORITHMS)}.",
        )
        return "HS256"


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's database settings for a PostgreSQL URL. Raises `ValueError` for any other kind.

    `postgresql+asyncpg://` (and other SQLAlchemy drivers) would become an engine's name in django-environ, and asyncpg's `?ssl=`
    is libpq's `sslmode`; both are translated here.
    """
    parts = urlsplit(url)
    scheme = parts.scheme.partition("+")[0]
    if scheme not in ("postgresql", "postgres"):
        raise ValueError(f"its scheme is {parts.scheme or 'missing'!r} where postgresql:// is needed")
    query = dict(parse_qsl(parts.query))
    ssl = query.pop("ssl", None)
    if ssl is not None:
        query.setdefault(
            "sslmode",
            {"true": "require", "1": "require", "false": "disable", "0": "disable"}.get(ssl.lower(), ssl),
        )
    host = query.pop("host", None)
    plain = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(query), ""))
    settings: dict[str, Any] = environ.Env.db_url_config(plain)
    if not settings.get("NAME"):
        raise ValueError("it names no database")
    if host is not None:
        settings["HOST"] = host
    settings["OPTIONS"] = dict(settings.get("OPTIONS") or {})
    return settings


def _inside(host: str) -> bool:
    """Whether the host's name means this machine or a private network."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.lower().endswith((".localhost", ".local", ".internal", ".lan", ".svc"))
    return address.is_loopback or address.is_private


def _kept_secret(path: Path) -> str:
    """A random secret that is kept over restarts, so that issued tokens stay valid."""
    try:
        kept = path.read_text().strip()
    except OSError:
        kept = ""
    if len(kept) >= _MIN_SECRET:
        return kept
    made = secrets.token_urlsafe(48)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(f".{secrets.token_hex(4)}")
        scratch.touch(mode=0o600)
        scratch.write_text(made)
        try:
            path.hardlink_to(scratch)  # the first process wins; the others read its file
        except FileExistsError:
            made = path.read_text().strip() or made
        scratch.unlink()
    except OSError:
        pass  # in an unwritable folder tokens are only valid until this process ends
    return made


def read_environment() -> Environment:
    """The process's environment, completed (never overridden) from `.env` in the project's folder.

    Tests ignore that file, so that they cannot reach a developer's database or services.
    """
    file = ROOT / ".env"
    if file.is_file() and os.environ.get("ENVIRONMENT") != "test":
        environ.Env.read_env(str(file))
    return Environment(environ.Env())
