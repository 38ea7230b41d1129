"""Settings of a worker whose broker hands out every unfinished message again after one second."""

from casehug.settings import test as _test
from casehug.settings.test import *  # noqa: F403

CELERY_BROKER_TRANSPORT_OPTIONS = {**_test.CELERY_BROKER_TRANSPORT_OPTIONS, "visibility_timeout": 1}  # type: ignore[attr-defined]
