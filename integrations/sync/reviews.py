"""Matches to review: what a person decides about a record that was linked with doubt. Nothing here calls the provider.

The doubt stands on the link itself (`needs_review`); a decision takes it off, once, and is audited with its person.
"""

import uuid

from django.db import IntegrityError, transaction

from casehug.audit import services as audit
from casehug.common.models import WorkItem
from casehug.common.work import database_now
from casehug.intake.models import Client, Matter
from integrations import queue
from integrations.contract.identity import normalise_email, normalise_name
from integrations.contract.operations import RemoteRef
from integrations.models import Connection, ExternalLink, MatterReading, RemoteIntent
from integrations.sync.by_hand import BY_HAND, REMOTE_LINKED
from integrations.sync.records import contact_keys, links, strangers

KEEP, OTHER, STRANGER, AGAIN = "keep", "other", "stranger", "again"
ACTIONS = {KEEP: "match.kept", OTHER: "match.moved", STRANGER: "match.not_this_person", AGAIN: "match.unlinked"}
CONTACT, MATTER = "contact", "matter"
UNDER_WAY = "A sync of this client is under way or its last outcome is still being checked. Try again when it is done."
WATCHED = (
    "The last call that may have made this contact is watched for a day, in case it arrives late. Until then keep the"
    " contact or choose another one."
)
CHANGED = "This match has changed since you opened it. Look again; nothing was decided."


class DecisionRefused(ValueError):
    """A decision cannot be taken now; the text says why."""


def seen_of(link: ExternalLink) -> str:
    """Return what a person sees of a doubt: a decision counts only for the doubt it was made about."""
    return f"{link.needs_review}:{link.external_id}"


def offered(link: ExternalLink) -> tuple[str, ...]:
    """Return the decisions that make sense for a link, none when there is nothing to decide."""
    if not link.needs_review:
        return ()
    if link.local_type == MATTER:
        return (KEEP, OTHER)
    if link.local_type != CONTACT:
        return (KEEP,)  # a note or a form entry stands there for good; it is enough that somebody has looked
    if link.needs_review == "deleted_there":
        return (KEEP, OTHER, AGAIN)
    # What we or a form made ourselves is this client, whatever else stands there.
    ours = link.needs_review == links.LATE_DUPLICATE or link.how == "form"
    return (KEEP, OTHER, AGAIN) if ours else (KEEP, OTHER, STRANGER, AGAIN)


def decide(
    *, connection: Connection, link_id: uuid.UUID, seen: str, decision: str, ref: RemoteRef | None = None
) -> bool:
    """Take one decision; returns False when it was decided before (a double click). In the firm scope.

    `ref` is the record chosen instead, just read there. Raises `DecisionRefused`, `ExternalLink.DoesNotExist`.
    """
    rows = ExternalLink.objects.filter(connection=connection, remote_firm=connection.remote_firm)
    if decision != KEEP:
        _keep_syncs_out(connection, rows.get(id=link_id))  # its locks come first, as in a run
    link: ExternalLink = rows.select_for_update().get(id=link_id)
    if not link.needs_review:
        return False
    if seen != seen_of(link) or decision not in offered(link) or (decision == OTHER) != (ref is not None):
        raise DecisionRefused(CHANGED)
    changes = {"link": str(link.id), "connection": str(connection.id), "flag": link.needs_review, "how": link.how}
    before = link.external_id
    if link.needs_review != links.LATE_DUPLICATE:
        link.review_ids = []  # what was not chosen is somebody else's; two records of one call are both this client's
    link.needs_review = ""
    if ref is not None:
        _move(connection, link, ref)
    elif decision == KEEP:
        _keep(connection, link)
    else:
        _let_go(connection, link, stranger=decision == STRANGER)
    if link.external_id != before:
        changes |= {"from": before, "to": link.external_id}
    audit.record(
        action=ACTIONS[decision], object_type=link.local_type, object_id=link.local_id, changes=changes,
        remote_id=before,
    )  # fmt: skip
    return True


def _keep(connection: Connection, link: ExternalLink) -> None:
    if link.local_type == CONTACT and link.how == "matched_email":
        link.fingerprint = {}  # from here on like any contact that was found: its blanks may be filled, if so switched
        _remember(connection, link)
    link.save()


def _move(connection: Connection, link: ExternalLink, ref: RemoteRef) -> None:
    """Use another record from now on. Neither of the two is changed; the next sync writes to the chosen one."""
    if ref.id == link.external_id:
        raise DecisionRefused(CHANGED)
    before = link.external_id
    link.external_id, link.label, link.how, link.fingerprint = ref.id, ref.label, BY_HAND, {}
    try:
        with transaction.atomic():
            link.save()
    except IntegrityError as taken:
        raise DecisionRefused(REMOTE_LINKED) from taken
    if link.local_type == CONTACT:
        _remember(connection, link)
    else:  # how it stood there belongs to the other record; stage changes of the chosen one start afresh
        MatterReading.objects.filter(remote_firm=link.remote_firm, external_id=before).delete()


def _let_go(connection: Connection, link: ExternalLink, *, stranger: bool) -> None:
    """Stop using a contact. A stranger's address is not looked up again; a contact that is gone is looked for again."""
    if stranger:
        made = RemoteIntent.objects.filter(
            connection=connection, kind=CONTACT, subject_id=link.local_id, verb="create", frozen__isnull=False
        )
        if made.exists():  # its late sweep would link what it finds
            raise DecisionRefused(WATCHED)
        strangers.mark(link, Client.objects.values_list("email", flat=True).get(id=link.local_id))
        link.external_id = link.label = ""  # it was never this client's: an erasure must not name it
    else:
        contact_keys.forget(connection=connection, external_id=link.external_id)
    link.fingerprint, link.broken_at = {}, database_now()
    link.save()


def _remember(connection: Connection, link: ExternalLink) -> None:
    """Note the contact a person confirmed for this name and address: the client's next matter asks nobody again."""
    client = Client.objects.filter(id=link.local_id).first()
    if client is not None and client.email:
        name = normalise_name(client.first_name, client.last_name)
        contact_keys.confirm(
            connection=connection, email=normalise_email(client.email), name=name, external_id=link.external_id
        )


def _keep_syncs_out(connection: Connection, link: ExternalLink) -> None:
    """Refuse while a sync holds the old link in memory; one that waits is kept from starting until this is decided."""
    mine = [link.local_id]
    if link.local_type == CONTACT:
        mine = list(Matter.objects.filter(client_id=link.local_id).values_list("id", flat=True))
    live = WorkItem.objects.select_for_update().filter(
        connection_id=connection.id, kind=queue.SYNC_MATTER, subject_id__in=mine, status__in=WorkItem.LIVE
    )
    running = [row for row in live.order_by("id") if row.status == "running" or row.hold_reason == "checking"]
    doubts = RemoteIntent.objects.filter(
        connection=connection, matter_id__in=mine, outcome__in=("inflight", "unknown")
    )  # fmt: skip
    if running or doubts.exists():
        raise DecisionRefused(UNDER_WAY)
