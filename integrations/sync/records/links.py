"""The link store: which remote record stands for which local one, and what was confirmed there last."""

import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from casehug.common.encryption import blind_index
from casehug.common.rows import insert
from casehug.common.scope import current_firm_id
from casehug.common.work import database_now
from integrations.contract.operations import RemoteRef
from integrations.models import Connection, ExternalLink

_OF = """
    SELECT l.* FROM unnest(%s::text[], %s::uuid[]) AS own(kind, id) JOIN integrations_externallink l
    ON l.firm_id = %s AND l.remote_firm = %s AND l.local_type = own.kind AND l.local_id = own.id"""
_OF_LOCKED = _OF + " FOR UPDATE OF l"
LATE_DUPLICATE = "late_duplicate"
REFUSED = "refused:"
"""Fingerprint keys of values that the provider did not take; they never count as confirmed."""


def lowest_first(ids: Iterable[str]) -> list[str]:
    """Return remote ids once each, lowest (oldest) first; numbers compare as numbers."""
    return sorted(set(ids), key=lambda one: (not one.isdigit(), len(one) if one.isdigit() else 0, one))


def fingerprint(content: Mapping[str, Any]) -> dict[str, str]:
    """Return one keyed hash per value: equality can be seen, the value cannot."""
    texts = {
        key: json.dumps(value, sort_keys=True, separators=(",", ":"), default=str) for key, value in content.items()
    }
    return {key: blind_index(f"content:{key}:{text}").hex()[:32] for key, text in texts.items()}


def find(*, connection: Connection, local_type: str, local_id: uuid.UUID) -> ExternalLink | None:
    """Return the usable link of a local record in the connected account; broken ones do not count."""
    return next((link for link in _rows(_OF, connection, [local_type], [local_id]) if link.broken_at is None), None)


def find_all(*, connection: Connection, records: Mapping[str, tuple[str, uuid.UUID]]) -> dict[str, ExternalLink]:
    """Return the usable links of several local records (type and id, by any key) with one query."""
    rows = _rows(_OF, connection, [kind for kind, _ in records.values()], [one for _, one in records.values()])
    found = {(link.local_type, link.local_id): link for link in rows if link.broken_at is None}
    return {key: found[record] for key, record in records.items() if record in found}


def lock(*, connection: Connection, local_type: str, local_id: uuid.UUID) -> ExternalLink | None:
    """Return the link of a local record, also a broken one, for update."""
    return next(iter(_rows(_OF_LOCKED, connection, [local_type], [local_id])), None)


def _rows(sql: str, connection: Connection, types: list[str], ids: list[uuid.UUID]) -> list[ExternalLink]:
    """Read links in plain SQL: a run asks for them before and after every step."""
    firm_id = current_firm_id()
    return list(ExternalLink.objects.raw(sql, [types, ids, firm_id, connection.remote_firm]))


def fresh(*, connection: Connection, local_type: str, local_id: uuid.UUID) -> ExternalLink:
    """Return the link of a record that has none yet, for `save` to fill and store."""
    return ExternalLink(
        connection=connection, remote_firm=connection.remote_firm, local_type=local_type, local_id=local_id
    )


def save(
    *,
    connection: Connection,
    local_type: str,
    local_id: uuid.UUID,
    ref: RemoteRef,
    how: str,
    content: Mapping[str, Any] | None = None,
    needs_review: str = "",
    review_ids: Iterable[str] = (),
    row: ExternalLink | None = None,
) -> ExternalLink:
    """Create or move the link of a local record. Already linked to another record: the lowest id stays.

    `row`: what `lock` returned, or `fresh` in its place, when the caller has asked already.
    """
    if row is None:
        row = lock(connection=connection, local_type=local_type, local_id=local_id)
    link = row or fresh(connection=connection, local_type=local_type, local_id=local_id)
    chosen, both = ref.id, list(review_ids)
    if link.external_id and link.broken_at is None and ref.id and link.external_id != ref.id:
        both = lowest_first([link.external_id, ref.id, *link.review_ids, *both])
        chosen, needs_review = both[0], LATE_DUPLICATE
    if link.broken_at is not None and not needs_review:
        link.needs_review = ""  # what was to be looked at was the record that is gone
    link.external_id = chosen or link.external_id
    link.how, link.label, link.broken_at = how, ref.label or link.label, None
    if needs_review:
        link.needs_review, link.review_ids = needs_review, both
    if content is not None:
        link.fingerprint = _confirmed(link, content)
    if link._state.adding:
        insert([link])
    else:
        link.save()
    return link


def flag_late_duplicate(link: ExternalLink, ids: Iterable[str]) -> None:
    """Move a link to the lowest of several records that one call left behind, and flag all of them for a person."""
    ordered = lowest_first([*ids, *([link.external_id] if link.external_id else [])])
    link.external_id, link.needs_review, link.review_ids = ordered[0], LATE_DUPLICATE, ordered
    link.save(update_fields=["external_id", "needs_review", "review_ids", "updated_at"])


def confirm_content(link: ExternalLink, content: Mapping[str, Any]) -> None:
    """Remember what the provider confirmed last."""
    link.fingerprint = _confirmed(link, content)
    link.save(update_fields=["fingerprint", "updated_at"])


def changed_keys(link: ExternalLink, content: Mapping[str, Any], *, again: bool = False) -> frozenset[str]:
    """Return which values differ from what was confirmed last; a value that is gone counts as changed.

    What the provider refused with this very value does not count, unless it is to be tried `again`.
    """
    now = fingerprint(content)
    known = {key: mark for key, mark in link.fingerprint.items() if not key.startswith(REFUSED)}
    changed = frozenset(key for key in {*now, *known} if now.get(key) != known.get(key))
    return changed if again else changed - refused_keys(link, content)


def refused_keys(link: ExternalLink, content: Mapping[str, Any]) -> frozenset[str]:
    """Return which of these values the provider refused before, as they are now."""
    marks = {key.removeprefix(REFUSED): mark for key, mark in link.fingerprint.items() if key.startswith(REFUSED)}
    now = fingerprint({key: value for key, value in content.items() if key in marks})
    return frozenset(key for key, mark in now.items() if mark == marks[key])


def keep_refused(link: ExternalLink, content: Mapping[str, Any]) -> None:
    """Remember values that the provider did not take, hashed like the confirmed ones."""
    marks = {f"{REFUSED}{key}": mark for key, mark in fingerprint(content).items()}
    if not marks.items() <= link.fingerprint.items():
        link.fingerprint = {**link.fingerprint, **marks}
        link.save(update_fields=["fingerprint", "updated_at"])


def _confirmed(link: ExternalLink, content: Mapping[str, Any]) -> dict[str, str]:
    """Return the fingerprint after a confirmation: a value that now stands there is no longer a refused one."""
    kept = {key: mark for key, mark in link.fingerprint.items()
            if key.startswith(REFUSED) and key.removeprefix(REFUSED) not in content}  # fmt: skip
    return {**fingerprint(content), **kept}


def mark_broken(link: ExternalLink) -> None:
    """Stop using a link whose record the provider no longer knows; the row stays as history."""
    link.broken_at = database_now()
    link.save(update_fields=["broken_at", "updated_at"])
