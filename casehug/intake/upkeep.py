"""Periodic care of the upload folder (settings `TICKS`)."""

import time
from pathlib import Path

from casehug.common.scope import firm_scope
from casehug.common.ticks import firm_ids, tick_lock
from casehug.intake.services.upload_slots import remove_old_slots
from casehug.intake.services.uploads import media_root, remove_orphans

EVERY_SECONDS = 24 * 3600


def _is_due(stamp: Path) -> bool:
    return not stamp.exists() or stamp.stat().st_mtime < time.time() - EVERY_SECONDS


def remove_stray_uploads() -> None:
    """Once a day and firm: delete files whose transaction was rolled back, so that no row names them."""
    for firm_id in firm_ids():
        stamp = media_root() / str(firm_id) / ".swept"
        if not stamp.parent.is_dir() or not _is_due(stamp):
            continue
        with tick_lock(f"uploads:{firm_id}") as mine:
            if mine:
                with firm_scope(firm_id):
                    remove_old_slots()
                    remove_orphans()
                stamp.touch()
