"""Links that a person makes and ends: link a matter there to one here, unlink, and mark a link whose matter is gone.

All inside the firm scope; each is audited. Nothing here calls the provider.
"""

import uuid

from django.db import IntegrityError, transaction

from casehug.audit import services as audit
from casehug.common.models import WorkItem
from casehug.intake.models import Matter
from integrations import queue
from integrations.contract.operations import RemoteRef
from integrations.models import Connection, ExternalLink, MatterReading, RemoteIntent
from integrations.sync.records import links

MATTER = "matter"
BY_HAND = "by_hand"
UNDER_WAY = "A sync of this matter is under way or its last outcome is still being checked. Try again when it is done."
LOCAL_LINKED = "This matter is linked to another record already. Unlink it first."
REMOTE_LINKED = "That record is linked to another matter already. Unlink that one first."


class LinkRefused(ValueError):
    """A link cannot be made or ended now; the text says why."""


def link_of_remote(connection: Connection, external_id: str) -> ExternalLink | None:
    """Return the link of a matter of the connected account, also one whose matter is gone there."""
    rows = ExternalLink.objects.filter(
        connection=connection, remote_firm=connection.remote_firm, local_type=MATTER, external_id=external_id
    )
    found: ExternalLink | None = rows.first() if external_id else None
    return found


def link_by_hand(*, connection: Connection, matter_id: uuid.UUID, ref: RemoteRef) -> ExternalLink:
    """Link a matter here to a record there that the caller has just read. Nothing is sent by it.

    Raises `LinkRefused` when either side is linked or a sync of the matter is open, `Matter.DoesNotExist`.
    """
    Matter.objects.select_for_update().get(id=matter_id)
    if links.find(connection=connection, local_type=MATTER, local_id=matter_id) is not None:
        raise LinkRefused(LOCAL_LINKED)
    other = link_of_remote(connection, ref.id)
    if other is not None and (other.broken_at is None or other.local_id != matter_id):
        raise LinkRefused(REMOTE_LINKED)
    _refuse_open_work(connection, matter_id)
    try:
        with transaction.atomic():
            link = links.save(connection=connection, local_type=MATTER, local_id=matter_id, ref=ref, how=BY_HAND)
    except IntegrityError as taken:  # somebody linked one of the two at the same moment
        raise LinkRefused(REMOTE_LINKED) from taken
    link.fingerprint, link.needs_review, link.review_ids = {}, "", []
    link.save(update_fields=["fingerprint", "needs_review", "review_ids", "updated_at"])
    _note("link.made", link)
    return link


def unlink(*, connection: Connection, link_id: uuid.UUID) -> None:
    """End the link of a matter. Neither record changes. Raises `LinkRefused`, `ExternalLink.DoesNotExist`."""
    link = _locked(connection, link_id)
    _refuse_open_work(connection, link.local_id)
    # How it stood there belongs to the old record; a later link starts afresh.
    MatterReading.objects.filter(remote_firm=link.remote_firm, external_id=link.external_id).delete()
    _note("link.ended", link)
    link.delete()


def mark_gone(*, connection: Connection, link_id: uuid.UUID) -> None:
    """Stop using a link whose matter was just looked for and is not there any more."""
    link = _locked(connection, link_id)
    if link.broken_at is None:
        links.mark_broken(link)
        _note("link.gone", link)


def _locked(connection: Connection, link_id: uuid.UUID) -> ExternalLink:
    found: ExternalLink = ExternalLink.objects.select_for_update().get(
        id=link_id, connection=connection, local_type=MATTER
    )
    return found


def _refuse_open_work(connection: Connection, matter_id: uuid.UUID) -> None:
    live = WorkItem.objects.filter(
        connection_id=connection.id, kind=queue.SYNC_MATTER, subject_id=matter_id, status__in=WorkItem.LIVE
    )
    doubts = RemoteIntent.objects.filter(
        connection=connection, matter_id=matter_id, outcome__in=("inflight", "unknown")
    )  # fmt: skip
    if live.exists() or doubts.exists():
        raise LinkRefused(UNDER_WAY)


def _note(action: str, link: ExternalLink) -> None:
    audit.record(
        action=action, object_type="matter", object_id=link.local_id, remote_id=link.external_id,
        changes={"link": str(link.id), "how": link.how, "account": link.remote_firm},
    )  # fmt: skip
