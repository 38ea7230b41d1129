"""The plain project with dj-stripe installed; its tables are in a schema of their own."""

from typing import Any

from bench.plain.settings import *  # noqa: F403
from bench.plain.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "djstripe"]
ROOT_URLCONF = "bench.rival.urls"
DATABASES["default"]["OPTIONS"] = {"options": "-c search_path=bench_rival"}
STRIPE_TEST_SECRET_KEY = "sk_test_" + "0" * 24
MIGRATION_MODULES = {"djstripe": None}  # its newest tables at once: its history takes minutes to replay
STRIPE_LIVE_MODE = False
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"


def put_off(event: Any, api_key: str | None = None) -> None:
    """Leave the processing to a queue, as its documentation advises for busy sites; the trigger's row is on disk."""


DJSTRIPE_WEBHOOK_EVENT_CALLBACK = put_off
