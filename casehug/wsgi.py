"""WSGI entry for gunicorn. Everything is loaded before the workers fork: once, and shared by them."""

import gc
import os

# Nothing that is loaded at the start is garbage: looking through it again and again is a fifth of the imports.
gc.disable()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import get_resolver  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casehug.settings.local")
application = get_wsgi_application()


def _prepare_database() -> None:
    """Refuse to serve with a database role that could see other firms' rows; an absent database is no refusal."""
    from django.db import OperationalError, connection

    from casehug.common import silence
    from casehug.common.role_check import refuse_bad_role

    silence.limit_waiting()
    try:
        refuse_bad_role()
    except OperationalError:
        return  # `/readyz` says so until it is back
    finally:
        connection.close()  # before gunicorn forks


_prepare_database()
_ = get_resolver().url_patterns  # imports every page; left to the first request, each worker would do it for itself
gc.freeze()  # never looked through again: no long pauses, and the workers keep sharing the memory
gc.enable()
