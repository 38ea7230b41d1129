"""Settings of a worker that never notices a broker gone silent: no timeouts, no health checks, no canary."""

from casehug.common import canary
from casehug.settings import test as _test
from casehug.settings.test import *  # noqa: F403

_OFF = {"socket_timeout": None, "socket_keepalive": False, "health_check_interval": 0}
CELERY_BROKER_TRANSPORT_OPTIONS = {**_test.CELERY_BROKER_TRANSPORT_OPTIONS, **_OFF}  # type: ignore[attr-defined]
canary.LIMIT_SECONDS = 10.0**9
canary.watch = lambda *_, **__: None  # type: ignore[assignment]
