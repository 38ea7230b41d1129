"""WSGI entry for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "casehug.settings.local")
application = get_wsgi_application()


def _refuse_bad_role() -> None:
    """Refuse to serve with a database role that could see other firms' rows; an absent database is no refusal."""
    from django.db import OperationalError, connection

    from casehug.common.role_check import refuse_bad_role

    try:
        refuse_bad_role()
    except OperationalError:
        return  # `/readyz` says so until it is back
    finally:
        connection.close()  # before gunicorn forks


_refuse_bad_role()
