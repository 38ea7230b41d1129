"""The mutex for "two matters, same client": one row per e-mail (blind index) and remote firm."""

import uuid
from typing import Any

from django.db import connection as database

from casehug.common.encryption import blind_index
from casehug.common.ids import uuid7
from casehug.common.models import WorkItem
from casehug.common.scope import current_firm_id
from casehug.common.work import database_now
from integrations.contract.identity import normalise_email
from integrations.models import Connection, ContactKey, RemoteIntent

CONTACT = "contact"


_TAKE = """
    INSERT INTO integrations_contactkey AS k (id, firm_id, created_at, updated_at, remote_firm, email_bidx, holder_id,
        external_id)
    VALUES (%(id)s, %(firm)s, now(), now(), %(remote_firm)s, %(index)s, %(holder)s, '')
    ON CONFLICT (firm_id, remote_firm, email_bidx)
    DO UPDATE SET holder_id = coalesce(k.holder_id, excluded.holder_id), updated_at = now() RETURNING *"""
_CONFIRM = """
    INSERT INTO integrations_contactkey AS k (id, firm_id, created_at, updated_at, remote_firm, email_bidx, external_id,
        name_bidx)
    VALUES (%(id)s, %(firm)s, now(), now(), %(remote_firm)s, %(index)s, %(external_id)s, %(name)s)
    ON CONFLICT (firm_id, remote_firm, email_bidx)
    DO UPDATE SET external_id = excluded.external_id, name_bidx = excluded.name_bidx, updated_at = now()"""
_RELEASE = """
    UPDATE integrations_contactkey SET holder_id = NULL WHERE firm_id = %(firm)s AND holder_id = %(item)s
        AND EXISTS (SELECT 1 FROM common_workitem w
            WHERE w.id = %(item)s AND w.fence = %(fence)s AND w.status = 'running')
        AND NOT EXISTS (SELECT 1 FROM integrations_remoteintent i WHERE i.firm_id = %(firm)s
            AND i.work_item_id = %(item)s AND i.kind = 'contact' AND i.outcome IN ('inflight', 'unknown'))"""


def _index(email: str) -> bytes:
    return blind_index("email:" + normalise_email(email))


def _values(connection: Connection, email: str) -> dict[str, Any]:
    return {
        "id": uuid7(), "firm": current_firm_id(), "remote_firm": connection.remote_firm, "index": _index(email),
    }  # fmt: skip


def _name_index(name: str) -> bytes:
    return blind_index("name:" + name)


def _busy(holder: uuid.UUID) -> bool:
    """Tell whether another row is creating this contact: it runs, or its call has no answer yet."""
    running = WorkItem.objects.filter(id=holder, status="running", lease_until__gt=database_now())
    if running.exists():
        return True
    doubts = RemoteIntent.objects.filter(work_item_id=holder, kind=CONTACT, outcome__in=("inflight", "unknown"))
    return bool(doubts.exists())


def take(*, connection: Connection, item: WorkItem, email: str) -> ContactKey | None:
    """Take the mutex of an address for a work row, or return None while another row holds it."""
    (key,) = ContactKey.objects.raw(_TAKE, _values(connection, email) | {"holder": item.id})
    if key.holder_id != item.id:
        if _busy(key.holder_id):
            return None
        key.holder_id = item.id
        key.save(update_fields=["holder_id", "updated_at"])
    found: ContactKey = key
    return found


def known_contact(key: ContactKey, *, name: str) -> str:
    """Return the contact confirmed for this address under the same name, empty when it has to be looked for."""
    if not key.external_id or key.name_bidx is None or bytes(key.name_bidx) != _name_index(name):
        return ""
    return key.external_id


def look_mark(*, connection: Connection, email: str) -> str:
    """Return what a look without a hit is worth: the address, and the contact confirmed for it meanwhile, if any."""
    if not email:
        return ""
    index = _index(email)
    known = ContactKey.objects.filter(remote_firm=connection.remote_firm, email_bidx=index)
    return _mark(index, known.values_list("external_id", flat=True).first() or "")


def mark_of(key: ContactKey) -> str:
    """Return what a look that begins now, without a hit, will be worth; `key` was just taken."""
    return _mark(bytes(key.email_bidx), key.external_id)


def _mark(index: bytes, external_id: str) -> str:
    return f"{index.hex()[:20]}:{external_id}"


def confirm(*, connection: Connection, email: str, name: str, external_id: str) -> None:
    """Remember the contact of an address, so that a lagging search index cannot lead to a second one."""
    if not email:
        return
    values = _values(connection, email) | {"external_id": external_id, "name": _name_index(name)}
    with database.cursor() as cursor:
        cursor.execute(_CONFIRM, values)


def forget(*, connection: Connection, external_id: str) -> None:
    """Forget a contact that the provider no longer knows."""
    rows = ContactKey.objects.filter(remote_firm=connection.remote_firm, external_id=external_id)
    rows.update(external_id="", name_bidx=None)


def release(*, item: WorkItem) -> None:
    """Give back what a row holds, unless its contact call is still in doubt or another claim works on the row now."""
    with database.cursor() as cursor:
        cursor.execute(_RELEASE, {"firm": item.firm_id, "item": item.id, "fence": item.fence})
