"""Django settings that all stand-ins share: a plain web toolkit, without auth, sessions or a Django database."""

import os
import secrets

SECRET_KEY = secrets.token_hex(32)  # nothing is signed with it; it only has to exist
DEBUG = False
# Loopback names always; more names (a container's) come from the environment. A foreign Host is a rebinding attempt.
ALLOWED_HOSTS = [
    "127.0.0.1",
    "localhost",
    "[::1]",
    *filter(None, os.environ.get("SANDBOX_ALLOWED_HOSTS", "").split(",")),
]
INSTALLED_APPS: list[str] = []
DATABASES: dict[str, dict[str, str]] = {}
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False}},
}
