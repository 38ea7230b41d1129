"""Outgoing records beside their intent: what was sent is known while the answer is missing. A file keeps its facts."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, BinaryIO

from integrations.contract.http import OutgoingFile
from integrations.contract.records import Leaf, Source
from integrations.contract.referrals import (
    AnswerRecord,
    FileRecord,
    OutgoingRecord,
    ReferralRecord,
    RemovalRecord,
    UpdateRecord,
)

KINDS: dict[str, type] = {
    one.__name__: one for one in (ReferralRecord, AnswerRecord, UpdateRecord, FileRecord, RemovalRecord)
}


def freeze(record: OutgoingRecord) -> list[Any]:
    """Return a record as JSON values."""
    return [type(record).__name__, {one.name: _plain(getattr(record, one.name)) for one in fields(record)}]


def thaw(raw: list[Any]) -> OutgoingRecord:
    """Return the record of what `freeze` gave; its file can no longer be opened."""
    found: OutgoingRecord = KINDS[raw[0]](**{name: _value(value) for name, value in raw[1].items()})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Leaf):
        return {"leaf": [value.value, str(value.source), value.reference]}
    if isinstance(value, OutgoingFile):
        return {"file": [value.name, value.content_type, value.size]}
    if isinstance(value, Mapping):
        return {"leaves": {key: _plain(one) for key, one in value.items()}}
    return value


def _value(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    ((kind, value),) = raw.items()
    if kind == "leaf":
        return Leaf(value[0], Source(value[1]), value[2])
    if kind == "file":
        return OutgoingFile(value[0], value[1], value[2], _closed)
    return {key: _value(one) for key, one in value.items()}


def _closed() -> BinaryIO:
    raise RuntimeError("only the facts of a file that was sent are kept")
