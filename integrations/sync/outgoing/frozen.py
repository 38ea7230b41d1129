"""What was sent, sealed beside its intent while the answer is missing: the client's data may change here meanwhile."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from casehug.common.encryption import seal, unseal
from casehug.common.secret import Secret
from integrations.contract.records import ContactRecord, CustomValue, Leaf, MatterRecord, NoteRecord, Snapshot, Source
from integrations.contract.referrals import RECORD
from integrations.sync.outgoing import frozen_records

TABLE, COLUMN = "integrations_remoteintent", "frozen"


@dataclass(frozen=True)
class Thawed:
    """A snapshot as it was sent, and for an update the values that it changed."""

    snapshot: Snapshot
    changed: frozenset[str]


def _leaf(leaf: Leaf) -> list[Any]:
    return [leaf.value, str(leaf.source), leaf.reference]


def _fields(values: Iterable[CustomValue]) -> list[Any]:
    return [[_leaf(one.field_id), _leaf(one.value)] for one in values]


def freeze(snapshot: Snapshot, changed: frozenset[str], *, intent_id: uuid.UUID) -> bytes:
    """Return the snapshot sealed for exactly this intent."""
    contact, matter, note = snapshot.contact, snapshot.matter, snapshot.note
    plain = {
        "contact": [contact.local_id, _leaf(contact.first_name), _leaf(contact.last_name), _leaf(contact.email),
                    _leaf(contact.phone), _fields(contact.custom_fields)],
        "matter": [matter.local_id, _leaf(matter.title), _leaf(matter.practice_area_id), _leaf(matter.stage_id),
                   _fields(matter.custom_fields)],
        "note": [note.local_id, note.kind, _leaf(note.name), _leaf(note.body)] if note else None,
        "extra": {key: _leaf(value) for key, value in snapshot.extra.items() if key != RECORD},
        "record": frozen_records.freeze(snapshot.extra[RECORD]) if RECORD in snapshot.extra else None,
        "changed": sorted(changed),
    }  # fmt: skip
    return seal(Secret(json.dumps(plain)), table=TABLE, column=COLUMN, row_id=intent_id)


def _thaw_leaf(raw: list[Any]) -> Leaf:
    value = tuple(raw[0]) if isinstance(raw[0], list) else raw[0]  # several options: JSON knows no tuple
    return Leaf(value, Source(raw[1]), raw[2])


def _thaw_fields(raw: list[Any]) -> tuple[CustomValue, ...]:
    return tuple(CustomValue(_thaw_leaf(key), _thaw_leaf(value)) for key, value in raw)


def _record(raw: list[Any] | None) -> dict[str, Any]:
    return {RECORD: frozen_records.thaw(raw)} if raw else {}


def thaw(blob: bytes, *, intent_id: uuid.UUID) -> Thawed:
    """Open what `freeze` sealed. Raises `DecryptionError` on anything else."""
    plain = json.loads(unseal(blob, table=TABLE, column=COLUMN, row_id=intent_id).reveal())
    contact_id, first, last, email, phone, contact_fields = plain["contact"]
    matter_id, title, area, stage, matter_fields = plain["matter"]
    note = plain["note"]
    snapshot = Snapshot(
        contact=ContactRecord(
            contact_id, _thaw_leaf(first), _thaw_leaf(last), _thaw_leaf(email), _thaw_leaf(phone),
            _thaw_fields(contact_fields),
        ),
        matter=MatterRecord(
            matter_id, _thaw_leaf(title), _thaw_leaf(area), _thaw_leaf(stage), _thaw_fields(matter_fields)
        ),
        note=NoteRecord(note[0], note[1], _thaw_leaf(note[2]), _thaw_leaf(note[3])) if note else None,
        extra={key: _thaw_leaf(value) for key, value in plain["extra"].items()} | _record(plain.get("record")),
    )  # fmt: skip
    return Thawed(snapshot, frozenset(plain["changed"]))
