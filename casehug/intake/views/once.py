"""One effect per form: double click, reload and back button send the same key again."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest

from casehug.common import throttle

KEPT_SECONDS = 24 * 3600
ALREADY = "This was already saved; nothing was done twice."


def _take(request: HttpRequest) -> bool:
    key = request.POST.get("idempotency_key", "")
    full = f"{request.user.pk}:{key}"
    return not key or not throttle.hit(name="form", key=full, limit=1, window_seconds=KEPT_SECONDS)


def first_time(request: HttpRequest) -> bool:
    """Take the form's key; return False when it was used before, and tell the person so.

    The row is locked until the transaction ends: a second press that runs at the same time waits for the first one.
    """
    if _take(request):
        return True
    messages.info(request, ALREADY)
    return False


def was_used(request: HttpRequest) -> bool:
    """Tell whether the form's key was taken before, without taking it (the form may still lead to a question)."""
    with transaction.atomic():
        used = not _take(request)
        transaction.set_rollback(True)
    return used
