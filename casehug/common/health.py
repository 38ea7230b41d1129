"""`/healthz` (the process answers) and `/readyz` (database role, migrations, broker): no client data, no versions."""

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse

from casehug.common.role_check import role_problems


def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the process can answer at all."""
    return JsonResponse({"ok": True})


def _database() -> str:
    try:
        problems = role_problems()
    except Exception:
        connection.close()
        return "unreachable"
    return "ok" if not problems else "refused"


def _broker() -> str:
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1).ping()
    except (redis.RedisError, OSError):
        return "unreachable"
    return "ok"


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers with the right role. A missing broker delays work but loses none: still ready."""
    parts = {"database": _database(), "broker": _broker()}
    ready = parts["database"] == "ok"
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)
