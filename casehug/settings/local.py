"""Local runs: loopback without TLS, embedded servers, stand-ins, mails into a folder."""

from casehug.settings.base import *  # noqa: F403
from casehug.settings.base import CASEHUG_BASE_URL, ROOT, env
from casehug.settings.logs import logging_config

CASEHUG_LOCAL = True
OPERATOR_STRICT = False
CASEHUG_STANDIN_URL = env("CASEHUG_STANDIN_URL", default="")
SECRET_KEY = env("CASEHUG_SECRET_KEY", default="local-only-not-a-secret-" + "x" * 40)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
CSRF_TRUSTED_ORIGINS = [CASEHUG_BASE_URL]
# Loopback has no TLS: the cookies lose the __Host- name and the Secure flag, nothing else changes.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "casehug_session", "casehug_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # passkeys work on http://localhost, not on an address of numbers
# Measurements let a minute of the providers' limits last shorter, here and in the stand-in alike.
LIMIT_MINUTE_SECONDS = env.float("CASEHUG_LIMIT_MINUTE", default=60.0)
STATIC_ROOT = None  # type: ignore[assignment]  # files come from their sources; nothing is collected locally
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = env.bool("CASEHUG_AUTORELOAD", default=False)
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = env("CASEHUG_MAIL_DIR", default=str(ROOT / ".casehug" / "mails"))  # a run names its own
_DEVELOPMENT_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
CASEHUG_KEK = env("CASEHUG_KEK", default=f"development:{_DEVELOPMENT_KEY}")
CASEHUG_INDEX_KEY = env("CASEHUG_INDEX_KEY", default=_DEVELOPMENT_KEY)
CASEHUG_AUDIT_KEY = env("CASEHUG_AUDIT_KEY", default=_DEVELOPMENT_KEY)
# Listeners of this run for outgoing webhooks, as host:port, and a certificate authority of theirs.
OUTBOUND_LOCAL_TARGETS = env.list("CASEHUG_OUTBOUND_LOCAL", default=[])
OUTBOUND_CA_FILE = env("CASEHUG_OUTBOUND_CA", default="")
# Files of the local stand-in for referrals are fetched from there.
if (_exchange := env("LEXAMICA_BASE_URL", default="")).startswith("http://127.0.0.1:"):
    OUTBOUND_LOCAL_TARGETS = [*OUTBOUND_LOCAL_TARGETS, _exchange.split("://", 1)[-1].rstrip("/")]
if CASEHUG_STANDIN_URL:
    OUTBOUND_LOCAL_TARGETS = [*OUTBOUND_LOCAL_TARGETS, CASEHUG_STANDIN_URL.split("://", 1)[-1].rstrip("/")]
    LAWMATICS_WEB_URL = env("LAWMATICS_WEB_URL", default=CASEHUG_STANDIN_URL + "/crm")
LOGGING = logging_config(json=False)
