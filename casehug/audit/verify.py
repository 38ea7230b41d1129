"""The verifier: walks a firm's chain from its first entry and compares it with heads kept outside the database."""

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from casehug.audit.chain import entry_digest
from casehug.audit.heads import Head
from casehug.audit.models import AuditEntry

REPORT_EVERY = 2000


@dataclass(frozen=True)
class Verdict:
    """What the verifier found: entries walked, heads from outside that agreed, and the first fault in words."""

    entries: int
    heads: int
    fault: str = ""


def verify_firm(heads: Sequence[Head] = (), *, progress: Callable[[int], None] | None = None) -> Verdict:
    """Check the chain of the scope's firm from the start, and each head from outside against it.

    Names the first fault: an altered or missing entry, or an end that was cut off or replaced since a head was taken.
    """
    waiting: dict[int, list[Head]] = {}
    for head in heads:  # two of one entry may differ: after a restored backup the chain grows another way
        waiting.setdefault(head.seq, []).append(head)
    previous, count, agreed = b"", 0, 0
    for entry in AuditEntry.objects.order_by("seq").iterator(chunk_size=2000):
        if entry.seq != count + 1:
            return Verdict(count, agreed, f"entry {count + 1} is missing")
        if not hmac.compare_digest(bytes(entry.digest), entry_digest(previous, entry)):
            return Verdict(count, agreed, f"entry {entry.seq} was altered")
        previous, count = bytes(entry.digest), count + 1
        for outside in waiting.pop(entry.seq, ()):
            if not hmac.compare_digest(outside.digest, previous.hex()):
                return Verdict(count, agreed, f"entry {entry.seq} is not the one noted outside on {outside.at}")
            agreed += 1
        if progress is not None and count % REPORT_EVERY == 0:
            progress(count)
    if waiting:
        last = waiting[max(waiting)][-1]
        cut = f"entry {count + 1} and later ones are missing: entry {last.seq} was noted outside on {last.at}"
        return Verdict(count, agreed, cut)
    return Verdict(count, agreed)
