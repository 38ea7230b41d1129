"""Settings of the test suite: local settings with the network closed except loopback."""

from casehug.settings.local import *  # noqa: F403
from casehug.settings.local import env

ALLOWED_HOSTS = ["*"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CHECKPOINT_OBSERVERS = env.list("CASEHUG_CHECKPOINT_OBSERVERS", default=[])
# Proofs kill workers and wait for what follows: the same machinery on a faster clock.
WORK_LEASE_SECONDS = env.float("CASEHUG_LEASE_SECONDS", default=150)
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
