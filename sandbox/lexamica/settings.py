"""Django settings of the stand-in for Lexamica: a plain web toolkit, without auth, sessions or a Django database."""

import os
import secrets
from pathlib import Path

BASE = Path(__file__).resolve().parent

SECRET_KEY = secrets.token_hex(32)  # nothing is signed with it; it only has to exist
DEBUG = False
# Loopback names always; more names (a container's) come from the environment. A foreign Host is a rebinding attempt.
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *filter(None, os.environ.get("SANDBOX_ALLOWED_HOSTS", "").split(",")),
]
ROOT_URLCONF = "sandbox.lexamica.urls"
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, dict[str, str]] = {}
MIDDLEWARE = ["sandbox.lexamica.guard.Guard"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "screen" / "templates", BASE.parent / "lawmatics" / "screen" / "templates"],
        "OPTIONS": {"autoescape": True},
    }
]
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
# The server bounds bodies; this must let a file pass that is just too large, so that it gets its 413.
DATA_UPLOAD_MAX_MEMORY_SIZE = 96 * 1024 * 1024
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}
