"""Heads of the audit chains, written outside the database: a chain alone does not notice that its end was cut off.

One JSON line per firm and hour in which something happened, in the file `AUDIT_HEADS_FILE` and in the log stream.
"""

import json
import os
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings

from casehug.audit.models import AuditEntry
from casehug.common import throttle
from casehug.common.scope import current_firm_id, firm_scope
from casehug.common.ticks import firm_ids
from casehug.common.work import database_now

log = structlog.get_logger(__name__)
EVENT = "audit.head"
EVERY_SECONDS = 3600
RECENT = timedelta(seconds=3 * EVERY_SECONDS)


@dataclass(frozen=True)
class Head:
    """The last entry of a firm's chain as it was seen at a moment."""

    seq: int
    digest: str
    at: str


class BadHeads(ValueError):
    """A file of heads cannot be read."""


def heads_file() -> Path:
    """Return where the heads are written: `AUDIT_HEADS_FILE`, else beside the uploads."""
    return Path(settings.AUDIT_HEADS_FILE or Path(settings.CASEHUG_MEDIA_DIR) / "audit-heads.jsonl")


def write_head(now: datetime) -> bool:
    """Write the head of the scope's firm if its chain moved lately; returns whether a line was written."""
    last = AuditEntry.objects.order_by("-seq").values("seq", "digest", "created_at").first()
    if last is None or last["created_at"] < now - RECENT:
        return False
    line = {"event": EVENT, "firm": str(current_firm_id()), "seq": last["seq"], "head": bytes(last["digest"]).hex(),
            "timestamp": now.isoformat()}  # fmt: skip
    path = heads_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    # One write in append mode: two processes never mix their lines.
    target = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(target, (json.dumps(line) + "\n").encode())
        os.fsync(target)
    finally:
        os.close(target)
    log.info(EVENT, firm=line["firm"], seq=line["seq"], head=line["head"])
    return True


def tick() -> int:
    """Tick: once an hour and firm, write the head outside the database. Returns how many were written."""
    written = 0
    for firm_id in firm_ids():
        with firm_scope(firm_id):
            if throttle.hit(name=EVENT, key=str(firm_id), limit=1, window_seconds=EVERY_SECONDS) == 0:
                written += write_head(database_now())
    return written


def read_heads(paths: Iterable[Path]) -> dict[uuid.UUID, list[Head]]:
    """Return the heads in files of ours or in log files, by firm; other lines are passed over, as is a torn last one.

    Raises `BadHeads` for a file that cannot be read.
    """
    found: dict[uuid.UUID, list[Head]] = defaultdict(list)
    for path in paths:
        try:
            with path.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    _take(line, found)
        except OSError as error:
            raise BadHeads(f"{path} cannot be read: {error.strerror}.") from error
    return dict(found)


def _take(line: str, found: dict[uuid.UUID, list[Head]]) -> None:
    if EVENT not in line:
        return
    try:
        given = json.loads(line)
        if given["event"] == EVENT:
            head = Head(int(given["seq"]), str(given["head"]), str(given.get("timestamp", "")))
            found[uuid.UUID(given["firm"])].append(head)
    except (ValueError, KeyError, TypeError):
        return


def own_heads() -> dict[uuid.UUID, list[Head]]:
    """Return the heads of the installation's own file; nothing when it was not written yet."""
    path = heads_file()
    return read_heads([path]) if path.exists() else {}
