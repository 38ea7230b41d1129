"""When two deliveries tell the same: a digest of an event's content, whichever way it came."""

import hashlib
import json

from integrations.contract.changes import Change


def content_of(change: Change) -> str:
    """Return the digest of what an event of a referral tells, "" for any other event.

    Its id, its time and a file's address differ from delivery to delivery and do not count.
    """
    if change.news is None:
        return ""
    passing = change.news.file.url if change.news.file else ""
    told = {name: value for name, value in (change.extra or {}).items() if not (passing and value == passing)}
    text = json.dumps([change.event_type.casefold(), told], sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
