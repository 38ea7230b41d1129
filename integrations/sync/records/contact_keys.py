"""The mutex for "two matters, same client": one row per e-mail (blind index) and remote firm."""

import uuid

from casehug.common.encryption import blind_index
from casehug.common.models import WorkItem
from casehug.common.work import database_now
from integrations.contract.identity import normalise_email
from integrations.models import Connection, ContactKey, RemoteIntent

CONTACT = "contact"


def _key(connection: Connection, email: str) -> ContactKey:
    index = blind_index("email:" + normalise_email(email))
    ContactKey.objects.bulk_create(
        [ContactKey(remote_firm=connection.remote_firm, email_bidx=index)], ignore_conflicts=True
    )
    found: ContactKey = ContactKey.objects.select_for_update().get(remote_firm=connection.remote_firm, email_bidx=index)
    return found


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
    key = _key(connection, email)
    if key.holder_id not in (None, item.id) and _busy(key.holder_id):
        return None
    if key.holder_id != item.id:
        key.holder_id = item.id
        key.save(update_fields=["holder_id", "updated_at"])
    return key


def known_contact(key: ContactKey, *, name: str) -> str:
    """Return the contact confirmed for this address under the same name, empty when it has to be looked for."""
    if not key.external_id or key.name_bidx is None or bytes(key.name_bidx) != _name_index(name):
        return ""
    return key.external_id


def look_mark(*, connection: Connection, email: str) -> str:
    """Return what a look without a hit is worth: the address, and the contact confirmed for it meanwhile, if any."""
    if not email:
        return ""
    index = blind_index("email:" + normalise_email(email))
    known = ContactKey.objects.filter(remote_firm=connection.remote_firm, email_bidx=index)
    return f"{index.hex()[:20]}:{known.values_list('external_id', flat=True).first() or ''}"


def confirm(*, connection: Connection, email: str, name: str, external_id: str) -> None:
    """Remember the contact of an address, so that a lagging search index cannot lead to a second one."""
    if not email:
        return
    key = _key(connection, email)
    key.external_id, key.name_bidx = external_id, _name_index(name)
    key.save(update_fields=["external_id", "name_bidx", "updated_at"])


def forget(*, connection: Connection, external_id: str) -> None:
    """Forget a contact that the provider no longer knows."""
    rows = ContactKey.objects.filter(remote_firm=connection.remote_firm, external_id=external_id)
    rows.update(external_id="", name_bidx=None)


def release(*, item: WorkItem) -> None:
    """Give back what a row holds, unless its contact call is still in doubt or another claim works on the row now."""
    if not WorkItem.objects.filter(id=item.id, fence=item.fence, status="running").exists():
        return
    doubts = RemoteIntent.objects.filter(work_item_id=item.id, kind=CONTACT, outcome__in=("inflight", "unknown"))
    if not doubts.exists():
        ContactKey.objects.filter(holder_id=item.id).update(holder_id=None)
