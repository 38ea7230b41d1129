"""The operator's pause of everything outgoing: while its row exists, no row that calls out is rung or claimed.

It stops work rows only: what a person opens or presses on a connection's own pages still asks there.
"""

from datetime import datetime

from casehug.common.models import Standstill
from casehug.common.work import notify


def paused_since() -> datetime | None:
    """Return since when everything outgoing is paused, None when it is not."""
    return Standstill.objects.values_list("since", flat=True).first()


def pause_outgoing() -> bool:
    """Pause everything outgoing; what has begun ends by itself. Returns False when it was paused."""
    return bool(Standstill.objects.get_or_create(id=1)[1])


def resume_outgoing() -> bool:
    """Let everything go on. Returns False when nothing was paused."""
    gone, _ = Standstill.objects.all().delete()
    notify()
    return bool(gone)
