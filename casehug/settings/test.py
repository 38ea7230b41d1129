"""Settings of the test suite: local settings with the network closed except loopback."""

from casehug.settings.local import *  # noqa: F403
from casehug.settings.local import env

ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CHECKPOINT_OBSERVERS = env.list("CASEHUG_CHECKPOINT_OBSERVERS", default=[])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
