"""One effect per form: double click, reload and back button send the same key again."""

from django.contrib import messages
from django.http import HttpRequest

from casehug.common import throttle

KEPT_SECONDS = 24 * 3600
ALREADY = "This was already saved; nothing was done twice."


def first_time(request: HttpRequest) -> bool:
    """Take the form's key; return False when it was used before, and tell the person so.

    The row is locked until the transaction ends: a second press that runs at the same time waits for the first one.
    """
    key = request.POST.get("idempotency_key", "")
    if not key or not throttle.hit(name="form", key=f"{request.user.pk}:{key}", limit=1, window_seconds=KEPT_SECONDS):
        return True
    messages.info(request, ALREADY)
    return False
