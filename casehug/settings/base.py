"""Settings common to every way of running. What varies comes from the environment (names in `.env.example`)."""

from pathlib import Path

import environ
from csp.constants import NONCE

from casehug.settings.broker import *  # noqa: F403
from casehug.settings.sign_in import *  # noqa: F403
from casehug.settings.wiring import *  # noqa: F403

ROOT = Path(__file__).resolve().parents[2]
env = environ.Env()

SECRET_KEY = env("CASEHUG_SECRET_KEY", default="")
DEBUG = False
ALLOWED_HOSTS = env.list("CASEHUG_HOSTS", default=[])
# Without a token there is no /metrics; the operator's pages ask for a second factor and a fresh sign-in.
METRICS_TOKEN, OPERATOR_STRICT = env("CASEHUG_METRICS_TOKEN", default=""), True
CASEHUG_BASE_URL = env("CASEHUG_BASE_URL", default="http://127.0.0.1:8000")
CASEHUG_LOCAL = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "csp",
    "casehug.common",
    "casehug.firms",
    "casehug.audit",
    "casehug.outbox",
    "casehug.intake",
    "casehug.referrals",
    "casehug.data_duties",
    "casehug.operations",
    "casehug.local",
    "integrations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "casehug.firms.middleware.SecurityHeadersMiddleware",
    "casehug.common.machine_routes.MachineRoutesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "casehug.firms.middleware.SessionAgeMiddleware",
    "casehug.firms.middleware.MembershipMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]

ROOT_URLCONF = "casehug.urls"
WSGI_APPLICATION = "casehug.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "casehug.firms.frame.frame",
            ],
        },
    }
]

# --- Databases: the app role in every run; the owner role only for migrations (CASEHUG_MIGRATE=1). ---------------
MIGRATING = env.bool("CASEHUG_MIGRATE", default=False)
_database_url = env("DATABASE_OWNER_URL", default="") if MIGRATING else env("DATABASE_URL", default="")
DATABASES = {"default": env.db_url_config(_database_url or "postgresql://unset@127.0.0.1:1/unset")}
DATABASES["default"].update(
    ENGINE="django.db.backends.postgresql",
    # Persistent connections: a new one per request repeats the SCRAM handshake and costs about four times as much.
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
    # Behind a pooler that hands out connections by the transaction, a cursor may not outlive one.
    DISABLE_SERVER_SIDE_CURSORS=env.bool("CASEHUG_POOLED", default=False),
    OPTIONS={"connect_timeout": 5, "application_name": "casehug", **DATABASES["default"].get("OPTIONS", {})},
)
DATABASE_RELAY_URL = env("DATABASE_RELAY_URL", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# allauth keeps its rate counters here; the login throttle itself is in PostgreSQL (casehug.common.throttle).
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LANGUAGE_CODE, TIME_ZONE, USE_TZ, USE_I18N = "en-us", "UTC", True, False
STATIC_URL, STATICFILES_DIRS, STATIC_ROOT = "/static/", [ROOT / "static"], ROOT / "staticfiles"
CASEHUG_MEDIA_DIR = env("CASEHUG_MEDIA_DIR", default=str(ROOT / ".casehug" / "uploads"))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("CASEHUG_MAIL_FROM", default="CaseHug <no-reply@casehug.example>")

# --- Keys (never in the repository, never in the database) ---------------------------------------------------------
CASEHUG_KEK = env("CASEHUG_KEK", default="")
CASEHUG_INDEX_KEY = env("CASEHUG_INDEX_KEY", default="")
CASEHUG_AUDIT_KEY = env("CASEHUG_AUDIT_KEY", default="")
# Where the heads of the audit chains are noted outside the database; empty: beside the uploads.
AUDIT_HEADS_FILE = env("CASEHUG_AUDIT_HEADS", default="")

# Outgoing webhooks reach public addresses only: none of these ones; a local run may name its own listeners.
OUTBOUND_OWN_ADDRESSES = env.list("CASEHUG_OWN_ADDRESSES", default=[])
OUTBOUND_LOCAL_TARGETS, OUTBOUND_CA_FILE = list[str](), ""
CHECKPOINT_OBSERVERS: list[str] = []
# A claim lasts longer than the hard time limit of a task, so a healthy worker is never overtaken.
WORK_LEASE_SECONDS = 150
SYNC_SETTLE_SECONDS = env.int("CASEHUG_SETTLE_SECONDS", default=120)

LAWMATICS_AUTHORIZE_URL = env("LAWMATICS_AUTHORIZE_URL", default="https://app.lawmatics.com/oauth/authorize")
LAWMATICS_TOKEN_URL = env("LAWMATICS_TOKEN_URL", default="https://api.lawmatics.com/oauth/token")
LAWMATICS_API_URL = env("LAWMATICS_API_URL", default="https://api.lawmatics.com")
LAWMATICS_WEB_URL = env("LAWMATICS_WEB_URL", default="https://app.lawmatics.com")
LAWMATICS_CLIENT_ID = env("LAWMATICS_CLIENT_ID", default="")
LAWMATICS_CLIENT_SECRET = env("LAWMATICS_CLIENT_SECRET", default="")
LAWMATICS_REDIRECT_URI = env("LAWMATICS_REDIRECT_URI", default="")
LAWMATICS_SCOPE = env("LAWMATICS_SCOPE", default="")
# Empty: the host that a connection names (production or sandbox); a value leads every connection there.
LEXAMICA_BASE_URL = env("LEXAMICA_BASE_URL", default="")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "casehug.firms.api_credentials.ApiKeyAuthentication",
        "casehug.firms.api_credentials.FirmSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["casehug.firms.api_credentials.HasCapability"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "casehug.firms.api_auth.error_envelope",
    "UNAUTHENTICATED_USER": None,
}
API_REQUESTS_PER_MINUTE = env.int("CASEHUG_API_REQUESTS_PER_MINUTE", default=300)
API_BAD_KEYS_PER_MINUTE = 30
SPECTACULAR_SETTINGS = {
    "TITLE": "CaseHug API",
    "DESCRIPTION": "REST API of CaseHug for a firm's other tools.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": ["casehug.firms.api_schema.document_scopes"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
SILENCED_SYSTEM_CHECKS: list[str] = []
