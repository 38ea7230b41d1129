"""Erase what the connections hold of a client; list the records that the firm has to delete at the providers itself."""

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q

from casehug.common.encryption import DecryptionError
from casehug.common.models import WorkItem
from casehug.data_duties.erasure.subject import Result, Subject, holds
from casehug.outbox.models import OutboxEvent
from integrations.inbound import quarantine, store
from integrations.models import (
    BulkRow,
    CallRecord,
    ContactKey,
    ExternalLink,
    InboundEvent,
    MatterReading,
    QuarantinedEvent,
    RemoteIntent,
    SyncLog,
    WebhookAttempt,
    WebhookDelivery,
)

Remote = set[tuple[str, str]]  # (kind, id)


def erase(subject: Subject, result: Result) -> None:
    """Delete links, intents, calls, payloads and deliveries of the client; the log keeps its lines, ids only."""
    remote = _remote(subject, result)
    matters, mine = subject.of("matter"), subject.everything()
    # A run about a referral, its news or its files names that record instead of a matter.
    result.delete("Records of calls", CallRecord.objects.filter(matter_id__in=mine))
    runs = {*WorkItem.objects.filter(subject_id__in=mine).values_list("id", flat=True),
            *_writes(subject).values_list("work_item_id", flat=True)}  # fmt: skip
    result.delete("Records of writes", _writes(subject))
    result.delete("Links to records", ExternalLink.objects.filter(local_id__in=mine))
    contacts = {one for kind, one in remote if kind == "contact"}
    shared = set(ExternalLink.objects.filter(local_type="contact").values_list("external_id", flat=True))
    result.delete("Keys of contacts", ContactKey.objects.filter(external_id__in=contacts - shared - {""}))
    readings = {one for kind, one in remote if kind == "matter"}
    result.delete("Readings of matters", MatterReading.objects.filter(external_id__in=readings))
    lines = SyncLog.objects.filter(Q(matter_id__in=mine) | Q(work_item_id__in=runs)).exclude(error_text="")
    result.note("Texts of the sync log", lines.update(error_text=""))
    rows = BulkRow.objects.filter(matter_id__in=matters)
    result.note("Rows of bulk syncs", rows.update(person=None, digest=None, contact_id="", error_text=""))
    _incoming(subject, remote, result)
    _outgoing(subject, result)


def _writes(subject: Subject) -> Any:
    return RemoteIntent.objects.filter(Q(matter_id__in=subject.of("matter")) | Q(subject_id__in=subject.everything()))


def _remote(subject: Subject, result: Result) -> Remote:
    """List what lies at the providers; records that another client's link also names stay out of the list."""
    mine = subject.everything()
    links = ExternalLink.objects.filter(local_id__in=mine).select_related("connection")
    others = set(ExternalLink.objects.exclude(local_id__in=mine).values_list("local_type", "external_id"))
    found: Remote = set()

    def add(where: str, account: str, kind: str, record: str) -> None:
        if record and (kind, record) not in found and (kind, record) not in others:
            result.remote.append({"where": where, "account": account, "kind": kind, "id": record})
        found.add((kind, record))

    for link in links.order_by("local_type", "external_id"):
        for record in (link.external_id, *(str(one) for one in link.review_ids)):
            add(link.connection.provider, link.remote_firm, link.local_type, record)
    writes = _writes(subject).select_related("connection")
    for intent in writes.exclude(remote_id="").order_by("kind", "remote_id"):
        add(intent.connection.provider, intent.connection.remote_firm, intent.kind, intent.remote_id)
    return found - {(kind, "") for kind, _ in found}


def _incoming(subject: Subject, remote: Remote, result: Result) -> None:
    marks = subject.marks()
    named = Q(matter_id__in=subject.of("matter")) | Q(client_id=subject.client.id)
    named |= Q(matter_external_id__in=[one for kind, one in remote if kind == "matter"])
    named |= Q(contact_external_id__in=[one for kind, one in remote if kind == "contact"])
    ids = set(InboundEvent.objects.filter(named).values_list("id", flat=True))
    others = InboundEvent.objects.filter(payload__isnull=False).exclude(id__in=ids)
    ids |= set(_holding(others, store.open_payload, marks))
    events = InboundEvent.objects.filter(id__in=ids).filter(Q(payload__isnull=False) | ~Q(decision={}))
    count = events.update(payload=None, headers={}, decision={}, reason="")
    result.note("Contents of incoming events", count)
    WorkItem.objects.filter(kind="inbound_event", subject_id__in=ids, status__in=("ready", "held")).update(
        status="cancelled"
    )
    result.watch(ids)
    unverified = QuarantinedEvent.objects.filter(body__isnull=False)
    bad = [*_holding(unverified, quarantine.open_body, [*marks, *(f'"{one}"' for _, one in remote)])]
    result.delete("Unverified events", QuarantinedEvent.objects.filter(id__in=bad))


def _holding(rows: Any, opened: Any, marks: Iterable[str]) -> Iterator[uuid.UUID]:
    """Yield the rows whose sealed body holds a mark. One that no longer opens cannot show anybody anything."""
    for row in rows.iterator(chunk_size=500):
        try:
            body = opened(row)
        except DecryptionError:
            continue
        if body and holds(body.decode("utf-8", "replace"), marks):
            yield row.id


def _outgoing(subject: Subject, result: Result) -> None:
    ids = [str(one) for one in subject.everything()]
    events = OutboxEvent.objects.filter(subject_id__in=ids).values_list("id", flat=True)
    named = set(events)
    for event_id, data in (
        OutboxEvent.objects.exclude(id__in=named).exclude(data={}).values_list("id", "data").iterator()
    ):
        if any(one in ids for one in data.values() if isinstance(one, str)):
            named.add(event_id)
    deliveries = list(WebhookDelivery.objects.filter(event_id__in=named).values_list("id", flat=True))
    WorkItem.objects.filter(subject_id__in=deliveries, status__in=("ready", "held")).update(status="cancelled")
    result.watch([*deliveries, *named])
    result.delete("Attempts of webhooks", WebhookAttempt.objects.filter(delivery_id__in=deliveries))
    result.delete("Deliveries of webhooks", WebhookDelivery.objects.filter(id__in=deliveries))
