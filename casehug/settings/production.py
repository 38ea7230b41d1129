"""Production: refuses to start without keys, hosts and TLS, and with anything that belongs to a local run."""

import os
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from casehug.settings.base import *  # noqa: F403
from casehug.settings.base import (
    ALLOWED_HOSTS,
    CASEHUG_AUDIT_KEY,
    CASEHUG_BASE_URL,
    CASEHUG_INDEX_KEY,
    CASEHUG_KEK,
    DATABASES,
    LAWMATICS_API_URL,
    LAWMATICS_AUTHORIZE_URL,
    LAWMATICS_TOKEN_URL,
    LEXAMICA_BASE_URL,
    MIDDLEWARE,
    SECRET_KEY,
    env,
)
from casehug.settings.logs import logging_config

CASEHUG_LOCAL = False
CASEHUG_STANDIN_URL = ""


def _refuse(condition: bool, reason: str) -> None:
    if condition:
        raise ImproperlyConfigured(f"production settings refuse to start: {reason}")


_refuse(os.environ.get("CASEHUG_NO_BOOTSTRAP") != "1", "CASEHUG_NO_BOOTSTRAP must be 1")
_refuse(len(SECRET_KEY) < 50, "CASEHUG_SECRET_KEY is missing or shorter than 50 characters")
_refuse(not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS, "CASEHUG_HOSTS must list the host names")
_refuse(not CASEHUG_KEK or not CASEHUG_INDEX_KEY or not CASEHUG_AUDIT_KEY, "an encryption key is missing")
_refuse("development:" in CASEHUG_KEK, "CASEHUG_KEK holds a development key")
_refuse("OAUTHLIB_INSECURE_TRANSPORT" in os.environ, "OAUTHLIB_INSECURE_TRANSPORT is set")
_refuse(bool(env("CASEHUG_STANDIN_URL", default="")), "a stand-in is configured")
_refuse(bool(env("CASEHUG_OUTBOUND_LOCAL", default="") or env("CASEHUG_OUTBOUND_CA", default="")), "local listeners")
_refuse(bool(env("CASEHUG_CHECKPOINT_OBSERVERS", default="")), "checkpoint observers are configured")
_refuse(not CASEHUG_BASE_URL.startswith("https://"), "CASEHUG_BASE_URL must be https")
for _url in (LAWMATICS_API_URL, LAWMATICS_AUTHORIZE_URL, LAWMATICS_TOKEN_URL):
    _refuse(urlsplit(_url).scheme != "https", "a Lawmatics URL is not https")
_refuse(urlsplit(LEXAMICA_BASE_URL or "https:").scheme != "https", "LEXAMICA_BASE_URL is not https")
_options = DATABASES["default"]["OPTIONS"]
_near = DATABASES["default"]["HOST"] in ("", "127.0.0.1", "localhost", "postgres")
_refuse(
    not _near and _options.get("sslmode") not in ("require", "verify-ca", "verify-full"),
    "a remote PostgreSQL needs sslmode=require or stronger in DATABASE_URL",
)

CSRF_TRUSTED_ORIGINS = [CASEHUG_BASE_URL]
SECURE_SSL_REDIRECT = env.bool("CASEHUG_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours stand in front; the outermost must add the caller's address to X-Forwarded-For.
CASEHUG_PROXIES = env.int("CASEHUG_PROXIES", default=1)
MIDDLEWARE = ["casehug.firms.middleware.ClientAddressMiddleware", *MIDDLEWARE]
SECURE_HSTS_SECONDS, SECURE_HSTS_INCLUDE_SUBDOMAINS, SECURE_HSTS_PRELOAD = 31_536_000, True, True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
EMAIL_BACKEND = env("CASEHUG_MAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
vars().update(env.email_url("EMAIL_URL", default="smtp://127.0.0.1:25"))
LOGGING = logging_config(json=True)
