"""Django settings. `.env.example` explains every variable; `checks.py` reports invalid values."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from phonenumbers import SUPPORTED_REGIONS

from quimbi_crm import logs
from quimbi_crm.config import read_environment
from quimbi_crm.runtime import server_urls as embedded

BASE_DIR = Path(__file__).resolve().parent.parent
environment = read_environment()
env = environment.env
environment.check_name()

ENVIRONMENT = environment.name
PRODUCTION = environment.production
# Demo data can be reset. Never in production, where conversations are real.
DEMO_MODE = environment.flag("DEMO_MODE", not PRODUCTION) and not PRODUCTION
VAR = embedded.var_folder()

# --- Secrets and hosts -------------------------------------------------------------------------------------------------
SECRET_KEY = environment.secret("SECRET_KEY", VAR)
ALLOWED_HOSTS = environment.hosts()
# A traceback page shows settings and personal data, so it is off by default and never on in production.
DEBUG = environment.flag("DEBUG", False) and not PRODUCTION
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if environment.flag("BEHIND_TLS_PROXY", False) else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
if PRODUCTION:  # __Host- cookies: browsers accept them over TLS only, and from no other subdomain
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# A session ends with the browser and after some hours; with "Keep me signed in" only after some days.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 3600 * environment.integer("SESSION_HOURS", 12, low=1, high=168)
SESSION_KEPT_AGE = 86_400 * environment.integer("SESSION_KEPT_DAYS", 14, low=1, high=365)
SECURE_SSL_REDIRECT = PRODUCTION and environment.flag("TLS_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # load balancers inside the network check over plain HTTP
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = environment.names("CSRF_TRUSTED_ORIGINS", [])

# --- Applications and middleware --------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "quimbi_crm",
    "intelligence",
    "tickets.topic_alerts",
    "tickets",
    "agents",
    "procrastinate.contrib.django",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_structlog",
    "django_htmx",
    "agents.admin_config.QuimbiAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
]
CSRF_FAILURE_VIEW = "quimbi_crm.http.csrf_failure"
MIDDLEWARE = [
    "quimbi_crm.middleware.RequestLog",
    "corsheaders.middleware.CorsMiddleware",
    # First, so that every response has these headers, including refusals by the middleware below.
    "quimbi_crm.middleware.SecurityHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "quimbi_crm.middleware.PagesLanguage",
    "quimbi_crm.middleware.LimitRequest",
    "quimbi_crm.middleware.OnlyUTF8",
    "quimbi_crm.middleware.TolerateSlash",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "agents.middleware.RequestOrigin",
    "agents.middleware.LimitSignIn",
    "agents.sign_in.sessions.HoldSessions",
    "agents.middleware.LimitPages",
    "agents.middleware.NotePresence",
    "agents.middleware.ActivateZone",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "quimbi_crm.urls"
ASGI_APPLICATION = "quimbi_crm.asgi.application"
APPEND_SLASH = False  # paths are documented without a trailing slash; `middleware` also accepts one
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "quimbi_crm.template_loading.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "agents.pages.page_context.frame",
            ],
        },
    },
]

# --- Database, cache, background jobs ---------------------------------------------------------------------------------
_database = environment.database(embedded.database_url())
# The pool replaces persistent connections, which under ASGI would exceed PostgreSQL's limit.
_database["CONN_MAX_AGE"] = 0
_database["CONN_HEALTH_CHECKS"] = True
_database["OPTIONS"]["pool"] = {
    "min_size": 1,
    "max_size": environment.integer("DATABASE_POOL", 12, low=1, high=200),
    "timeout": 10,
}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.redis(embedded.redis_url())
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": env.str("QUIMBI_CACHE_PREFIX", "quimbi"),
        # A hanging cache must not delay requests much; cached data may be lost.
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
# Only hints for live sockets (tickets/live/): a lost hint delays events by seconds, but loses none.
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_connect_timeout": 1, "socket_timeout": 2}],
            "prefix": CACHES["default"]["KEY_PREFIX"],
        },
    }
}
PROCRASTINATE_IMPORT_PATHS = ["quimbi_crm.tasks"]
PROCRASTINATE_ON_APP_READY = "quimbi_crm.job_worker.use_recovering_worker"
PROCRASTINATE_WORKER_DEFAULTS = {
    "delete_jobs": "never",
    "update_heartbeat_interval": 5,
    "stalled_worker_timeout": 30,
}

# --- Authentication ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "agents.Agent"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "agents.backends.RoleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
JWT_SECRET_KEY = environment.secret("JWT_SECRET_KEY", VAR)
JWT_ALGORITHM = environment.algorithm()
JWT_EXPIRE_MINUTES = environment.integer("JWT_EXPIRE_MINUTES", 1440, low=1, high=525_600)
SIMPLE_JWT = {
    "SIGNING_KEY": JWT_SECRET_KEY,
    "ALGORITHM": JWT_ALGORITHM,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=JWT_EXPIRE_MINUTES),
    "USER_ID_CLAIM": "sub",
    "AUTH_HEADER_TYPES": ("Bearer", "bearer"),  # the standard's spelling, and the one of our `token_type`
    "UPDATE_LAST_LOGIN": False,
}
# Five failures within 15 minutes lock an account for one IP address for 15 minutes; a success resets the count.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "agents.sign_in.lockout.account_name"
TRUSTED_PROXIES = environment.integer("TRUSTED_PROXIES", 0, low=0, high=10)
AXES_CLIENT_IP_CALLABLE = "agents.common.addresses.counted_address"
AXES_LOCKOUT_CALLABLE = "agents.sign_in.lockout.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "otp", "old_password", "password1", "password2"]
AXES_VERBOSE = False  # its log lines name the account
LOGIN_RATE_PER_MINUTE = environment.integer("LOGIN_RATE_PER_MINUTE", 10, low=1, high=100_000)
# Requests per minute of an agent and of an API key, and requests per minute that make an AI service work.
AGENT_RATE_PER_MINUTE = environment.integer("AGENT_RATE_PER_MINUTE", 100, low=1, high=1_000_000)
PAGE_RATE_PER_MINUTE = environment.integer("PAGE_RATE_PER_MINUTE", 600, low=1, high=1_000_000)
API_KEY_RATE_PER_MINUTE = environment.integer("API_KEY_RATE_PER_MINUTE", 600, low=1, high=1_000_000)
REGENERATION_RATE_PER_MINUTE = environment.integer("REGENERATION_RATE_PER_MINUTE", 20, low=1, high=100_000)
API_KEY_REGENERATION_RATE_PER_MINUTE = environment.integer(
    "API_KEY_REGENERATION_RATE_PER_MINUTE", 200, low=1, high=100_000
)
# Tickets that an agent may take from the queue, and unassign or escalate, per hour.
NEXT_TICKETS_PER_HOUR = environment.integer("NEXT_TICKETS_PER_HOUR", 60, low=1, high=100_000)
HAND_BACKS_PER_HOUR = environment.integer("HAND_BACKS_PER_HOUR", 20, low=1, high=100_000)
# Requests per IP address without sign-in: the API schema, and health checks (a load balancer sends a few a second).
# Password reset: mails to one account, and requests of one IP address for all accounts.
SCHEMA_RATE_PER_MINUTE = environment.integer("SCHEMA_RATE_PER_MINUTE", 60, low=1, high=1_000_000)
HEALTH_RATE_PER_MINUTE = environment.integer("HEALTH_RATE_PER_MINUTE", 600, low=1, high=1_000_000)
RESET_MAILS_PER_HOUR = environment.integer("RESET_MAILS_PER_HOUR", 5, low=1, high=1000)
RESET_REQUESTS_PER_HOUR = environment.integer("RESET_REQUESTS_PER_HOUR", 30, low=1, high=100_000)

OTP_TOTP_ISSUER = "Quimbi CRM"
# Undo send: seconds for which a reply from a page is held back; 0 sends it at once.
UNDO_SEND_SECONDS = environment.integer("UNDO_SEND_SECONDS", 8, low=0, high=30)
# How long links that replace a password are valid.
INVITATION_DAYS = environment.integer("INVITATION_DAYS", 7, low=1, high=90)
PASSWORD_RESET_TIMEOUT = 60 * environment.integer("PASSWORD_RESET_MINUTES", 60, low=5, high=1440)

# --- Mail --------------------------------------------------------------------------------------------------------------
PUBLIC_URL = environment.public_url(ALLOWED_HOSTS)
_mail = environment.mail(VAR / "mail")
MAIL = _mail.pop("KIND")
globals().update(_mail)
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Quimbi CRM <no-reply@localhost>")

# --- The API -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "agents.sign_in.authentication.JWTAuthentication",
        "agents.sign_in.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["agents.permissions.IsAgent"],
    "DEFAULT_THROTTLE_CLASSES": ["agents.throttling.RequestRate"],
    "DEFAULT_PARSER_CLASSES": ["quimbi_crm.http.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "quimbi_crm.http.ORJSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_SCHEMA_CLASS": "quimbi_crm.schema.AutoSchema",
    "EXCEPTION_HANDLER": "quimbi_crm.http.exception_handler",
    "COERCE_DECIMAL_TO_STRING": False,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
CORS_ALLOWED_ORIGINS = environment.origins()
CORS_URLS_REGEX = r"^/(api|health)/.*$"
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = ["content-type", "x-api-key", "authorization", "accept", "idempotency-key", "if-match"]
CORS_EXPOSE_HEADERS = ["Retry-After", "X-Request-ID", "ETag", "Idempotent-Replay"]
# Limits against slow clients (gunicorn_worker.py, slow_bodies.py): open connections of one IP address per process,
# seconds for the head and for the body of a request, and concurrent bodies of one IP address.
CONNECTIONS_PER_ADDRESS = environment.integer("CONNECTIONS_PER_ADDRESS", 200, low=1, high=100_000)
REQUEST_HEAD_SECONDS = environment.integer("REQUEST_HEAD_SECONDS", 15, low=1, high=600)
REQUEST_BODY_SECONDS = environment.integer("REQUEST_BODY_SECONDS", 60, low=1, high=600)
SLOW_BODIES_PER_ADDRESS = environment.integer("SLOW_BODIES_PER_ADDRESS", 50, low=1, high=100_000)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES = 2 * 1024 * 1024
SPECTACULAR_SETTINGS = {
    "TITLE": "Quimbi CRM",
    "VERSION": "0.1.0",
    "DESCRIPTION": "Customer support for e-commerce: tickets are ranked by themselves, each with the reasons for its rank.",
    "OAS_VERSION": "3.1.0",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "DEFAULT_GENERATOR_CLASS": "quimbi_crm.schema.SchemaGenerator",
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "UnsentKind": "tickets.models.ComposerDraft.Kind",
        "MessageState": "tickets.api.serializers.MESSAGE_STATES",
        "AgentStatus": "agents.models.Agent.Status",
        "TicketStatus": "tickets.models.Ticket.Status",
        "OrderStatus": "tickets.models.Order.Status",
        "TicketPriority": "tickets.models.Ticket.Priority",
        "PlanPriority": ["urgent", "high", "normal"],
        "EventType": "tickets.api.events.TYPES",
        "TicketChannel": "tickets.models.Ticket.Channel",
        "AiHealthStatus": ["embedded", "ok", "degraded"],
        "AiServiceState": ["closed", "open", "half_open", "waiting", "blocked"],
        "AiCapability": ["analyze", "read", "draft", "plan", "summarize"],
        "AiFailureKind": [
            "connection",
            "timeout",
            "server_error",
            "bad_answer",
            "unauthorized",
            "rate_limited",
            "not_found",
            "invalid",
            "refused",
            "unavailable",
        ],
        "ChurnRiskLevel": ["low", "medium", "high", "critical"],
    },
}

# --- AI services (a service without an address is not used) -----------------------------------------------------------
QUIMBI_AI_URL = environment.service("QUIMBI_AI_URL", "QUIMBI_BASE_URL")
QUIMBI_AI_API_KEY = (env.str("QUIMBI_AI_API_KEY", "") or env.str("QUIMBI_API_KEY", "")).strip()
LLM_BASE_URL = environment.service("LLM_BASE_URL")
LLM_API_KEY = env.str("LLM_API_KEY", "").strip()
LLM_MODEL = env.str("LLM_MODEL", "").strip()
LLM_MAX_TOKENS = environment.integer("LLM_MAX_TOKENS", 700, low=50, high=8_000)
LLM_CONTEXT_TOKENS = environment.integer("LLM_CONTEXT_TOKENS", 3_000, low=500, high=100_000)
LLM_DAILY_TOKENS = environment.integer("LLM_DAILY_TOKENS", 0, low=0, high=10_000_000_000)
# Function that makes each provider from its settings, or returns nothing. The embedded provider is always the last.
AI_PROVIDERS: dict[str, str] = {
    "quimbi": "intelligence.providers.quimbi.provider.from_settings",
    "llm": "intelligence.providers.llm.provider.from_settings",
}
# Order of providers for each capability; names that are not configured are skipped.
AI_ORDER = {
    "analyze": environment.order("AI_ANALYZE", ["quimbi"], AI_PROVIDERS),
    "draft": environment.order("AI_DRAFT", ["llm", "quimbi"], AI_PROVIDERS),
    "plan": environment.order("AI_PLAN", ["llm", "quimbi"], AI_PROVIDERS),
    "summarize": environment.order("AI_SUMMARIZE", ["llm"], AI_PROVIDERS),
}
# Seconds that an opened ticket waits for a missing draft before it shows the embedded provider's.
AI_WAIT_SECONDS = environment.integer("AI_WAIT_SECONDS", 6, low=1, high=25)
environment.check_language_model(LLM_BASE_URL, LLM_MODEL)

# --- Pages, languages, time zone --------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # serves files from their sources, so no collectstatic is needed
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
LANGUAGE_CODE = "en"
# Languages with a complete catalogue, which a test checks. Agents choose one; otherwise the browser's language decides.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
# Time zone of mails, background jobs, and pages of agents who chose no other. The API uses UTC.
TIME_ZONE = environment.zone("TIME_ZONE", "UTC")
USE_TZ = True
# Signature of drafts; if empty, only the agent's name signs.
SHOP_NAME = env.str("SHOP_NAME", "")
# Telephone numbers without a country code are read as this country's (ISO 3166, two letters).
PHONE_REGION = environment.choice("PHONE_REGION", "US", SUPPORTED_REGIONS)

DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG  # one line per request, when it is finished
LOGGING = logs.configure(json=PRODUCTION, level=environment.choice("LOG_LEVEL", "INFO", logs.LEVELS))
environment.integer("WEB_CONCURRENCY", 2, low=1, high=64)  # the Procfile uses it; read here to report an invalid value
environment.integer("WORKER_CONCURRENCY", 4, low=1, high=32)
CONFIGURATION_PROBLEMS = environment.problems
